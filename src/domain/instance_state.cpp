#include "domain/instance_state.hpp"

#include <fmt/format.h>

#include "base/check.hpp"

namespace stipend::domain {

using enum InstanceState;

std::string_view state_name(InstanceState state) {
  switch (state) {
    case kPending: return "pending";
    case kRunning: return "running";
    case kShuttingDown: return "shutting-down";
    case kTerminated: return "terminated";
    case kStopping: return "stopping";
    case kStopped: return "stopped";
  }
  return "";
}

int state_code(InstanceState state) {
  switch (state) {
    case kPending: return 0;
    case kRunning: return 16;
    case kShuttingDown: return 32;
    case kTerminated: return 48;
    case kStopping: return 64;
    case kStopped: return 80;
  }
  return -1;
}

bool may_become(InstanceState from, InstanceState to) {
  switch (from) {
    case kPending: return to == kRunning || to == kStopping || to == kStopped || to == kShuttingDown || to == kTerminated;
    case kRunning: return to == kStopping || to == kStopped || to == kShuttingDown || to == kTerminated;
    // Back to running: credit came between the lease's hook and its halt.
    case kStopping: return to == kStopped || to == kRunning || to == kShuttingDown || to == kTerminated;
    case kStopped: return to == kPending || to == kTerminated;
    case kShuttingDown: return to == kTerminated;
    case kTerminated: return false;
  }
  return false;
}

void become(Instance& instance, InstanceState to) {
  CHECK(instance.state == to || may_become(instance.state, to), "a machine goes from state to state as EC2's do");
  instance.state = to;
}

bool can_start(InstanceState state) { return state == kStopped || state == kRunning || state == kPending; }
bool can_stop(InstanceState state) { return state == kRunning || state == kStopping || state == kStopped; }

std::string_view cause_name(StopCause cause) {
  switch (cause) {
    case StopCause::kNone: return "none";
    case StopCause::kPerson: return "person";
    case StopCause::kTeacher: return "teacher";
    case StopCause::kCredit: return "credit";
    case StopCause::kIdle: return "idle";
    case StopCause::kSchedule: return "schedule";
    case StopCause::kFault: return "fault";
    case StopCause::kGuest: return "guest";
    case StopCause::kStartFailed: return "start-failed";
    case StopCause::kHostDisk: return "host-disk";
    case StopCause::kPolicy: return "policy";
  }
  return "";
}

StateReason state_reason(StopCause cause) {
  switch (cause) {
    case StopCause::kNone: return {};
    case StopCause::kPerson:
    case StopCause::kTeacher:
      return {"Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown"};
    case StopCause::kCredit:
      return {"Client.InsufficientCredit", "Client.InsufficientCredit: The credit was used up; the disk is kept"};
    case StopCause::kIdle: return {"Server.ScheduledStop", "Server.ScheduledStop: Stopped because it was idle"};
    case StopCause::kSchedule: return {"Server.ScheduledStop", "Server.ScheduledStop: Stopped by the course's schedule"};
    case StopCause::kFault:
      return {"Server.InternalError", "Server.InternalError: The host failed; the time since is not charged"};
    case StopCause::kGuest:
      return {"Client.InstanceInitiatedShutdown", "Client.InstanceInitiatedShutdown: Instance initiated shutdown"};
    case StopCause::kStartFailed: return {"Server.InternalError", "Server.InternalError: The machine could not be started"};
    case StopCause::kHostDisk:
      return {"Server.InternalError", "Server.InternalError: The server's disk was almost full; your files are kept"};
    case StopCause::kPolicy: return state_reason(LeaseLimit::kDay);
  }
  return {};
}

StopCause cause_of_lease(LeaseLimit limit) {
  switch (limit) {
    case LeaseLimit::kCredit: return StopCause::kCredit;
    case LeaseLimit::kFreeEnd:
    case LeaseLimit::kHours:
    case LeaseLimit::kCourseEnd: return StopCause::kSchedule;
    case LeaseLimit::kDay:
    case LeaseLimit::kWeek: return StopCause::kPolicy;
  }
  return StopCause::kCredit;
}

StateReason state_reason(LeaseLimit limit) {
  const auto stopped = [](const char* why) { return StateReason{"Server.ScheduledStop", std::string("Server.ScheduledStop: ") + why + "; the disk is kept"}; };
  switch (limit) {
    case LeaseLimit::kCredit: return state_reason(StopCause::kCredit);
    case LeaseLimit::kFreeEnd: return stopped("The free hours of the course ended");
    case LeaseLimit::kHours: return stopped("The hours in which machines of the course may run ended");
    case LeaseLimit::kCourseEnd: return stopped("The course ended");
    case LeaseLimit::kDay: return stopped("The course's limit of what machines may cost in a day was reached");
    case LeaseLimit::kWeek: return stopped("The course's limit of what machines may cost in a week was reached");
  }
  return {};
}

bool ended_by_lease(StopCause cause) { return cause == StopCause::kCredit || cause == StopCause::kSchedule || cause == StopCause::kPolicy; }

std::string user_initiated(WallTime at) {
  const std::string iso = base::to_iso8601(at);  // 2017-03-01T12:34:56.000Z
  return fmt::format("User initiated ({} {} GMT)", iso.substr(0, 10), iso.substr(11, 8));
}

}  // namespace stipend::domain
