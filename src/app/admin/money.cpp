#include <fmt/format.h>

#include "app/admin/admin.hpp"
#include "app/words.hpp"
#include "control/await.hpp"
#include "control/commands/accounts.hpp"

namespace stipend::app {
namespace {

using boost::asio::awaitable;

awaitable<JsonResult> give(AdminContext& context, control::Actor actor, Json arguments) {
  const auto account = id<base::AccountId>(arguments, "account");
  if (!account) co_return std::unexpected(account.error());
  const auto amount = money(arguments, "amount");
  if (!amount) co_return std::unexpected(amount.error());
  const auto reason = text(arguments, "reason");
  if (!reason) co_return std::unexpected(reason.error());
  co_return co_await control::run<Json>(
      context.engine(), std::move(actor), [account = *account, amount = *amount, reason = *reason](control::Tx& tx) -> JsonResult {
        TRY_ASSIGN(const auto grant, control::grant(tx, account, amount, reason));
        const auto f = control::figures(tx.state(), account, tx.now());
        return Json{{"grant_id", grant ? grant->id.str() : ""},
                    {"amount", base::to_decimal(amount)},
                    {"balance", base::to_decimal(f.balance)},
                    {"available", base::to_decimal(f.available)}};
      });
}

awaitable<JsonResult> ledger(AdminContext& context, control::Actor, Json arguments) {
  store::EntryQuery query;
  if (arguments.contains("account")) {
    const auto account = id<base::AccountId>(arguments, "account");
    if (!account) co_return std::unexpected(account.error());
    query.account = *account;
  }
  query.after = arguments.value("after", std::int64_t{0});
  const auto entries = context.service.store().entries(query);
  if (!entries) co_return std::unexpected(entries.error());
  Json out = Json::array();
  for (const auto& e : *entries)
    out.push_back({{"number", e.number},
                   {"at", base::to_iso8601(e.at)},
                   {"kind", to_word(e.kind)},
                   {"account_id", e.account.str()},
                   {"debit", e.debit},
                   {"credit", e.credit},
                   {"amount", base::to_decimal(e.amount)},
                   {"subject", e.subject},
                   {"generation", e.generation},
                   {"segment", e.segment},
                   {"from_s", e.from.count},
                   {"to_s", e.to.count},
                   {"price_per_hour", base::to_decimal({e.price.nano_per_hour})},
                   {"type", e.type},
                   {"reason", e.reason},
                   {"chain", e.chain}});
  co_return out;
}

constexpr AdminCommand kCommands[] = {{"grant", give}, {"ledger", ledger}};

}  // namespace

std::span<const AdminCommand> money_commands() { return kCommands; }

}  // namespace stipend::app
