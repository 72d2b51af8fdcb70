// The states of a machine as EC2 names them, and which way each may go.
// Source: EC2 user guide, "Amazon EC2 instance state changes".
#pragma once

#include <string_view>

#include "domain/rows.hpp"

namespace stipend::domain {

std::string_view state_name(InstanceState state);   // "shutting-down"
int state_code(InstanceState state);                // 0, 16, 32, 48, 64, 80
bool may_become(InstanceState from, InstanceState to);
// The only way a state changes; staying is allowed, a step that is not in the table is a broken invariant.
void become(Instance& instance, InstanceState to);

bool can_start(InstanceState state);                // else IncorrectInstanceState
bool can_stop(InstanceState state);                 // else IncorrectInstanceState; of stopped: no change

std::string_view cause_name(StopCause cause);       // "credit"
struct StateReason {
  std::string code, message;
};
// What the machine's StateReason says after this cause.
StateReason state_reason(StopCause cause);
// The lease ended it: by the credit, or by a rule of the course.
StopCause cause_of_lease(LeaseLimit limit);
StateReason state_reason(LeaseLimit limit);
bool ended_by_lease(StopCause cause);
// "User initiated (2017-03-01 12:34:56 GMT)": cost tools parse the bracketed time.
std::string user_initiated(WallTime at);

}  // namespace stipend::domain
