// What `stipend doctor` says of the ssh jump host. Nothing without [ssh] listen.
#pragma once

#include <vector>

#include "app/doctor.hpp"

namespace stipend::app {

void check_jump_host(const Config& config, std::vector<Finding>& out);

}  // namespace stipend::app
