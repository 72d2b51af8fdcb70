#include "ledger/bill.hpp"

#include <gtest/gtest.h>

namespace stipend::ledger {
namespace {

constexpr std::int64_t kPrice = 3'600'000'000;  // a thousandth of a dollar a second

RunFacts ran(std::int64_t ms) { return {.price = kPrice, .ran_ms = ms, .held_s = 3600, .seen_running = true}; }

TEST(Bill, OfARunThatEndedByItselfIsExact) {
  EXPECT_EQ(bill_of(ran(100'999)).least, 100'000'000);
  EXPECT_TRUE(bill_of(ran(100'999)).is_exact());
  EXPECT_EQ(bill_of(ran(300)).most, 60'000'000);  // seen running: a start
  auto run = ran(5'000'000);
  EXPECT_EQ(bill_of(run).most, 3'600'000'000);  // what its hold covers
  run.plan = Plan::kPerHour;
  run.ran_ms = 1;
  EXPECT_EQ(bill_of(run).least, kPrice);
}

TEST(Bill, OfABrokenRunIsBySecondsToTheNewestThatIsKnown) {
  auto run = ran(100'000);
  run.broken = true;
  run.record_s = 95;
  run.seen_s = 40;
  EXPECT_EQ(bill_of(run).least, 95'000'000);
  run.seen_s = 97;
  EXPECT_EQ(bill_of(run).most, 97'000'000);
  run.plan = Plan::kPerHour;
  EXPECT_EQ(bill_of(run).most, 97'000'000);
  run.start_failed = true;
  EXPECT_EQ(bill_of(run).most, 0);
}

TEST(Bill, OfAPersonsStopEndsWhenItWasAskedFor) {
  auto run = ran(700'000);
  run.asked = Asked{650'000, 2, 2};
  EXPECT_EQ(bill_of(run).least, 648'000'000);
  EXPECT_EQ(bill_of(run).most, 652'000'000);
  run.asked = Asked{};  // before anybody saw it run
  run.seen_running = false;
  EXPECT_EQ(bill_of(run).most, 0);
  EXPECT_TRUE(bill_of(run).holds(0));
  EXPECT_FALSE(bill_of(run).holds(1));
}

TEST(Bill, OfARunInFreeHoursCountsWhatIsOutsideThem) {
  auto run = ran(1'000'000);
  run.free = {{100'000, 400'000}};
  EXPECT_EQ(bill_of(run).most, 700'000'000);
  run.free = {{0, 990'000}};
  EXPECT_EQ(bill_of(run).most, 10'000'000);  // it began inside: no minimum
  run.edge_s = 2;
  EXPECT_EQ(bill_of(run).least, 8'000'000);
  EXPECT_EQ(bill_of(run).most, 60'000'000);
  run.edge_s = 0;
  run.plan = Plan::kPerHour;
  run.held_s = 20'000;
  run.ran_ms = 10'000'000;
  run.free = {{3'000'000, 5'000'000}};  // the first hour goes on to 3,600; the next begins at 5,000, one more at 8,600
  EXPECT_EQ(bill_of(run).most, 3 * kPrice);
  run.broken = true;
  run.record_s = 10'000;
  EXPECT_EQ(bill_of(run).most, 8'000'000'000);
}

TEST(Bill, OfADiskLeavesOutTheTimeInTheTrash) {
  EXPECT_EQ(bill_of_disk(kPrice, {{0, 1'500}, {100'000, 101'499}}), 2'000'000);
  EXPECT_EQ(bill_of_disk(kPrice, {}), 0);
}

TEST(Bill, OfAnAddressCountsTheWholeSecondsOfEachIdleTime) {
  EXPECT_EQ(bill_of_address(kPrice, {{0, 1'999}, {100'000, 101'999}}), 2'000'000);
  EXPECT_EQ(bill_of_address(kPrice, {}), 0);
}

}  // namespace
}  // namespace stipend::ledger
