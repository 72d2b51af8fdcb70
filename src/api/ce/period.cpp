#include "api/ce/period.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace stipend::api {
namespace {

using base::Fault;
using base::WallTime;

constexpr std::int64_t kHourMs = 3'600'000, kDayMs = 24 * kHourMs;

std::unexpected<base::Error> refuse(std::string message) { return base::fail(Fault::kInvalid, "ValidationException", std::move(message)); }

WallTime day_of(WallTime t) { return {t.ms / kDayMs * kDayMs}; }

// The first of the month that `t` is in, some months later.
WallTime month_of(WallTime t, int later = 0) {
  const std::chrono::year_month_day day{std::chrono::sys_days{std::chrono::days{t.ms / kDayMs}}};
  const auto month = std::chrono::year_month{day.year(), day.month()} + std::chrono::months{later};
  return {std::chrono::sys_days{month / 1}.time_since_epoch().count() * kDayMs};
}

// The same day some months later, or the last one of that month.
WallTime months_later(WallTime day, int months) {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day.ms / kDayMs}}};
  auto there = date + std::chrono::months{months};
  if (!there.ok()) there = there.year() / there.month() / std::chrono::last;
  return {std::chrono::sys_days{there}.time_since_epoch().count() * kDayMs};
}

base::Result<WallTime> parse(const std::string& text, std::string_view name, Granularity granularity) {
  const bool date = text.size() == 10;
  const auto time = base::parse_iso8601(date ? text + "T00:00:00Z" : text);
  // parse_iso8601 takes other ISO forms, too; here there are two.
  if (!time || (!date && (text.size() != 20 || text[4] != '-' || text[13] != ':')))
    return refuse(fmt::format("Value '{}' at 'timePeriod.{}' failed to satisfy constraint: Member must satisfy regular expression pattern: "
                              "(\\d{{4}}-\\d{{2}}-\\d{{2}})(T\\d{{2}}:\\d{{2}}:\\d{{2}}Z)?",
                              text.substr(0, 40), name));
  if (time->ms % (granularity == Granularity::kHourly ? kHourMs : kDayMs) != 0)
    return refuse(granularity == Granularity::kHourly ? fmt::format("The {} of an hourly time period is a full hour, like 2026-11-27T14:00:00Z.", name)
                                                      : fmt::format("The {} of a time period is a day, like 2026-11-27; hours go with HOURLY.", name));
  return *time;
}

base::Result<CostPeriod> parse(const aws::ce::DateInterval& asked, std::string_view granularity) {
  CostPeriod period;
  period.granularity = granularity == "HOURLY" ? Granularity::kHourly : granularity == "MONTHLY" ? Granularity::kMonthly : Granularity::kDaily;
  TRY_ASSIGN(period.from, parse(*asked.start, "start", period.granularity));
  TRY_ASSIGN(period.until, parse(*asked.end, "end", period.granularity));
  if (period.from >= period.until) return refuse("Start date (and hour) should be before end date (and hour)");
  return period;
}

std::string text_of(WallTime t, Granularity granularity) {
  const auto text = base::to_iso8601(t);
  return granularity == Granularity::kHourly ? text.substr(0, 19) + "Z" : text.substr(0, 10);
}

}  // namespace

base::Result<CostPeriod> past_period(const aws::ce::DateInterval& asked, std::string_view granularity, WallTime now) {
  TRY_ASSIGN(const auto period, parse(asked, granularity));
  if (period.until > month_of(now, 1)) return refuse("end date past the beginning of next month");
  if (period.from > now) return refuse("The start date must be equal to or no later than the current date.");
  if (period.granularity == Granularity::kHourly && period.from < day_of(now).plus_ms(-14 * kDayMs))
    return refuse("Start date is more than 14 days ago for hourly granularity. Please adjust start date as we support only 14 days of data at "
                  "hourly granularity.");
  if (period.from < months_later(day_of(now), -14)) return refuse("You haven't enabled historical data beyond 14 months: the start date is too long ago.");
  return period;
}

base::Result<CostPeriod> future_period(const aws::ce::DateInterval& asked, std::string_view granularity, WallTime now) {
  if (granularity == "HOURLY") return refuse("A forecast is by the day or the month: Granularity is DAILY or MONTHLY.");
  TRY_ASSIGN(auto period, parse(asked, granularity));
  const bool monthly = period.granularity == Granularity::kMonthly;
  if (period.from < (monthly ? month_of(now) : day_of(now)))
    return refuse("The start date of a forecast must be equal to or later than the current date.");
  if (period.until <= now) return refuse("The end date of a forecast must be in the future.");
  if (period.until > months_later(day_of(now), monthly ? 12 : 3).plus_ms(kDayMs))
    return refuse(monthly ? "A monthly forecast reaches at most 12 months ahead." : "A daily forecast reaches at most 3 months ahead.");
  return period;
}

std::vector<CostPeriod> slices(const CostPeriod& period) {
  std::vector<CostPeriod> out;
  for (WallTime from = period.from; from < period.until;) {
    WallTime next = period.granularity == Granularity::kHourly  ? from.plus_ms(kHourMs)
                    : period.granularity == Granularity::kDaily ? from.plus_ms(kDayMs)
                                                                : month_of(from, 1);
    next = std::min(next, period.until);
    out.push_back({from, next, period.granularity});
    from = next;
  }
  return out;
}

aws::ce::DateInterval interval(const CostPeriod& period) {
  return {.start = text_of(period.from, period.granularity), .end = text_of(period.until, period.granularity)};
}

}  // namespace stipend::api
