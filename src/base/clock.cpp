#include "base/clock.hpp"

#include <ctime>

namespace stipend::base {
namespace {
std::int64_t read_ms(clockid_t id) {
  timespec t{};
  clock_gettime(id, &t);
  return static_cast<std::int64_t>(t.tv_sec) * 1000 + t.tv_nsec / 1'000'000;
}
}  // namespace

WallTime SystemClock::wall() const { return {read_ms(CLOCK_REALTIME)}; }
std::int64_t SystemClock::monotonic_ms() const { return read_ms(CLOCK_MONOTONIC); }

}  // namespace stipend::base
