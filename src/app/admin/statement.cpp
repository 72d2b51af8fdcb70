// Statements of a month: of an account, of a course.
#include "app/admin/admin.hpp"
#include "app/statement.hpp"
#include "gateway/console_statement.hpp"

namespace stipend::app {
namespace {

using boost::asio::awaitable;

awaitable<JsonResult> page(AdminContext& context, control::Actor actor, Json arguments) {
  const auto account = id<base::AccountId>(arguments, "account");
  if (!account) co_return std::unexpected(account.error());
  const auto after = whole_number(arguments, "after", 0);
  if (!after) co_return std::unexpected(after.error());
  const auto view = co_await statement_page(context.engine(), context.service.store(), std::move(actor),
                                            {*account, {text_or(arguments, "month", ""), *after, flag(arguments, "csv")}});
  if (!view) co_return std::unexpected(view.error());
  co_return gateway::to_json(*view);
}

awaitable<JsonResult> of_class(AdminContext& context, control::Actor actor, Json arguments) {
  const auto course = text(arguments, "course");
  if (!course) co_return std::unexpected(course.error());
  std::optional<base::AccountId> after;
  if (!text_or(arguments, "after", "").empty()) {
    const auto parsed = id<base::AccountId>(arguments, "after");
    if (!parsed) co_return std::unexpected(parsed.error());
    after = *parsed;
  }
  const auto found = co_await class_statement_page(context.engine(), context.service.store(), std::move(actor), *course,
                                                   text_or(arguments, "month", ""), after);
  if (!found) co_return std::unexpected(found.error());
  co_return gateway::to_json(*found);
}

constexpr AdminCommand kCommands[] = {{"statement.page", page}, {"statement.class", of_class}};

}  // namespace

std::span<const AdminCommand> statement_commands() { return kCommands; }

}  // namespace stipend::app
