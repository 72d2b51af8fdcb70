#include "domain/charge.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "domain/settle.hpp"

namespace stipend::domain {
namespace {

using base::Rounding;

// The worked examples of the EC2 documentation: 20 s are charged as 60 s, 3 min 40 s as exactly 220 s.
TEST(Charge, PerSecondAsTheEc2DocumentationCounts) {
  const Price one{3600};  // a nano-dollar a second
  EXPECT_EQ(charge_for(RatePlan::kPerSecond, one, {20}, Rounding::kFloor).nano, 60);
  EXPECT_EQ(charge_for(RatePlan::kPerSecond, one, {220}, Rounding::kFloor).nano, 220);
  EXPECT_EQ(charge_for(RatePlan::kPerSecond, one, {0}, Rounding::kFloor).nano, 0);
}

TEST(Charge, PerHourCountsEachStartedHour) {
  const Price one{3600};
  EXPECT_EQ(charge_for(RatePlan::kPerHour, one, {1}, Rounding::kFloor).nano, 3600);
  EXPECT_EQ(charge_for(RatePlan::kPerHour, one, {3600}, Rounding::kFloor).nano, 3600);
  EXPECT_EQ(charge_for(RatePlan::kPerHour, one, {3601}, Rounding::kFloor).nano, 7200);
}

RC_GTEST_PROP(Charge, PostingsInAnyPiecesSumToTheWhole, ()) {
  const auto plan = *rc::gen::element(RatePlan::kPerSecond, RatePlan::kPerHour);
  const Price price{*rc::gen::inRange<std::int64_t>(1, 100'000'000'000)};
  const auto pieces = *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, 10'000));
  Money posted;
  RunSeconds ran;
  for (const auto piece : pieces) {
    ran.count += piece;
    const Money now = charge_for(plan, price, ran, Rounding::kFloor);
    RC_ASSERT(now >= posted);
    posted += now - posted;
    RC_ASSERT(posted <= charge_for(plan, price, ran, Rounding::kCeil));
  }
  RC_ASSERT(posted == charge_for(plan, price, ran, Rounding::kFloor));
}

TEST(Settle, NothingIsChargedBeyondWhatIsHeldNorAfterAPersonsStop) {
  struct Run run;
  run.price = {3600};
  run.held_run_max = {500};
  run.running_since = WallTime{1};
  EXPECT_EQ(settle(run, {{700}, false, false}).total.nano, 500);
  run.charge_until = RunSeconds{300};
  EXPECT_EQ(settle(run, {{330}, false, false}).total.nano, 300);
  run.charge_until = RunSeconds{0};  // stopped within its first second: a start all the same
  EXPECT_EQ(settle(run, {{5}, false, false}).total.nano, 60);
}

TEST(Settle, ABrokenRunIsChargedToTheNewestSignOfLife) {
  struct Run run;
  run.price = {3600};
  run.plan = RatePlan::kPerHour;
  run.held_run_max = {3600};
  run.seen_ran = {120};
  run.running_since = WallTime{1};
  const auto settlement = settle(run, {{115}, true, false});
  EXPECT_EQ(settlement.by_plan.nano, 3600);
  EXPECT_EQ(settlement.total.nano, 120);
}

}  // namespace
}  // namespace stipend::domain
