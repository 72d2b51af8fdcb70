#include "base/random.hpp"

#include <sys/random.h>

#include <cerrno>

#include "base/check.hpp"

namespace stipend::base {

void SystemRandom::fill(unsigned char* out, std::size_t count) {
  while (count > 0) {
    const auto got = getrandom(out, count, 0);
    if (got < 0 && errno == EINTR) continue;
    CHECK(got > 0, "the kernel has random bytes");
    out += got;
    count -= static_cast<std::size_t>(got);
  }
}

std::uint64_t SeededRandom::next() {
  state_ += 0x9e3779b97f4a7c15;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

void SeededRandom::fill(unsigned char* out, std::size_t count) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (i % 8 == 0) bits = next();
    out[i] = static_cast<unsigned char>(bits >> (i % 8 * 8));
  }
}

}  // namespace stipend::base
