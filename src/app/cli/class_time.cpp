#include "app/cli/class_time.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <optional>
#include <sstream>

namespace stipend::app {
namespace {

using base::Fault;

constexpr const char* kZones = "/usr/share/zoneinfo/";

// The C library's own zone for as long as it lives; the command line has one thread.
class InZone {
 public:
  explicit InZone(const std::string& zone) {
    if (zone.empty()) return;
    if (const char* before = std::getenv("TZ")) before_ = before;
    changed_ = true;
    setenv("TZ", (":" + zone).c_str(), 1);
    tzset();
  }
  ~InZone() {
    if (!changed_) return;
    if (before_) setenv("TZ", before_->c_str(), 1);
    else unsetenv("TZ");
    tzset();
  }
  InZone(const InZone&) = delete;
  InZone& operator=(const InZone&) = delete;

 private:
  bool changed_ = false;
  std::optional<std::string> before_;
};

base::Status check_zone(const std::string& zone) {
  std::error_code error;
  const bool plain = zone.find("..") == zone.npos && !zone.starts_with('/') &&
                     zone.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_+-") == zone.npos;
  if (zone.empty() || (plain && std::filesystem::is_regular_file(kZones + zone, error))) return {};
  return base::fail(Fault::kInvalid, "InvalidZone", fmt::format("there is no time zone '{}'; write it like Europe/Berlin, as {} names it", zone, kZones));
}

std::unexpected<base::Error> bad_time(const std::string& text) {
  return base::fail(Fault::kInvalid, "InvalidTime", fmt::format("'{}' is no date and time; write it like \"2026-12-01 09:55\"", text));
}

}  // namespace

base::Result<base::WallTime> parse_local(const std::string& text, const std::string& zone) {
  TRY(check_zone(zone));
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, length = 0;
  if (std::sscanf(text.c_str(), "%4d-%2d-%2d %2d:%2d%n", &year, &month, &day, &hour, &minute, &length) != 5 ||
      static_cast<std::size_t>(length) != text.size())
    return bad_time(text);
  const InZone in_zone(zone);
  std::tm asked{};
  asked.tm_year = year - 1900;
  asked.tm_mon = month - 1;
  asked.tm_mday = day;
  asked.tm_hour = hour;
  asked.tm_min = minute;
  // Both readings of an hour that a zone has twice are tried: the earlier one that shows what was asked for is meant.
  std::optional<std::time_t> found;
  for (const int summer : {1, 0}) {
    std::tm tried = asked, shown{};
    tried.tm_isdst = summer;
    const std::time_t at = std::mktime(&tried);
    if (at == -1 || !localtime_r(&at, &shown)) continue;
    const bool same = shown.tm_year == asked.tm_year && shown.tm_mon == asked.tm_mon && shown.tm_mday == asked.tm_mday &&
                      shown.tm_hour == asked.tm_hour && shown.tm_min == asked.tm_min;
    if (same && (!found || at < *found)) found = at;
  }
  if (!found)
    return base::fail(Fault::kInvalid, "InvalidTime", fmt::format("the clocks of {} never show {}", zone.empty() ? "this computer" : zone, text));
  return base::WallTime{static_cast<std::int64_t>(*found) * 1000};
}

base::Result<WrittenHours> parse_class_hours(const std::string& text, const std::string& zone) {
  const auto bad = [&] {
    return base::fail(Fault::kInvalid, "InvalidClassHours",
                      fmt::format("'{}' are no class hours; write them like \"2026-12-01 09:55/11:30 t2.medium 44\"", text));
  };
  std::istringstream words(text);
  std::string date, times, type, count, more;
  if (!(words >> date >> times >> type >> count) || (words >> more)) return bad();
  const auto slash = times.find('/');
  if (slash == times.npos || count.size() > 6 || count.find_first_not_of("0123456789") != count.npos) return bad();
  TRY_ASSIGN(const auto from, parse_local(date + " " + times.substr(0, slash), zone));
  TRY_ASSIGN(const auto to, parse_local(date + " " + times.substr(slash + 1), zone));
  return WrittenHours{from, to, type, std::stoll(count)};
}

namespace {

constexpr int kYearsMost = 2;

struct Date {
  int year = 0, month = 0, day = 0;
};

std::optional<Date> date_of(const std::string& text) {
  Date date;
  int length = 0;
  if (std::sscanf(text.c_str(), "%4d-%2d-%2d%n", &date.year, &date.month, &date.day, &length) != 3 || static_cast<std::size_t>(length) != text.size())
    return {};
  std::tm tm{};
  tm.tm_year = date.year - 1900;
  tm.tm_mon = date.month - 1;
  tm.tm_mday = date.day;
  tm.tm_hour = 12;
  if (timegm(&tm) == -1 || tm.tm_mday != date.day || tm.tm_mon != date.month - 1) return {};
  return date;
}

std::time_t noon_utc(const Date& date, int days) {
  std::tm tm{};
  tm.tm_year = date.year - 1900;
  tm.tm_mon = date.month - 1;
  tm.tm_mday = date.day + days;
  tm.tm_hour = 12;
  return timegm(&tm);
}

// Minutes of the day, 24:00 included.
std::optional<int> minutes_of(const std::string& text) {
  int hour = 0, minute = 0, length = 0;
  if (std::sscanf(text.c_str(), "%2d:%2d%n", &hour, &minute, &length) != 2 || static_cast<std::size_t>(length) != text.size()) return {};
  if (hour < 0 || minute < 0 || minute > 59 || hour * 60 + minute > 24 * 60) return {};
  return hour * 60 + minute;
}

// Bit 0 is Sunday, as in struct tm.
std::optional<unsigned> days_of(const std::string& text) {
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  const auto day_of = [&](const std::string& name) {
    for (int i = 0; i < 7; ++i)
      if (name == kDays[i]) return i;
    return -1;
  };
  unsigned days = 0;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    const auto dash = part.find('-');
    const int first = day_of(part.substr(0, dash)), last = dash == part.npos ? first : day_of(part.substr(dash + 1));
    if (first < 0 || last < 0) return {};
    for (int day = first;; day = (day + 1) % 7) {
      days |= 1U << day;
      if (day == last) break;
    }
  }
  return days == 0 ? std::nullopt : std::optional(days);
}

// The minute of that day in the zone of the C library.
std::optional<base::WallTime> minute_of(const Date& date, int days, int minutes, bool last) {
  for (int later = 0; later <= 180; ++later) {  // an hour that is left out begins at its end
    std::tm asked{};
    asked.tm_year = date.year - 1900;
    asked.tm_mon = date.month - 1;
    asked.tm_mday = date.day + days;
    asked.tm_min = minutes + later;
    std::tm plain = asked;
    timegm(&plain);
    std::optional<std::time_t> found;
    for (const int summer : {1, 0}) {
      std::tm tried = asked, shown{};
      tried.tm_isdst = summer;
      const std::time_t at = std::mktime(&tried);
      if (at == -1 || !localtime_r(&at, &shown)) continue;
      if (shown.tm_mday != plain.tm_mday || shown.tm_hour != plain.tm_hour || shown.tm_min != plain.tm_min) continue;
      if (!found || (last ? at > *found : at < *found)) found = at;
    }
    if (found) return base::WallTime{static_cast<std::int64_t>(*found) * 1000};
  }
  return {};
}

}  // namespace

