// The wall time that decisions see: never runs backwards, not even over a restart, and never stands still.
// While the host's clock is behind what was already seen (somebody set it back), time goes on at half speed
// until the clock has caught up. One thread.
#pragma once

#include <algorithm>

#include "base/time.hpp"

namespace stipend::control {

class ServerTime {
 public:
  // `high_water`: the newest time in a committed batch.
  ServerTime(const base::Clock& clock, base::WallTime high_water)
      : clock_(clock), high_(high_water), mono_ms_(clock.monotonic_ms()) {}

  base::WallTime now() {
    const auto mono = clock_.monotonic_ms();
    const auto slow = (mono - mono_ms_) / 2;
    high_ = std::max(clock_.wall(), high_.plus_ms(std::max<std::int64_t>(slow, 0)));
    mono_ms_ += slow * 2;  // an odd millisecond is not lost
    return high_;
  }

 private:
  const base::Clock& clock_;
  base::WallTime high_;
  std::int64_t mono_ms_;
};

}  // namespace stipend::control
