#include "base/time.hpp"

#include <fmt/format.h>

#include <chrono>

namespace stipend::base {
namespace {

struct Civil {
  int year;
  unsigned month, day;
  std::int64_t ms_of_day;
};

constexpr std::int64_t kDayMs = 86'400'000;

Civil civil(WallTime t) {
  std::int64_t days = t.ms / kDayMs;
  std::int64_t rest = t.ms % kDayMs;
  if (rest < 0) {
    rest += kDayMs;
    --days;
  }
  const std::chrono::year_month_day ymd{std::chrono::sys_days{std::chrono::days{days}}};
  return {static_cast<int>(ymd.year()), static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()),
          rest};
}

// Reads exactly `digits` digits; -1 when they are not there.
int number(std::string_view& s, std::size_t digits) {
  if (s.size() < digits) return -1;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (s[i] < '0' || s[i] > '9') return -1;
    value = value * 10 + (s[i] - '0');
  }
  s.remove_prefix(digits);
  return value;
}

bool eat(std::string_view& s, char c) {
  if (s.empty() || s.front() != c) return false;
  s.remove_prefix(1);
  return true;
}

}  // namespace

std::string to_iso8601(WallTime t) {
  const auto c = civil(t);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", c.year, c.month, c.day, c.ms_of_day / 3'600'000,
                     c.ms_of_day / 60'000 % 60, c.ms_of_day / 1000 % 60, c.ms_of_day % 1000);
}

std::string to_basic_iso8601(WallTime t) {
  const auto c = civil(t);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", c.year, c.month, c.day, c.ms_of_day / 3'600'000,
                     c.ms_of_day / 60'000 % 60, c.ms_of_day / 1000 % 60);
}

Result<WallTime> parse_iso8601(std::string_view s) {
  const auto bad = [] { return fail(Fault::kInvalid, "InvalidTimestamp", "not an ISO 8601 instant in UTC"); };
  const int year = number(s, 4);
  const bool dashed = eat(s, '-');
  const int month = number(s, 2);
  if (dashed && !eat(s, '-')) return bad();
  const int day = number(s, 2);
  if (year < 1970 || month < 1 || day < 1 || !eat(s, 'T')) return bad();
  const int hour = number(s, 2);
  const bool coloned = eat(s, ':');
  const int minute = number(s, 2);
  if (coloned && !eat(s, ':')) return bad();
  const int second = number(s, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return bad();
  int ms = 0;
  if (eat(s, '.')) {
    int digits = 0;
    while (!s.empty() && s.front() >= '0' && s.front() <= '9' && digits < 9) {
      if (digits < 3) ms = ms * 10 + (s.front() - '0');
      s.remove_prefix(1);
      ++digits;
    }
    if (digits == 0) return bad();
    for (; digits < 3; ++digits) ms *= 10;
  }
  if (s != "Z") return bad();
  const std::chrono::year_month_day ymd{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                        std::chrono::day{static_cast<unsigned>(day)}};
  if (!ymd.ok()) return bad();
  const std::int64_t days = std::chrono::sys_days{ymd}.time_since_epoch().count();
  return WallTime{days * kDayMs + hour * 3'600'000LL + minute * 60'000LL + second * 1000LL + ms};
}

}  // namespace stipend::base
