// Money: a 64-bit count of nano-dollars (9.2 billion dollars). Never a floating-point number; every
// multiplication names its rounding. Overflow is a broken invariant (CHECK): amounts are bounded at the edge.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"

namespace stipend::base {

struct Money {
  std::int64_t nano = 0;
  auto operator<=>(const Money&) const = default;
  static constexpr Money dollars(std::int64_t d) { return {d * 1'000'000'000}; }
};

Money operator+(Money a, Money b);
Money operator-(Money a, Money b);
Money operator-(Money a);
inline Money& operator+=(Money& a, Money b) { return a = a + b; }
inline Money& operator-=(Money& a, Money b) { return a = a - b; }

enum class Rounding : std::uint8_t { kFloor, kCeil };

// a * numerator / denominator in 128 bits; denominator > 0.
Money mul_div(Money a, std::int64_t numerator, std::int64_t denominator, Rounding rounding);

// Nano-dollars for each hour of running (or, for disks, of existing).
struct Price {
  std::int64_t nano_per_hour = 0;
  auto operator<=>(const Price&) const = default;
};

// What `ran` seconds cost. Charges floor, holds ceil.
Money cost(Price price, RunSeconds ran, Rounding rounding);

// "12.345000001", "-0.02": exact decimal dollars, at least two decimals, no superfluous zeros beyond.
std::string to_decimal(Money m);
// Accepts what to_decimal writes and plain decimals ("5", "0.02"); at most nine decimals, |x| <= 1e9.
Result<Money> parse_decimal(std::string_view s);
// "$41.27" for people: what is left is rounded down, what is used up.
std::string to_display(Money m, Rounding rounding);
// "$0.0464": a rate an hour for people, rounded up to four decimals, two at least.
std::string to_rate_display(Money per_hour);

}  // namespace stipend::base
