#include "host/sweep.hpp"

#include <algorithm>

namespace stipend::host {
namespace {

constexpr std::int64_t kStartSlackMs = 15'000;
constexpr std::int64_t kStopSlackMs = 5'000;
constexpr std::int64_t kEndSlackMs = 90'000;
constexpr std::int64_t kRebootSlackMs = 30'000;  // a supervisor waits 20 s for the next init

}  // namespace

Sweep judge(const LeaseRules& rules, const Watched& run, std::int64_t now_ms) {
  if (!run.supervisor_lives) return Sweep::kLost;
  const LeaseState& s = run.lease;
  if (s.stage == Stage::kEnded) {
    const std::int64_t ended = std::max(s.ended_ms.value_or(0), run.start_deadline_ms);
    return now_ms > ended + kEndSlackMs ? Sweep::kStuckEnd : Sweep::kLeave;
  }
  if (run.init_gone_ms && now_ms > *run.init_gone_ms + kRebootSlackMs) return Sweep::kLost;
  if (run.stop_sent_ms && now_ms > *run.stop_sent_ms + rules.hook_ms + rules.halt_ms + kStopSlackMs)
    return Sweep::kStuckStop;
  if (s.started_ms == 0)
    return now_ms > run.start_deadline_ms + kStartSlackMs ? Sweep::kStuckStart : Sweep::kLeave;
  const hostlink::Lease& newest = run.own.seq > s.lease.seq ? run.own : s.lease;
  return now_ms > s.started_ms + newest.run_max.count * 1000 + kOverdueMs ? Sweep::kOverdue : Sweep::kLeave;
}

}  // namespace stipend::host
