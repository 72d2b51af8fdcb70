#include "base/money.hpp"

#include <fmt/format.h>

#include "base/check.hpp"

namespace stipend::base {
namespace {
constexpr std::int64_t kNano = 1'000'000'000;
}

Money operator+(Money a, Money b) {
  std::int64_t sum;
  CHECK(!__builtin_add_overflow(a.nano, b.nano, &sum), "money does not overflow");
  return {sum};
}

Money operator-(Money a, Money b) {
  std::int64_t difference;
  CHECK(!__builtin_sub_overflow(a.nano, b.nano, &difference), "money does not overflow");
  return {difference};
}

Money operator-(Money a) { return Money{} - a; }

Money mul_div(Money a, std::int64_t numerator, std::int64_t denominator, Rounding rounding) {
  CHECK(denominator > 0, "a division needs a positive denominator");
  const __int128 product = static_cast<__int128>(a.nano) * numerator;
  __int128 quotient = product / denominator;
  const __int128 rest = product % denominator;
  if (rest < 0 && rounding == Rounding::kFloor) --quotient;
  if (rest > 0 && rounding == Rounding::kCeil) ++quotient;
  CHECK(quotient <= INT64_MAX && quotient >= INT64_MIN, "money does not overflow");
  return {static_cast<std::int64_t>(quotient)};
}

Money cost(Price price, RunSeconds ran, Rounding rounding) {
  return mul_div(Money{price.nano_per_hour}, ran.count, 3600, rounding);
}

std::string to_decimal(Money m) {
  const bool negative = m.nano < 0;
  const std::uint64_t magnitude = negative ? 0 - static_cast<std::uint64_t>(m.nano) : static_cast<std::uint64_t>(m.nano);
  std::string text = fmt::format("{}{}.{:09}", negative ? "-" : "", magnitude / kNano, magnitude % kNano);
  while (text.back() == '0' && text[text.size() - 3] != '.') text.pop_back();
  return text;
}

Result<Money> parse_decimal(std::string_view s) {
  const auto bad = [&] {
    return fail(Fault::kInvalid, "InvalidAmount",
                fmt::format("'{}' is not an amount in dollars; write it like 5 or 0.02, with at most nine decimals",
                            s.substr(0, 40)));
  };
  std::string_view rest = s;
  const bool negative = !rest.empty() && rest.front() == '-';
  if (negative) rest.remove_prefix(1);
  std::int64_t whole = 0;
  std::size_t digits = 0;
  while (digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9') {
    if (digits >= 10) return bad();
    whole = whole * 10 + (rest[digits++] - '0');
  }
  if (digits == 0 || whole > kNano) return bad();
  rest.remove_prefix(digits);
  std::int64_t fraction = 0;
  if (!rest.empty()) {
    if (rest.front() != '.' || rest.size() < 2 || rest.size() > 10) return bad();
    for (std::size_t i = 1; i <= 9; ++i) {
      int digit = 0;
      if (i < rest.size()) {
        if (rest[i] < '0' || rest[i] > '9') return bad();
        digit = rest[i] - '0';
      }
      fraction = fraction * 10 + digit;
    }
  }
  const std::int64_t nano = whole * kNano + fraction;
  return Money{negative ? -nano : nano};
}

std::string to_display(Money m, Rounding rounding) {
  const Money cents = mul_div(m, 100, kNano, rounding);
  const std::int64_t magnitude = cents.nano < 0 ? -cents.nano : cents.nano;
  return fmt::format("{}${}.{:02}", cents.nano < 0 ? "-" : "", magnitude / 100, magnitude % 100);
}

std::string to_rate_display(Money per_hour) {
  const Money parts = mul_div(per_hour, 10'000, kNano, Rounding::kCeil);
  std::string text = fmt::format("${}.{:04}", parts.nano / 10'000, parts.nano % 10'000);
  for (int i = 0; i < 2 && text.back() == '0'; ++i) text.pop_back();
  return text;
}

}  // namespace stipend::base
