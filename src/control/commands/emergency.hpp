// Emergency credit: a member who has less than the course's emergency amount left to run on takes it, at once, once in the course, while
// the course's total for it lasts (domain::Policy).
#pragma once

#include "control/commands/grants.hpp"

namespace stipend::control {

inline constexpr const char* kEmergencySource = "emergency";  // of its grant

// What the account could take now; the refusal says why not: EmergencyNotOffered (no rule, or not for staff),
// EmergencyTaken, EmergencyUsedUp (the course's total), EmergencyNotNeeded (it has as much).
base::Result<base::Money> emergency_offer(const domain::State& state, base::WallTime now, const base::AccountId& account);
// For the account that acts.
base::Result<domain::RowPtr<domain::Grant>> take_emergency(Tx& tx);

}  // namespace stipend::control
