#include "domain/forecast.hpp"

#include <gtest/gtest.h>

namespace stipend::domain {
namespace {

WallTime at(const char* instant) { return *base::parse_iso8601(instant); }
const WallTime kNow = at("2026-11-27T16:00:00Z");

Entry used(std::int64_t nano, const char* instant) {
  Entry entry;
  entry.kind = EntryKind::kCharge;
  entry.debit = "grant:g-1";
  entry.amount = {nano};
  entry.at = at(instant);
  return entry;
}

TEST(Forecast, IsTheMiddleOfTheLastSevenWholeDaysWithTheirQuartiles) {
  DailyUse use(kNow);
  // 20 to 26 November: 10, 20, 30, 40, 50, 60, 70 in some order.
  const char* days[] = {"2026-11-23T09:00:00Z", "2026-11-20T00:00:00.001Z", "2026-11-26T23:59:59Z", "2026-11-25T01:00:00Z",
                        "2026-11-21T12:00:00Z", "2026-11-24T12:00:00Z", "2026-11-23T00:00:00Z"};  // the last: of the 22nd
  for (std::int64_t i = 0; i < 7; ++i) use.add(used(10 * (i + 1), days[i]));
  EXPECT_EQ(use.spread().low.nano, 25);
  EXPECT_EQ(use.spread().middle.nano, 40);
  EXPECT_EQ(use.spread().high.nano, 55);
}

TEST(Forecast, CountsNoOtherDayNorWhatTheHousePaidAndLessWhatWasGivenBack) {
  DailyUse use(kNow);
  use.add(used(1'000, "2026-11-20T00:00:00Z"));  // of the 19th
  use.add(used(1'000, "2026-11-27T00:00:01Z"));  // today
  auto house = used(1'000, "2026-11-22T10:00:00Z");
  house.kind = EntryKind::kStorage;
  house.debit = "house:unfunded_storage";
  use.add(house);
  EXPECT_EQ(use.spread().high.nano, 0);
  for (const char* day : {"2026-11-20T10:00:00Z", "2026-11-21T10:00:00Z", "2026-11-22T10:00:00Z", "2026-11-23T10:00:00Z"}) {
    use.add(used(50, day));
    auto back = used(20, day);
    back.kind = EntryKind::kCorrection;
    back.debit = "house:faults";
    use.add(back);
  }
  EXPECT_EQ(use.spread().low.nano, 0);
  EXPECT_EQ(use.spread().middle.nano, 30);
}

TEST(Forecast, TheShortfallIsWhatWouldPreventIt) {
  const DailyUse::Spread use{Money::dollars(1), Money::dollars(2), Money::dollars(4)};
  const auto until = kNow.plus_seconds(36 * 3600);  // a day and a half
  const auto seen = outlook(Money::dollars(3), use, kNow, until);
  EXPECT_EQ(seen.low, Money{});
  EXPECT_EQ(seen.middle, Money{});
  EXPECT_EQ(seen.high, Money::dollars(3));
  EXPECT_EQ(outlook(Money{}, use, kNow, kNow.plus_seconds(-5)).high, Money{});
  EXPECT_EQ(use_until({1}, kNow, until).nano, 2);
}

}  // namespace
}  // namespace stipend::domain
