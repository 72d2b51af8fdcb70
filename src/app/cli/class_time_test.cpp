#include "app/cli/class_time.hpp"

#include <gtest/gtest.h>

namespace stipend::app {
namespace {

std::string utc(const std::string& text, const std::string& zone) {
  const auto at = parse_local(text, zone);
  return at ? base::to_iso8601(*at) : at.error().code;
}

TEST(ClassTime, IsWhatTheClocksOfTheZoneShow) {
  EXPECT_EQ(utc("2026-12-01 09:55", "Europe/Berlin"), "2026-12-01T08:55:00.000Z");
  EXPECT_EQ(utc("2026-07-01 09:55", "Europe/Berlin"), "2026-07-01T07:55:00.000Z");
  EXPECT_EQ(utc("2026-12-01 09:55", "UTC"), "2026-12-01T09:55:00.000Z");
  EXPECT_EQ(to_local({1'796'115'300'000}, "Europe/Berlin"), "2026-12-01 09:55");
}

TEST(ClassTime, AnHourThatTheZoneLeavesOutIsRefusedAndOfADoubleOneTheFirstIsMeant) {
  EXPECT_EQ(utc("2026-03-29 02:30", "Europe/Berlin"), "InvalidTime");
  EXPECT_EQ(utc("2026-10-25 02:30", "Europe/Berlin"), "2026-10-25T00:30:00.000Z");
}

TEST(ClassTime, RefusesWhatIsNoTimeOrZone) {
  for (const auto* text : {"", "2026-12-01", "2026-12-01 9h", "2026-13-01 09:55", "2026-02-30 09:55", "2026-12-01 25:00", "2026-12-01 09:55 x"})
    EXPECT_EQ(utc(text, "UTC"), "InvalidTime") << text;
  for (const auto* zone : {"Berlin", "../../../etc/passwd", "/etc/passwd", "Europe", "Europe/Berlin\n"})
    EXPECT_EQ(utc("2026-12-01 09:55", zone), "InvalidZone") << zone;
}

TEST(ClassTime, ReadsClassHours) {
  const auto hours = parse_class_hours("2026-12-01 09:55/11:30 t2.medium 44", "UTC");
  ASSERT_TRUE(hours);
  EXPECT_EQ(hours->from.ms_until(hours->to), 95 * 60'000);
  EXPECT_EQ(hours->type, "t2.medium");
  EXPECT_EQ(hours->machines, 44);
  for (const auto* text : {"", "2026-12-01 09:55 t2.medium 44", "2026-12-01 09:55/11:30 t2.medium", "2026-12-01 09:55/11:30 t2.medium -4",
                           "2026-12-01 09:55/11:30 t2.medium 44 x", "2026-12-01 09:55/11 t2.medium 44"})
    EXPECT_FALSE(parse_class_hours(text, "UTC")) << text;
}

std::vector<std::string> windows(const std::string& text, const std::string& zone = "Europe/Berlin") {
  std::vector<std::string> out;
  const auto read = parse_windows(text, zone, *base::parse_iso8601("2026-11-27T12:00:00Z"));
  if (!read) return {read.error().code};
  for (const auto& w : *read) out.push_back(base::to_iso8601(w.from).substr(0, 16) + "/" + base::to_iso8601(w.to).substr(0, 16));
  return out;
}
using Windows = std::vector<std::string>;

TEST(CourseHours, AreOneDateOrEveryWeekUntilADate) {
  EXPECT_EQ(windows("2026-12-01 09:55/11:30"), (Windows{"2026-12-01T08:55/2026-12-01T10:30"}));
  EXPECT_EQ(windows("Tue,Thu 10:00/11:30 until 2026-12-05"), (Windows{"2026-12-01T09:00/2026-12-01T10:30", "2026-12-03T09:00/2026-12-03T10:30"}));
  EXPECT_EQ(windows("Fri-Mon 00:00/24:00 from 2026-12-04 until 2026-12-08").size(), 4U);
  EXPECT_EQ(windows("Mon-Sun 00:00/24:00 from 2026-12-04 until 2026-12-04"), (Windows{"2026-12-03T23:00/2026-12-04T23:00"}));
}

TEST(CourseHours, ThatAreOverAreLeftOutAndTodayIsIn) {
  EXPECT_EQ(windows("Fri 08:00/20:00 until 2026-11-30"), (Windows{"2026-11-27T07:00/2026-11-27T19:00"}));
  EXPECT_EQ(windows("Fri 08:00/09:00 until 2026-11-30"), Windows{});
}

TEST(CourseHours, FollowTheClocksOfTheZoneOverTheirChange) {
  EXPECT_EQ(windows("Sat,Sun 10:00/11:00 from 2027-03-27 until 2027-03-28"),
            (Windows{"2027-03-27T09:00/2027-03-27T10:00", "2027-03-28T08:00/2027-03-28T09:00"}));
  EXPECT_EQ(windows("2027-03-28 02:30/04:00"), (Windows{"2027-03-28T01:00/2027-03-28T02:00"}));  // from the hour's next instant
  EXPECT_EQ(windows("2027-10-31 02:00/03:00"), (Windows{"2027-10-31T00:00/2027-10-31T02:00"}));  // both hours from two to three
}

TEST(CourseHours, OfAnotherKindAreRefused) {
  for (const auto* text : {"", "Mon", "Mon 08:00", "Mon 08:00-20:00 until 2027-02-10", "Mon 20:00/08:00 until 2027-02-10", "Mon 08:00/20:00",
                           "Day 08:00/20:00 until 2027-02-10", "Mon 08:00/25:00 until 2027-02-10", "Mon 08:00/20:00 until 2027-02-30",
                           "Mon 08:00/20:00 until 9999-02-10", "2026-12-01 08:00/20:00 until 2027-02-10", "Mon 08:00/20:00 till 2027-02-10"})
    EXPECT_EQ(windows(text), Windows{"InvalidHours"}) << text;
  EXPECT_EQ(windows("Mon 08:00/20:00 until 2027-02-10", "Nowhere"), Windows{"InvalidZone"});
}

}  // namespace
}  // namespace stipend::app
