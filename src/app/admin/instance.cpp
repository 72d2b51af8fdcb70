#include <fmt/format.h>

#include "app/admin/admin.hpp"
#include "app/words.hpp"
#include "control/await.hpp"
#include "control/commands/accounts.hpp"
#include "control/commands/instances.hpp"

namespace stipend::app {
namespace {

using boost::asio::awaitable;

Json to_json(const domain::Instance& instance) {
  Json out{{"instance_id", instance.id.str()},
           {"account_id", instance.account.str()},
           {"type", instance.type},
           {"state", to_word(instance.state)},
           {"public_address", instance.public_address},
           {"private_address", instance.private_address},
           {"launched", base::to_iso8601(instance.launched)},
           {"reason", stop_sentence(instance)}};
  if (instance.stopped_at) out["stopped"] = base::to_iso8601(*instance.stopped_at);
  if (instance.run)
    out["run"] = {{"generation", instance.run->generation},
                  {"lease_s", instance.run->lease_run_max.count},
                  {"held_s", instance.run->held_run_max.count},
                  {"ran_s", instance.run->seen_ran.count},
                  {"posted", base::to_decimal(instance.run->posted)}};
  return out;
}

awaitable<JsonResult> list(AdminContext& context, control::Actor actor, Json) {
  co_return co_await control::read<Json>(context.engine(), std::move(actor),
                                         [](const domain::State& state, base::WallTime) -> JsonResult {
                                           Json out = Json::array();
                                           for (const auto& [id, instance] : state.instances) out.push_back(to_json(*instance));
                                           return out;
                                         });
}

awaitable<JsonResult> show(AdminContext& context, control::Actor actor, Json arguments) {
  const auto instance = id<base::InstanceId>(arguments, "instance");
  if (!instance) co_return std::unexpected(instance.error());
  const control::Actor asker = actor;
  co_return co_await control::read<Json>(context.engine(), std::move(actor),
                                         [instance = *instance, asker](const domain::State& state, base::WallTime) -> JsonResult {
                                           TRY_ASSIGN(const auto row, control::visible_instance(state, asker, instance));
                                           return to_json(*row);
                                         });
}

awaitable<JsonResult> url(AdminContext& context, control::Actor actor, Json arguments) {
  const auto instance = id<base::InstanceId>(arguments, "instance");
  if (!instance) co_return std::unexpected(instance.error());
  co_return co_await control::run<Json>(context.engine(), std::move(actor), [&context, instance = *instance](control::Tx& tx) -> JsonResult {
    TRY_ASSIGN(const auto ticket, control::make_notebook_ticket(tx, "", instance));
    std::uint16_t port = 0;
    if (context.address.by_port()) {
      TRY_ASSIGN(port, control::origin_port(tx, instance, context.origin_ports));
    }
    return Json{{"url", fmt::format("{}/.stipend/enter?ticket={}", context.address.machine_origin(instance, port), ticket)}};
  });
}

awaitable<JsonResult> stop(AdminContext& context, control::Actor actor, Json arguments) {
  const auto instance = id<base::InstanceId>(arguments, "instance");
  if (!instance) co_return std::unexpected(instance.error());
  co_return co_await control::run<Json>(context.engine(), std::move(actor), [instance = *instance](control::Tx& tx) -> JsonResult {
    TRY_ASSIGN(const auto changes, control::stop(tx, {{instance}}));
    return Json{{"instance_id", instance.str()}, {"state", to_word(changes.front().current)}};
  });
}

// Every machine that runs: what `stipend demo` does before it ends.
awaitable<JsonResult> stop_all(AdminContext& context, control::Actor actor, Json) {
  co_return co_await control::run<Json>(context.engine(), std::move(actor), [](control::Tx& tx) -> JsonResult {
    control::StopRequest request;
    for (const auto& [id, instance] : tx.state().instances)
      if (instance->state == domain::InstanceState::kRunning) request.ids.push_back(id);
    if (!request.ids.empty()) TRY(control::stop(tx, request));
    return Json{{"stopping", request.ids.size()}};
  });
}

constexpr AdminCommand kCommands[] = {
    {"instance.list", list}, {"instance.show", show}, {"instance.url", url}, {"instance.stop", stop}, {"instance.stop_all", stop_all}};

}  // namespace

std::span<const AdminCommand> instance_commands() { return kCommands; }

}  // namespace stipend::app
