#include "control/commands/origin_ports.hpp"

#include <fmt/format.h>

#include <charconv>

#include "domain/rows.hpp"

namespace stipend::control {
namespace {

constexpr std::int64_t kRenewedAfterSeconds = 86'400;  // an opened notebook writes a row once a day, not each time

struct Holder {
  base::InstanceId instance;
  base::WallTime rests_until;
};

std::string name_of(std::uint16_t port) { return fmt::format("origin-port/{:05}", port); }

std::optional<Holder> holder_in(const domain::Setting& row) {
  const std::string_view text = row.value;
  const auto space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto instance = base::InstanceId::parse(text.substr(0, space));
  Holder holder;
  const auto digits = text.substr(space + 1);
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), holder.rests_until.ms);
  if (!instance || failed != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  holder.instance = *instance;
  return holder;
}

std::optional<Holder> holder_of(const domain::State& state, std::uint16_t port) {
  const auto* row = state.find<domain::Setting>(name_of(port));
  return row ? holder_in(*row) : std::nullopt;
}

bool exists(const domain::State& state, const base::InstanceId& id) {
  const auto* row = state.find<domain::Instance>(id);
  return row && row->state != domain::InstanceState::kTerminated;
}

void hold(Tx& tx, std::uint16_t port, const base::InstanceId& instance) {
  const auto until = tx.now().plus_seconds(kOriginPortRestSeconds + kRenewedAfterSeconds);
  tx.save(domain::Setting{name_of(port), fmt::format("{} {}", instance.str(), until.ms)});
}

}  // namespace

base::Result<std::uint16_t> origin_port(Tx& tx, const base::InstanceId& instance, const OriginPorts& ports) {
  const auto& state = tx.state();
  if (!exists(state, instance))
    return base::fail(base::Fault::kNotFound, "InvalidInstanceID.NotFound", fmt::format("The instance ID '{}' does not exist", instance.str()));
  std::optional<std::uint16_t> free;
  std::int64_t free_since = tx.now().ms;
  for (int number = ports.range.first; number <= ports.range.last; ++number) {
    const auto port = static_cast<std::uint16_t>(number);
    if (ports.unusable.contains(port)) continue;
    const auto holder = holder_of(state, port);
    if (holder && holder->instance == instance) {
      if (tx.now().plus_seconds(kOriginPortRestSeconds) > holder->rests_until) hold(tx, port, instance);
      return port;
    }
    const std::int64_t since = holder ? holder->rests_until.ms : std::numeric_limits<std::int64_t>::min();
    if ((!free || since < free_since) && since <= tx.now().ms && (!holder || !exists(state, holder->instance))) {
      free = port;
      free_since = since;
    }
  }
  if (!free)
    return base::fail(base::Fault::kUnavailable, "NoFreePort",
                      fmt::format("All ports from {} to {} belong to machines, or rest after one. The operator can widen [server] machine_ports; "
                                  "a terminated machine's port is free after nine days.",
                                  ports.range.first, ports.range.last));
  hold(tx, *free, instance);
  return *free;
}

std::optional<base::InstanceId> origin_at(const domain::State& state, std::uint16_t port) {
  const auto holder = holder_of(state, port);
  if (!holder || !exists(state, holder->instance)) return std::nullopt;
  return holder->instance;
}

}  // namespace stipend::control
