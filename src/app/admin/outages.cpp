// What the platform broke: who lost how long, and what was given back for it.
#include "app/admin/admin.hpp"
#include "control/await.hpp"
#include "control/commands/outages.hpp"

namespace stipend::app {
namespace {

using boost::asio::awaitable;
using domain::State;

Json row_json(const State& state, const domain::Outage& row) {
  const auto* account = state.find<domain::Account>(row.account);
  const auto* person = account ? state.find<domain::Person>(account->person) : nullptr;
  const auto* course = account ? state.find<domain::Course>(account->course) : nullptr;
  return {{"course", course ? course->name : ""},
          {"account_id", row.account.str()},
          {"name", person ? person->name : ""},
          {"identifier", person ? person->identifier : ""},
          {"section", account ? account->section : ""},
          {"instance_id", row.instance.str()},
          {"type", row.type},
          {"host", row.host.str()},
          {"reason", row.reason},
          {"from", base::to_iso8601(row.from)},
          {"until", base::to_iso8601(row.until)},
          {"lost_s", row.from.ms_until(row.until) / 1000},
          {"given_back", base::to_decimal(row.given_back)}};
}

Json sum_json(const control::OutageSum& sum) {
  return {{"host", sum.host.str()},
          {"outages", sum.outages},
          {"accounts", sum.accounts},
          {"lost_s", sum.lost_ms / 1000},
          {"given_back", base::to_decimal(sum.given_back)}};
}

awaitable<JsonResult> list(AdminContext& context, control::Actor actor, Json arguments) {
  control::OutageQuery query{.course = text_or(arguments, "course", "")};
  if (const auto since = text_or(arguments, "since", ""); !since.empty()) {
    const auto at = base::parse_iso8601(since);
    if (!at) co_return std::unexpected(at.error());
    query.since = *at;
  }
  if (const auto after = text_or(arguments, "after", ""); !after.empty()) query.after = after;
  const auto asker = actor;
  co_return co_await control::read<Json>(context.engine(), std::move(actor), [asker, query](const State& state, base::WallTime) -> JsonResult {
    TRY_ASSIGN(const auto page, control::outages(state, asker, query));
    Json rows = Json::array(), hosts = Json::array();
    for (const auto& row : page.rows) rows.push_back(row_json(state, *row));
    for (const auto& host : page.hosts) hosts.push_back(sum_json(host));
    auto sum = sum_json(page.all);
    sum.erase("host");
    return Json{{"rows", std::move(rows)}, {"hosts", std::move(hosts)}, {"sum", std::move(sum)}, {"next", page.next ? Json(*page.next) : Json(nullptr)}};
  });
}

constexpr AdminCommand kCommands[] = {{"outage.list", list}};

}  // namespace

std::span<const AdminCommand> outage_commands() { return kCommands; }

}  // namespace stipend::app
