// Whose a machine is or was, for `stipend whose`: the log of connections knows machines, not accounts.
#include <fmt/format.h>

#include <algorithm>

#include "app/admin/admin.hpp"
#include "control/await.hpp"

namespace stipend::app {
namespace {

using boost::asio::awaitable;

constexpr std::size_t kMostMachines = 1000;

base::Result<std::vector<base::InstanceId>> instances_of(const Json& arguments) {
  const auto list = arguments.find("instances");
  if (list == arguments.end() || !list->is_array() || list->empty() || list->size() > kMostMachines)
    return base::fail(base::Fault::kInvalid, "MissingArgument", fmt::format("'instances' must list 1 to {} ids", kMostMachines));
  std::vector<base::InstanceId> ids;
  for (const auto& entry : *list) {
    const auto id = base::InstanceId::parse(entry.is_string() ? entry.get<std::string>() : "");
    if (!id) return base::fail(base::Fault::kInvalid, "InvalidId", "'instances' holds something that is not the id of an instance");
    ids.push_back(*id);
  }
  return ids;
}

// Of a machine that is no longer in memory: the account that launched it.
std::string launched_by(store::Store& store, const base::InstanceId& id) {
  const auto rows = store.audits({.target = id.str(), .after = 0, .limit = 100});
  if (!rows) return "";
  const auto launch = std::ranges::find(*rows, "launch", &domain::Audit::action);
  return launch != rows->end() && base::AccountId::parse(launch->actor) ? launch->actor : "";
}

// Who asked for whom is itself something to be able to look up.
awaitable<JsonResult> owners(AdminContext& context, control::Actor actor, Json arguments) {
  const auto ids = instances_of(arguments);
  if (!ids) co_return std::unexpected(ids.error());
  auto known = co_await control::run<Json>(context.engine(), std::move(actor), [ids = *ids](control::Tx& tx) -> JsonResult {
    Json out = Json::object();
    for (const auto& id : ids) {
      tx.audit("whose", id.str(), {});
      const auto at = tx.state().instances.find(id);
      out[id.str()] = at == tx.state().instances.end() ? "" : at->second->account.str();
    }
    return out;
  });
  if (!known) co_return known;
  for (const auto& id : *ids)
    if ((*known)[id.str()].get_ref<const std::string&>().empty()) (*known)[id.str()] = launched_by(context.service.store(), id);
  co_return known;
}

constexpr AdminCommand kCommands[] = {{"instance.owners", owners}};

}  // namespace

std::span<const AdminCommand> whose_commands() { return kCommands; }

}  // namespace stipend::app
