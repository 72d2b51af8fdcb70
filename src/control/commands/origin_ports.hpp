// Ports as origins of machines, where names below the server's own cannot be had: each machine whose notebook somebody
// opens gets a port of its own, keeps it as long as it exists, and leaves it resting for as long as a browser may hold a
// pass for it. Kept as settings "origin-port/30001".
#pragma once

#include <optional>
#include <set>

#include "base/port_range.hpp"
#include "control/tx.hpp"

namespace stipend::control {

// A port rests so long after the last way into its machine was made.
inline constexpr std::int64_t kOriginPortRestSeconds = 8 * 86'400;

struct OriginPorts {
  base::PortRange range;
  std::set<std::uint16_t> unusable;  // of the range, taken by other programs
};

// The machine's port; a new one is the one of the range that has rested longest. Fails with NoFreePort.
base::Result<std::uint16_t> origin_port(Tx& tx, const base::InstanceId& instance, const OriginPorts& ports);

// Whose port this is; nullopt: nobody's.
std::optional<base::InstanceId> origin_at(const domain::State& state, std::uint16_t port);

}  // namespace stipend::control
