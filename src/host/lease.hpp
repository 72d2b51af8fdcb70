// The lease of one run as a state machine: step() takes the state, one event and the monotonic time, changes
// the state and says what to do now; wake_at() says when to come again with a Tick. Pure: the supervisor
// feeds it from timerfd and sockets, tests from a table of virtual time.
//
//   started ............ end-600 s ........ end-H-G ........ end-G .......... end
//   init runs            warn               hook (<= H)      halt (one way)   freeze and kill
//
// A lease too short for a step takes it at once, inside what is left. A renewal takes back the hook of a
// lease that was ending, nothing takes back a halt, and no renewal takes back a Stop that was asked for.
// The cause is recorded before anything is signalled, so an end that the supervisor began, at its hook or
// later, is never mistaken for the guest's own shutdown.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "hostlink/messages.hpp"

namespace stipend::host {

using hostlink::Cause;

struct LeaseRules {
  std::int64_t warn_ms = 600'000;
  std::int64_t hook_ms = 30'000;      // H
  std::int64_t halt_ms = 5'000;       // G
  std::int64_t same_end_ms = 60'000;  // an end moved by less is not announced again
};

enum class Stage : std::uint8_t { kStarting, kRunning, kHook, kHalt, kKilled, kEnded };
std::string_view to_word(Stage stage);

struct LeaseState {
  Stage stage = Stage::kStarting;
  hostlink::Lease lease;
  std::int64_t started_ms = 0;                // when init ran
  std::optional<std::int64_t> charged_to_ms;  // a Stop: the run is charged until it was asked for
  std::optional<std::int64_t> ended_ms;
  std::optional<std::int64_t> warned_end_ms;  // the end that was announced
  std::int64_t hook_until_ms = 0;
  std::int64_t kill_at_ms = 0;  // from the halt on
  bool by_wish = false;         // a Stop was asked for
  bool ours = false;            // the supervisor began the end
  Cause cause = Cause::kNone;
};

// ---- events ----
struct InitRuns {};
struct Renewed {
  hostlink::Lease lease;
};
struct StopWished {
  Cause cause = Cause::kPerson;
  bool force = false;
};
struct HookEnded {};
struct MachineEnded {
  Cause how = Cause::kGuest;
};  // used when we did not begin the end
struct Tick {};
using LeaseEvent = std::variant<InitRuns, Renewed, StopWished, HookEnded, MachineEnded, Tick>;

// ---- actions, in the order to take them ----
struct Warn {
  std::int64_t seconds = 0;
  Cause cause = Cause::kNone;
};
struct RunHook {
  Cause cause = Cause::kNone;
};
struct CancelHook {};
struct RecordCause {
  Cause cause = Cause::kNone;
};  // before any signal
struct Halt {};
struct Kill {};
struct Tell {};  // the report changed
using LeaseAction = std::variant<Warn, RunHook, CancelHook, RecordCause, Halt, Kill, Tell>;

std::vector<LeaseAction> step(const LeaseRules& rules, LeaseState& state, const LeaseEvent& event,
                              std::int64_t now_ms);

// When the next Tick is due; none while starting or after the end.
std::optional<std::int64_t> wake_at(const LeaseRules& rules, const LeaseState& state);

std::int64_t end_ms(const LeaseState& state);
// Whole seconds to charge so far: from init to now, to the Stop or to the end, never past the lease.
base::RunSeconds ran(const LeaseState& state, std::int64_t now_ms);

}  // namespace stipend::host
