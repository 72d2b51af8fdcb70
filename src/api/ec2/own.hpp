// AWS clients see one account: their own. Commands let staff act on others of their course (the console
// does), so what comes through AWS is checked first. On the engine's strand.
#pragma once

#include <span>
#include <string>

#include "base/result.hpp"
#include "domain/state.hpp"

namespace stipend::api {

base::Status check_own(const domain::State& state, const base::AccountId& account,
                       std::span<const base::InstanceId> instances);
// Instances, volumes, key pairs, elastic addresses by their ids as text; what is not there is left to the command.
base::Status check_own_resources(const domain::State& state, const base::AccountId& account,
                                 std::span<const std::string> resources);

}  // namespace stipend::api
