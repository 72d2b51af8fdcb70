#include "app/ports.hpp"
#include "control/await.hpp"

namespace stipend::app {
namespace {

control::Actor gateway_itself() {
  control::Actor actor;
  actor.who = "gateway";
  actor.via = "console";
  return actor;
}

}  // namespace

gateway::awaitable<base::Result<std::uint16_t>> EnginePorts::origin_port(base::InstanceId instance) {
  return control::run<std::uint16_t>(engine_, gateway_itself(), [this, instance](control::Tx& tx) {
    return control::origin_port(tx, instance, origin_ports_);
  });
}

gateway::awaitable<base::Result<base::InstanceId>> EnginePorts::origin_at(std::uint16_t port) {
  return control::read<base::InstanceId>(engine_, gateway_itself(),
                                         [port](const domain::State& state, base::WallTime) -> base::Result<base::InstanceId> {
                                           if (const auto found = control::origin_at(state, port)) return *found;
                                           return base::fail(base::Fault::kNotFound, "NotFound", "This port is nobody's.");
                                         });
}

}  // namespace stipend::app