base::Result<std::vector<UtcWindow>> parse_windows(const std::string& text, const std::string& zone, base::WallTime now) {
  const auto bad = [&] {
    return base::fail(Fault::kInvalid, "InvalidHours",
                      fmt::format("'{}' are no hours; write them like \"2026-12-01 09:55/11:30\" or \"Mon-Fri 08:00/20:00 until 2027-02-10\"", text));
  };
  TRY(check_zone(zone));
  std::istringstream words(text);
  std::string first, times, word, value;
  if (!(words >> first >> times)) return bad();
  const auto slash = times.find('/');
  if (slash == times.npos) return bad();
  const auto from = minutes_of(times.substr(0, slash)), to = minutes_of(times.substr(slash + 1));
  if (!from || !to || *to <= *from) return bad();
  const InZone in_zone(zone);
  std::vector<UtcWindow> out;
  const auto add = [&](const Date& date, int days) {
    const auto begin = minute_of(date, days, *from, false), end = minute_of(date, days, *to, true);
    if (begin && end && *begin < *end && *end > now) out.push_back({*begin, *end});
  };
  if (const auto date = date_of(first)) {
    if (words >> word) return bad();
    add(*date, 0);
    return out;
  }
  const auto days = days_of(first);
  if (!days) return bad();
  const std::time_t seconds = now.ms / 1000;
  std::tm today{};
  localtime_r(&seconds, &today);
  Date start{today.tm_year + 1900, today.tm_mon + 1, today.tm_mday};
  std::optional<Date> until;
  while (words >> word) {
    const auto date = words >> value ? date_of(value) : std::nullopt;
    if (!date || (word != "from" && word != "until")) return bad();
    if (word == "from") start = *date;
    else until = date;
  }
  if (!until)
    return base::fail(Fault::kInvalid, "InvalidHours", fmt::format("until when? Write '{} until 2027-02-10'", text));
  const std::time_t end = noon_utc(*until, 0);
  for (int day = 0; noon_utc(start, day) <= end; ++day) {
    if (day > kYearsMost * 366)
      return base::fail(Fault::kInvalid, "InvalidHours", fmt::format("'{}' goes on for more than {} years", text, kYearsMost));
    const std::time_t noon = noon_utc(start, day);
    std::tm tm{};
    gmtime_r(&noon, &tm);
    if ((*days >> tm.tm_wday & 1U) != 0) add(start, day);
  }
  return out;
}

std::string to_local(base::WallTime at, const std::string& zone) {
  const InZone in_zone(check_zone(zone) ? zone : "");
  const std::time_t seconds = at.ms / 1000;
  std::tm shown{};
  localtime_r(&seconds, &shown);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &shown)};
}

}  // namespace stipend::app
