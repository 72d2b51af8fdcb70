// The real clock. Only main()s, net's timers and the host side hold one; everything else gets a Clock&.
#pragma once

#include "base/time.hpp"

namespace stipend::base {

class SystemClock final : public Clock {
 public:
  WallTime wall() const override;
  std::int64_t monotonic_ms() const override;
};

// For tests: stands still until told.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(WallTime start = {1'800'000'000'000}) : wall_(start) {}
  WallTime wall() const override { return wall_; }
  std::int64_t monotonic_ms() const override { return mono_ms_; }
  void advance_ms(std::int64_t ms) { wall_.ms += ms; mono_ms_ += ms; }
  void jump_wall_ms(std::int64_t ms) { wall_.ms += ms; }

 private:
  WallTime wall_;
  std::int64_t mono_ms_ = 1'000;
};

}  // namespace stipend::base
