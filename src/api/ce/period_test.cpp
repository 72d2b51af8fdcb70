#include "api/ce/period.hpp"

#include <gtest/gtest.h>

namespace stipend::api {
namespace {

const base::WallTime kNow = *base::parse_iso8601("2026-11-27T16:20:00Z");

std::string past(const char* from, const char* until, const char* granularity = "DAILY") {
  const auto period = past_period({from, until}, granularity, kNow);
  return period ? "ok" : period.error().code + ": " + period.error().message;
}

std::string shown(const base::Result<CostPeriod>& period) {
  if (!period) return period.error().message;
  std::string out;
  for (const auto& slice : slices(*period)) {
    const auto each = interval(slice);
    out += *each.start + ".." + *each.end + " ";
  }
  return out;
}

TEST(CostPeriod, IsCutIntoDaysMonthsAndHours) {
  EXPECT_EQ(shown(past_period({"2026-11-25", "2026-11-27"}, "DAILY", kNow)), "2026-11-25..2026-11-26 2026-11-26..2026-11-27 ");
  EXPECT_EQ(shown(past_period({"2026-09-20", "2026-11-05"}, "MONTHLY", kNow)), "2026-09-20..2026-10-01 2026-10-01..2026-11-01 2026-11-01..2026-11-05 ");
  EXPECT_EQ(shown(past_period({"2026-11-26T22:00:00Z", "2026-11-27T00:00:00Z"}, "HOURLY", kNow)),
            "2026-11-26T22:00:00Z..2026-11-26T23:00:00Z 2026-11-26T23:00:00Z..2026-11-27T00:00:00Z ");
  EXPECT_EQ(slices(*past_period({"2026-11-26", "2026-11-27"}, "HOURLY", kNow)).size(), 24u);
}

TEST(CostPeriod, ReachesFromFourteenMonthsAgoToTheEndOfTheMonth) {
  EXPECT_EQ(past("2025-09-27", "2026-12-01"), "ok");
  EXPECT_NE(past("2025-09-26", "2026-12-01").find("14 months"), std::string::npos);
  EXPECT_EQ(past("2026-11-26", "2026-12-02"), "ValidationException: end date past the beginning of next month");
  EXPECT_EQ(past("2026-11-27", "2026-11-28"), "ok");
  EXPECT_NE(past("2026-11-28", "2026-11-29").find("no later than the current date"), std::string::npos);
  EXPECT_EQ(past("2026-11-13T00:00:00Z", "2026-11-14T00:00:00Z", "HOURLY"), "ok");
  EXPECT_NE(past("2026-11-12T23:00:00Z", "2026-11-14T00:00:00Z", "HOURLY").find("more than 14 days ago"), std::string::npos);
}

TEST(CostPeriod, RefusesWhatIsNoPeriod) {
  EXPECT_EQ(past("2026-11-20", "2026-11-20"), "ValidationException: Start date (and hour) should be before end date (and hour)");
  for (const char* wrong : {"", "2026-11", "20261120T000000Z", "2026-13-01", "2026-02-29", "2026-11-20T00:00:00.000Z", "2026-11-20T00:00:00+01", "0000-00-00"})
    EXPECT_NE(past(wrong, "2026-11-27").find("'timePeriod.start' failed to satisfy constraint"), std::string::npos) << wrong;
  EXPECT_NE(past("2026-11-20T01:00:00Z", "2026-11-27").find("hours go with HOURLY"), std::string::npos);
  EXPECT_NE(past("2026-11-20T01:30:00Z", "2026-11-27T00:00:00Z", "HOURLY").find("full hour"), std::string::npos);
}

TEST(ForecastPeriod, BeginsTodayOrWithTheMonth) {
  const auto ahead = [](const char* from, const char* until, const char* granularity) { return shown(future_period({from, until}, granularity, kNow)); };
  EXPECT_EQ(ahead("2026-11-27", "2026-11-29", "DAILY"), "2026-11-27..2026-11-28 2026-11-28..2026-11-29 ");
  EXPECT_EQ(ahead("2026-11-01", "2027-01-01", "MONTHLY"), "2026-11-01..2026-12-01 2026-12-01..2027-01-01 ");
  EXPECT_NE(ahead("2026-11-26", "2026-11-29", "DAILY").find("later than the current date"), std::string::npos);
  EXPECT_NE(ahead("2026-11-01", "2026-11-20", "MONTHLY").find("must be in the future"), std::string::npos);
  EXPECT_NE(ahead("2026-11-27", "2027-03-01", "DAILY").find("3 months"), std::string::npos);
  EXPECT_NE(ahead("2026-11-27", "2028-01-01", "MONTHLY").find("12 months"), std::string::npos);
  EXPECT_NE(ahead("2026-11-27", "2026-11-28", "HOURLY").find("DAILY or MONTHLY"), std::string::npos);
}

}  // namespace
}  // namespace stipend::api
