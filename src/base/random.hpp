// The two sources of randomness: the kernel's, and a seeded one that repeats itself for tests.
#pragma once

#include <cstdint>

#include "base/ids.hpp"

namespace stipend::base {

class SystemRandom final : public Random {
 public:
  void fill(unsigned char* out, std::size_t count) override;  // getrandom(2); aborts when the kernel has none
};

// splitmix64. Not for secrets.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(unsigned char* out, std::size_t count) override;
  std::uint64_t next();
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }

 private:
  std::uint64_t state_;
};

}  // namespace stipend::base
