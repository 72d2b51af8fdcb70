#include "base/time.hpp"

#include <gtest/gtest.h>

namespace stipend::base {
namespace {

TEST(Time, IsoTextRoundTrips) {
  const auto t = parse_iso8601("2024-02-29T23:59:58.123Z");
  ASSERT_TRUE(t);
  EXPECT_EQ(to_iso8601(*t), "2024-02-29T23:59:58.123Z");
  EXPECT_EQ(to_basic_iso8601(*t), "20240229T235958Z");
  EXPECT_EQ(parse_iso8601("20240229T235958Z")->ms, t->ms - 123);
}

TEST(Time, FractionsOfClientsAreRead) {
  EXPECT_EQ(parse_iso8601("2026-01-01T02:03:04.567000Z")->ms % 1000, 567);
  EXPECT_EQ(parse_iso8601("2026-01-01T02:03:04.5Z")->ms % 1000, 500);
}

TEST(Time, WhatIsNotAnInstantInUtcIsRefused) {
  for (const char* text : {"", "2024-02-30T00:00:00Z", "2024-01-01T24:00:00Z", "2024-01-01", "2024-01-01T00:00:00+01:00",
                           "2024-01-01T00:00:00.Z", "1969-12-31T23:59:59Z"})
    EXPECT_FALSE(parse_iso8601(text)) << text;
}

}  // namespace
}  // namespace stipend::base
