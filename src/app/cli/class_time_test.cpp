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

}  // namespace
}  // namespace stipend::app
