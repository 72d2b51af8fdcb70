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

std::string to_local(base::WallTime at, const std::string& zone) {
  const InZone in_zone(check_zone(zone) ? zone : "");
  const std::time_t seconds = at.ms / 1000;
  std::tm shown{};
  localtime_r(&seconds, &shown);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &shown)};
}

}  // namespace stipend::app
