// What the operations of AWS Budgets share: the account that is named must be the caller's own, errors have that service's
// names, listings are cut into pages. Source: AWS Budgets API Reference, "Common Errors" and each operation's "Errors".
#pragma once

#include <optional>
#include <string>

#include "api/describe/page.hpp"
#include "api/operation.hpp"
#include "control/commands/budgets.hpp"

namespace stipend::api {

base::Status check_own_account(const Context& context, const std::optional<std::string>& account_id);
// What the engine, a page or an account's state refuses, in this service's words; its own errors stay.
base::Error as_budgets_error(base::Error error);

template <class R>
base::Result<R> as_budgets_result(base::Result<R> result) {
  if (!result) return std::unexpected(as_budgets_error(std::move(result).error()));
  return result;
}

inline control::MailRule mail_rule(const Context& context) { return {context.settings().mail_domains}; }

// One command, or a look, on the caller's budgets. Plan: (Tx&) -> Result<R>; Look: (const State&, WallTime) -> Result<R>.
template <class R, class Plan>
awaitable<base::Result<R>> change_budgets(Context context, std::optional<std::string> account_id, Plan plan) {
  CO_TRY(check_own_account(context, account_id));
  co_return as_budgets_result<R>(co_await control::run<R>(context.engine(), context.actor, std::move(plan)));
}
template <class R, class Look>
awaitable<base::Result<R>> look_at_budgets(Context context, std::optional<std::string> account_id, Look look) {
  CO_TRY(check_own_account(context, account_id));
  co_return as_budgets_result<R>(co_await control::read<R>(context.engine(), context.actor, std::move(look)));
}
// A plan that answers a Status.
template <class Plan>
awaitable<base::Result<bool>> do_to_budgets(Context context, std::optional<std::string> account_id, Plan plan) {
  co_return co_await change_budgets<bool>(std::move(context), std::move(account_id), [plan = std::move(plan)](control::Tx& tx) -> base::Result<bool> {
    TRY(plan(tx));
    return true;
  });
}

// `rows` ascend by key_of. `listed`: of what: its budget, its notification; a token holds for no other.
template <class T, class KeyOf>
base::Result<Page<T>> page_of(const Context& context, std::vector<T> rows, const PageRequest& request, const std::string& listed, KeyOf key_of,
                              std::int64_t most = 100) {
  const CursorScope scope{context.account().view(), context.operation, listed};
  return as_budgets_result(cut_page(std::move(rows), request, {.min = 1, .max = most, .largest = 100}, *context.cursors, scope, key_of));
}

}  // namespace stipend::api
