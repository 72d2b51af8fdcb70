// LeaseState as text, for the supervisor's status and for files under /run. An unreadable text is an error.
#pragma once

#include <nlohmann/json.hpp>

#include "base/result.hpp"
#include "host/lease.hpp"

namespace stipend::host {

nlohmann::json to_json(const LeaseState& state);
base::Result<LeaseState> lease_state_of(const nlohmann::json& j);

}  // namespace stipend::host
