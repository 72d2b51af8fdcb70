#include "ledger/rules.hpp"

#include <gtest/gtest.h>

#include "domain/catalogue.hpp"
#include "domain/charge.hpp"
#include "domain/storage.hpp"

namespace stipend::ledger {
namespace {

TEST(Rules, SecondsCostAMinuteAtLeastAndAreRoundedDownOnce) {
  EXPECT_EQ(run_cost(Plan::kPerSecond, 100'000'000, 0), 0);
  EXPECT_EQ(run_cost(Plan::kPerSecond, 100'000'000, 1), 1'666'666);
  EXPECT_EQ(run_cost(Plan::kPerSecond, 100'000'000, 600), 16'666'666);
  EXPECT_EQ(broken_run_cost(100'000'000, 1), 27'777);
}

TEST(Rules, AStartedHourCostsAnHour) {
  EXPECT_EQ(run_cost(Plan::kPerHour, 44'000'000, 1), 44'000'000);
  EXPECT_EQ(run_cost(Plan::kPerHour, 44'000'000, 3600), 44'000'000);
  EXPECT_EQ(run_cost(Plan::kPerHour, 44'000'000, 3601), 88'000'000);
}

// Two descriptions of the same page, by two hands.
TEST(Rules, AreWhatTheDomainCharges) {
  for (const std::int64_t price : {1LL, 5'800'000LL, 46'400'000LL, 100'000'000LL, 14'400'000'000LL})
    for (const std::int64_t s : {0LL, 1LL, 59LL, 60LL, 61LL, 3599LL, 3600LL, 3601LL, 86'400LL, 31'536'000LL}) {
      using domain::RatePlan;
      EXPECT_EQ(run_cost(Plan::kPerSecond, price, s), domain::charge_for(RatePlan::kPerSecond, {price}, {s}, base::Rounding::kFloor).nano);
      EXPECT_EQ(run_cost(Plan::kPerHour, price, s), domain::charge_for(RatePlan::kPerHour, {price}, {s}, base::Rounding::kFloor).nano);
      EXPECT_EQ(broken_run_cost(price, s), domain::charge_for_broken({price}, {}, {s}).nano);
      EXPECT_EQ(reserve(price, s), domain::reserve_for({price}, s).nano);
    }
  for (const auto* edition : {"2017", "2026"})
    for (const std::int64_t gib : {1, 8, 10, 333}) {
      const auto& catalogue = *domain::find_catalogue(edition);
      EXPECT_EQ(disk_price(gib, catalogue.gp2_gib_month.nano), domain::disk_price(catalogue, gib).nano_per_hour);
      for (const std::int64_t mib : {gib, 300 * gib, 1024 * gib - 1, 1024 * gib})
        EXPECT_EQ(snapshot_price(mib, catalogue.snapshot_gib_month.nano), domain::snapshot_price(catalogue, mib).nano_per_hour);
    }
}

}  // namespace
}  // namespace stipend::ledger
