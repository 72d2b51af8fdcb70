// What the machines' way out needs of this host; part of preflight().
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/preflight.hpp"

namespace stipend::host {

// `ask_proxy`: also connect to the configured proxy (at most 2 s).
std::vector<Finding> check_egress(const hostlink::Egress& egress, bool ask_proxy);

// Pure: do so many machines' connections fit the kernel's table? `most` 0: not known.
Finding judge_connections(std::int64_t most, std::int64_t memory_mib, std::int64_t per_machine);

}  // namespace stipend::host
