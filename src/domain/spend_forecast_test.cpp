#include "domain/spend_forecast.hpp"

#include <gtest/gtest.h>

namespace stipend::domain {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
const WallTime kNow = *base::parse_iso8601("2026-11-27T16:00:00Z");
const WallTime kToday = *base::parse_iso8601("2026-11-27T00:00:00Z");

SpendHistory history(const std::vector<std::int64_t>& dollars_before_today) {
  SpendHistory history(kNow);
  auto day = kToday;
  for (auto at = dollars_before_today.rbegin(); at != dollars_before_today.rend(); ++at) {
    day = day.plus_ms(-kDayMs);
    if (*at != 0) history.add(day, Money::dollars(*at));
  }
  return history;
}

TEST(SpendForecast, SteadySpendingGoesOnWithoutDoubt) {
  const auto week = history({2, 2, 2, 2}).over(7 * kDayMs, 80);
  EXPECT_EQ(week.mean, Money::dollars(14));
  EXPECT_EQ(week.low, week.high);
  EXPECT_EQ(history({2, 2, 2, 2}).over(kDayMs / 3, 80).mean, base::mul_div(Money::dollars(2), 1, 3, base::Rounding::kCeil));
}

TEST(SpendForecast, IsAsWideAsTheDaysDifferAndTheLevelAsks) {
  const auto sums = history({1, 3, 1, 3, 1});  // mean 1.8, standard deviation 1.0954
  const auto day = sums.over(kDayMs, 95);
  EXPECT_EQ(day.mean.nano, 1'800'000'000);
  EXPECT_NEAR(static_cast<double>((day.high - day.mean).nano), 1.0954451e9 * 1.96, 2e6);
  EXPECT_EQ(day.low.nano, 0) << "nothing below zero";
  const auto four = sums.over(4 * kDayMs, 95);
  EXPECT_NEAR(static_cast<double>((four.high - four.mean).nano), 2 * static_cast<double>((day.high - day.mean).nano), 1e4);
  EXPECT_LT(sums.over(kDayMs, 51).high, sums.over(kDayMs, 99).high);
}

TEST(SpendForecast, CountsDaysWithoutCostsFromTheFirstOneOn) {
  EXPECT_EQ(history({0, 0, 6, 0, 0}).over(kDayMs, 80).mean, Money::dollars(2));
}

TEST(SpendForecast, NeedsSomeWholeDays) {
  EXPECT_FALSE(history({}).is_enough());
  EXPECT_FALSE(history({5, 5}).is_enough());
  EXPECT_TRUE(history({5, 5, 5}).is_enough());
  auto two = history({5, 5});
  two.add(kToday, Money::dollars(9));                        // not over yet
  two.add(kToday.plus_ms(-40 * kDayMs), Money::dollars(9));  // too long ago
  EXPECT_FALSE(two.is_enough());
}

TEST(SpendForecast, CarriesTheLargestAmounts) {
  const auto large = history({1'000'000, 0, 3'000'000, 9'000'000}).over(366 * kDayMs, 99);
  EXPECT_GT(large.high, large.mean);
}

}  // namespace
}  // namespace stipend::domain
