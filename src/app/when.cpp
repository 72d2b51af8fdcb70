#include "app/when.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <ctime>
#include <optional>

namespace stipend::app {
namespace {

struct Civil {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, ms = 0;
};

std::optional<int> eat_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
  if (error != std::errc{} || end != text.data() + digits || value < 0 || text[0] == '-') return std::nullopt;
  text.remove_prefix(digits);
  return value;
}
bool eat(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

// The date and time at the front of the text.
std::optional<Civil> eat_civil(std::string_view& text) {
  Civil c;
  const auto field = [&](int& out, std::size_t digits, int least, int most) {
    const auto value = eat_number(text, digits);
    if (!value || *value < least || *value > most) return false;
    out = *value;
    return true;
  };
  if (!field(c.year, 4, 1970, 9999) || !eat(text, '-') || !field(c.month, 2, 1, 12) || !eat(text, '-') || !field(c.day, 2, 1, 31))
    return std::nullopt;
  if (!eat(text, ' ') && !eat(text, 'T')) return std::nullopt;
  if (!field(c.hour, 2, 0, 23) || !eat(text, ':') || !field(c.minute, 2, 0, 59)) return std::nullopt;
  if (eat(text, ':')) {
    if (!field(c.second, 2, 0, 60)) return std::nullopt;
    if (eat(text, '.')) {
      int scale = 100;
      bool any = false;
      for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), scale /= 10, any = true)
        c.ms += (text.front() - '0') * scale;
      if (!any) return std::nullopt;
    }
  }
  const std::chrono::year_month_day date{std::chrono::year(c.year), std::chrono::month(static_cast<unsigned>(c.month)),
                                         std::chrono::day(static_cast<unsigned>(c.day))};
  if (!date.ok()) return std::nullopt;
  return c;
}

std::int64_t utc_seconds(const Civil& c) {
  const std::chrono::sys_days days{std::chrono::year(c.year) / c.month / c.day};
  return std::chrono::duration_cast<std::chrono::seconds>(days.time_since_epoch()).count() + c.hour * 3600 + c.minute * 60 + c.second;
}

// The instant of a local time, under one of the zone's two rules; none: it is not in force then.
std::optional<std::int64_t> local_seconds(const Civil& c, int summer) {
  std::tm parts{};
  parts.tm_year = c.year - 1900;
  parts.tm_mon = c.month - 1;
  parts.tm_mday = c.day;
  parts.tm_hour = c.hour;
  parts.tm_min = c.minute;
  parts.tm_sec = c.second;
  parts.tm_isdst = summer;
  const std::time_t seconds = std::mktime(&parts);
  std::tm back{};
  localtime_r(&seconds, &back);
  const bool same = back.tm_hour == c.hour && back.tm_min == c.minute && back.tm_mday == c.day && back.tm_mon == c.month - 1 &&
                    back.tm_year == c.year - 1900;
  if (!same) return std::nullopt;
  return seconds;
}

}  // namespace

base::Result<base::WallTime> parse_when(std::string_view text) {
  const auto wrong = [&](std::string_view what) {
    return base::fail(base::Fault::kInvalid, "InvalidTime", fmt::format("'{}' {}", text.substr(0, 64), what));
  };
  std::string_view rest = text;
  const auto civil = eat_civil(rest);
  constexpr const char* kForm = "is no time; times are like \"2026-11-25 03:12\", \"2026-11-25T03:12:40Z\" or \"2026-11-25 03:12+01:00\"";
  if (!civil) return wrong(kForm);
  const auto at = [&](std::int64_t seconds) { return base::WallTime{seconds * 1000 + civil->ms}; };
  if (rest == "Z") return at(utc_seconds(*civil));
  if (!rest.empty()) {
    const int sign = rest.front() == '+' ? 1 : rest.front() == '-' ? -1 : 0;
    rest.remove_prefix(1);
    const auto hours = eat_number(rest, 2);
    eat(rest, ':');
    const auto minutes = eat_number(rest, 2);
    if (sign == 0 || !hours || !minutes || !rest.empty() || *hours > 14 || *minutes > 59) return wrong(kForm);
    return at(utc_seconds(*civil) - sign * (*hours * 3600 + *minutes * 60));
  }
  const auto winter = local_seconds(*civil, 0), summer = local_seconds(*civil, 1);
  if (!winter && !summer) return wrong("does not exist here: the clocks were put forward over it; add Z or an offset like +01:00");
  if (winter && summer && *winter != *summer)
    return wrong("is there twice here: the clocks were put back over it; add Z or an offset like +01:00");
  return at(winter ? *winter : *summer);
}

}  // namespace stipend::app
