#include "app/when.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace stipend::app {
namespace {

class When : public ::testing::Test {
 protected:
  void zone(const char* name) {
    setenv("TZ", name, 1);
    tzset();
  }
  void TearDown() override {
    unsetenv("TZ");
    tzset();
  }
  static std::string utc(std::string_view text) {
    const auto when = parse_when(text);
    return when ? base::to_iso8601(*when) : when.error().message;
  }
};

constexpr const char* kBerlin = "CET-1CEST,M3.5.0,M10.5.0/3";

TEST_F(When, AZoneInTheTextCounts) {
  zone(kBerlin);
  EXPECT_EQ(utc("2026-11-25 03:12Z"), "2026-11-25T03:12:00.000Z");
  EXPECT_EQ(utc("2026-11-25T03:12:40.25Z"), "2026-11-25T03:12:40.250Z");
  EXPECT_EQ(utc("2026-11-25 03:12+01:00"), "2026-11-25T02:12:00.000Z");
  EXPECT_EQ(utc("2026-11-25 03:12:00-0530"), "2026-11-25T08:42:00.000Z");
}

TEST_F(When, WithoutOneItIsThisComputers) {
  zone(kBerlin);
  EXPECT_EQ(utc("2026-11-25 03:12"), "2026-11-25T02:12:00.000Z");
  EXPECT_EQ(utc("2026-07-01 03:12"), "2026-07-01T01:12:00.000Z");
  zone("UTC0");
  EXPECT_EQ(utc("2026-07-01 03:12"), "2026-07-01T03:12:00.000Z");
}

TEST_F(When, AChangeOfTheClocksIsAskedAbout) {
  zone(kBerlin);
  EXPECT_NE(utc("2026-10-25 02:30").find("twice"), std::string::npos);
  EXPECT_EQ(utc("2026-10-25 02:30+02:00"), "2026-10-25T00:30:00.000Z");
  EXPECT_NE(utc("2026-03-29 02:30").find("does not exist"), std::string::npos);
  EXPECT_EQ(utc("2026-10-25 03:30"), "2026-10-25T02:30:00.000Z");
}

TEST_F(When, AnythingElseIsRefusedWithExamples) {
  for (const char* bad : {"", "03:12", "2026-11-25", "2026-11-25 3:12", "2026-13-01 03:12", "2026-02-30 03:12", "2026-11-25 24:00",
                          "2026-11-25 03:60", "2026-11-25 03:12 Z", "2026-11-25 03:12z", "2026-11-25 03:12+1", "2026-11-25 03:12+15:00",
                          "2026-11-25 03:12:00.Z", "2026-11-25 03:12*01:00", "2026-11-25 03:12Zx", "-026-11-25 03:12", "yesterday"})
    EXPECT_NE(utc(bad).find("times are like"), std::string::npos) << bad << ": " << utc(bad);
}

}  // namespace
}  // namespace stipend::app
