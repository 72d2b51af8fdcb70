// The second enforcer's judgement, once a second for each run: may it go on? Pure. The first enforcer is the
// run's own supervisor; this one answers when that is gone, stopped (SIGSTOP) or stuck.
#pragma once

#include <cstdint>
#include <optional>

#include "host/lease.hpp"

namespace stipend::host {

inline constexpr std::int64_t kOverdueMs = 2'000;

struct Watched {
  bool supervisor_lives = true;
  LeaseState lease;     // as the supervisor last said
  hostlink::Lease own;  // the newest that was sent to it
  std::int64_t start_deadline_ms = 0;
  std::optional<std::int64_t> init_gone_ms;  // its init ended, and no other has come
  std::optional<std::int64_t> stop_sent_ms;  // a Stop was sent
};

enum class Sweep : std::uint8_t {
  kLeave,
  kLost,        // no supervisor, or one that does not see that its machine is gone
  kOverdue,     // more than 2 s past its lease
  kStuckStart,  // should run or have given up long ago
  kStuckStop,   // hook and halt are long over
  kStuckEnd,    // ended, never taken down
};

Sweep judge(const LeaseRules& rules, const Watched& run, std::int64_t now_ms);

}  // namespace stipend::host
