// The ports that are machines' origins ([server] machine_ports), all bound at the start by the server's own user.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/port_range.hpp"
#include "net/listener.hpp"

namespace stipend::app {

struct MachineListeners {
  std::vector<net::Listener> bound;
  std::set<std::uint16_t> unusable;  // taken by other programs: no machine gets them
};

// `listen` is what the server is bound to, ADDR:PORT. Fails when no port of the range is free.
base::Result<MachineListeners> bind_machine_ports(const std::string& listen, base::PortRange range);

}  // namespace stipend::app
