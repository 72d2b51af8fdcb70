// Two kinds of time that do not convert into each other (docs/design/money.md, "Clocks"):
// RunSeconds is how long a machine ran (monotonic, per boot of its host; suspend does not count) and is
// the only one that is ever multiplied with a price. WallTime is UTC, for windows, expiry and people.
// Nothing here reads a clock: Clock is passed in, and only base/clock.cpp and tests implement it.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <string>

#include "base/result.hpp"

namespace stipend::base {

struct RunSeconds {
  std::int64_t count = 0;
  auto operator<=>(const RunSeconds&) const = default;
  RunSeconds operator+(RunSeconds o) const { return {count + o.count}; }
  RunSeconds operator-(RunSeconds o) const { return {count - o.count}; }
};

// Milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
struct WallTime {
  std::int64_t ms = 0;
  auto operator<=>(const WallTime&) const = default;
  WallTime plus_seconds(std::int64_t s) const { return {ms + s * 1000}; }
  WallTime plus_ms(std::int64_t n) const { return {ms + n}; }
  std::int64_t ms_until(WallTime later) const { return later.ms - ms; }
  static constexpr WallTime never() { return {std::numeric_limits<std::int64_t>::max() / 4}; }
};

std::string to_iso8601(WallTime t);                 // 2026-11-23T05:34:00.000Z, as EC2 answers
std::string to_basic_iso8601(WallTime t);           // 20261123T053400Z, as SigV4 wants
Result<WallTime> parse_iso8601(std::string_view s); // both forms, fractions up to nanoseconds, 'Z' only

class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime wall() const = 0;
  virtual std::int64_t monotonic_ms() const = 0;    // of this host since boot, without suspend
};

}  // namespace stipend::base
