// The part of `stipend doctor` about being reached from other computers: names, certificate, ports, and what to ask the
// network people for.
#pragma once

#include <vector>

#include "app/doctor.hpp"

namespace stipend::app {

void check_reach(const Paths& paths, const Config& config, std::vector<Finding>& out);

// Pure: the sentence for the network people. `address`: this computer's, or "".
std::string network_request(const Config& config, const std::string& address);

}  // namespace stipend::app
