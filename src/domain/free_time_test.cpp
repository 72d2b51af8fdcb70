#include "domain/free_time.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "domain/charge.hpp"

namespace stipend::domain {
namespace {

using base::Rounding;

constexpr WallTime kTen{1'800'000'000'000};
WallTime at(std::int64_t seconds) { return kTen.plus_seconds(seconds); }

// A run that began at `began` seconds and was seen `seen` seconds after ten.
Run run_seen(RatePlan plan, std::int64_t began, std::int64_t seen) {
  Run run;
  run.plan = plan;
  run.price = {3'600'000};  // a thousand nano-dollars a second
  run.running_since = at(began);
  run.seen_ran = {seen - began};
  run.seen_at = at(seen);
  run.held_run_max = run.lease_run_max = {seen - began + 3600};
  return run;
}
std::int64_t paid(const Run& run, std::int64_t ran) { return paid_seconds(run.plan, run.free, {ran}).count; }

TEST(FreeTime, SecondsInsideAreNotCountedBySecond) {
  auto run = run_seen(RatePlan::kPerSecond, -600, 300);
  run.free = free_time_at(run, {{at(0), at(1800)}}, at(300));
  ASSERT_TRUE(run.free.from);
  EXPECT_EQ(run.free.from->count, 600);
  EXPECT_EQ(run.free.to.count, 2400);
  EXPECT_EQ(paid(run, 600), 600);
  EXPECT_EQ(paid(run, 1500), 600);
  EXPECT_EQ(paid(run, 2400), 600);
  EXPECT_EQ(paid(run, 2401), 601);
  EXPECT_FALSE(run.free.began_free);
}

TEST(FreeTime, ARunThatBeganInsideHasNoMinimum) {
  auto run = run_seen(RatePlan::kPerSecond, 10, 20);
  run.free = free_time_at(run, {{at(0), at(100)}}, at(20));
  EXPECT_EQ(charge_for(run.plan, run.price, run.free, {90}, Rounding::kFloor), Money{});
  EXPECT_EQ(charge_for(run.plan, run.price, run.free, {91}, Rounding::kFloor), base::cost(run.price, {1}, Rounding::kFloor));
  auto before = run_seen(RatePlan::kPerSecond, -10, 20);
  before.free = free_time_at(before, {{at(0), at(100)}}, at(20));
  EXPECT_EQ(charge_for(before.plan, before.price, before.free, {50}, Rounding::kFloor), base::cost(before.price, {60}, Rounding::kFloor));
}

TEST(FreeTime, AnHourThatBeganBeforeGoesOnAndTheNextBeginsAtTheEnd) {
  auto run = run_seen(RatePlan::kPerHour, -600, 300);  // its first hour ends at 3000 s after ten
  run.free = free_time_at(run, {{at(0), at(5400)}}, at(300));
  const auto hours = [&](std::int64_t ran) { return charge_for(run.plan, run.price, run.free, {ran}, Rounding::kFloor).nano / run.price.nano_per_hour; };
  EXPECT_EQ(hours(600), 1);
  EXPECT_EQ(hours(6000), 1);   // at the end of the free hours
  EXPECT_EQ(hours(6001), 2);
  EXPECT_EQ(hours(9600), 2);
  EXPECT_EQ(hours(9601), 3);
  run.seen_ran = {6100};
  run.seen_at = at(5500);
  run.free = free_time_at(run, {{at(0), at(5400)}}, at(5500));
  EXPECT_FALSE(run.free.from);
  EXPECT_EQ(hours(6100), 2);
  EXPECT_EQ(hours(9601), 3);
}

TEST(FreeTime, AnHourThatOutlastsThemIsChargedOnce) {
  auto run = run_seen(RatePlan::kPerHour, -600, 300);
  run.free = free_time_at(run, {{at(0), at(1200)}}, at(300));
  const auto hours = [&](std::int64_t ran) { return charge_for(run.plan, run.price, run.free, {ran}, Rounding::kFloor).nano / run.price.nano_per_hour; };
  EXPECT_EQ(hours(3600), 1);
  EXPECT_EQ(hours(3601), 2);
}

TEST(FreeTime, OneWindowIsEnteredOnceHoweverOftenOneLooks) {
  const std::vector<Window> windows{{at(0), at(600)}};
  auto run = run_seen(RatePlan::kPerSecond, -100, 10);
  run.free = free_time_at(run, windows, at(10));
  run.seen_ran = {750};
  run.seen_at = at(647);  // three seconds late: the clocks drifted
  for (int i = 0; i < 3; ++i) run.free = free_time_at(run, windows, at(647 + i));
  EXPECT_FALSE(run.free.from);
  EXPECT_EQ(run.free.ran.count, 600);
}

TEST(FreeTime, AWindowThatWasMissedIsCountedAfterwards) {
  auto run = run_seen(RatePlan::kPerSecond, -100, 3000);  // nobody looked meanwhile
  run.free = free_time_at(run, {{at(0), at(600)}}, at(3000));
  EXPECT_EQ(paid(run, 3100), 2500);
}

TEST(FreeTime, WindowsWithAPauseBetweenThemAreTwoThoughTheRunWasNotSeenInThePause) {
  auto run = run_seen(RatePlan::kPerSecond, -600, 590);
  const std::vector<Window> windows{{at(0), at(600)}, {at(700), at(1000)}};
  run.free = free_time_at(run, windows, at(590));
  run.free = free_time_at(run, windows, at(720));  // no report since
  EXPECT_EQ(paid(run, 1320), 720);
  run.seen_ran = {1340};
  run.seen_at = at(740);
  run.free = free_time_at(run, windows, at(740));
  ASSERT_TRUE(run.free.from);
  EXPECT_EQ(run.free.from->count, 1300);
  EXPECT_EQ(paid(run, 1600), 700);  // 600 s before, 100 s between
}

TEST(FreeTime, AStretchThatAClockPutIntoTheFutureNeverMakesSecondsCostMore) {
  auto run = run_seen(RatePlan::kPerSecond, 0, 1000);
  const std::vector<Window> windows{{at(20'000), at(30'000)}};
  run.free = free_time_at(run, windows, at(25'000));  // the clock is hours ahead of what ran
  run.seen_ran = {1060};
  run.seen_at = at(29'400);
  run.held_run_max = run.lease_run_max = {1100};
  for (std::int64_t s = 0; s < 2'000; s += 50) {
    run.free = free_time_at(run, windows, at(29'400 + s));
    run.seen_ran = {1060 + s};
    run.seen_at = at(29'400 + s);
    run.held_run_max = {run.seen_ran.count + 100};
    for (const std::int64_t ran : {std::int64_t{1'000}, run.seen_ran.count}) ASSERT_LE(paid(run, ran), ran);
  }
  EXPECT_LE(paid(run, 3'000), 2'500);  // and what is left of the hours is free
}

// Its end was told after a person had asked for it: only what it really ran can be free.
TEST(FreeTime, AStretchThatTheRunDidNotOutlastIsFreeOnlyAsFarAsItRan) {
  auto run = run_seen(RatePlan::kPerSecond, 0, 400);
  const std::vector<Window> windows{{at(300), at(900)}};
  run.free = free_time_at(run, windows, at(1200));
  run.charge_until = RunSeconds{1200};
  run.free = free_time_until(run, windows, at(1300), {450});
  EXPECT_EQ(paid(run, 450), 300);
}

TEST(FreeTime, AllWindowsUpToTheEndCountThoughNobodyLookedOnce) {
  auto run = run_seen(RatePlan::kPerSecond, -600, -500);
  const std::vector<Window> windows{{at(0), at(100)}, {at(200), at(300)}, {at(400), at(500)}, {at(900), at(1000)}};
  run.free = free_time_until(run, windows, at(5000), {1050});  // it ended at 450
  EXPECT_EQ(paid(run, 1050), 1050 - 250);
  auto hours = run_seen(RatePlan::kPerHour, 0, 10);  // an hour began and goes on to 3600 s
  const std::vector<Window> later{{at(3000), at(4000)}, {at(7000), at(8000)}};
  hours.free = free_time_until(hours, later, at(20'000), {9'000});
  // 0, 4000, and what would begin at 7600 begins at 8000
  EXPECT_EQ(charge_for(hours.plan, hours.price, hours.free, {8'000}, Rounding::kFloor).nano, 2 * hours.price.nano_per_hour);
  EXPECT_EQ(charge_for(hours.plan, hours.price, hours.free, {8'001}, Rounding::kFloor).nano, 3 * hours.price.nano_per_hour);
}

TEST(FreeTime, AWindowThatIsTakenAwayEndsAfterWhatTheLeaseWasPromised) {
  auto run = run_seen(RatePlan::kPerSecond, 0, 10);
  run.free = free_time_at(run, {{at(0), at(7200)}}, at(10));
  run.held_run_max = run.lease_run_max = {700};
  run.free = free_time_at(run, {}, at(10));
  EXPECT_EQ(run.free.to.count, 700);
  EXPECT_EQ(paid(run, 700), 0);
}

TEST(FreeTime, OfAStartNeedsAMinute) {
  EXPECT_FALSE(free_time_of_start({{at(0), at(59)}}, at(0)).from);
  const auto free = free_time_of_start({{at(-100), at(30)}, {at(30), at(90)}}, at(0));  // those that touch are one
  ASSERT_TRUE(free.from);
  EXPECT_EQ(free.to.count, 90);
}

TEST(FreeTime, ARunWhoseChargeHasEndedEntersNone) {
  auto run = run_seen(RatePlan::kPerSecond, -100, -10);
  run.charge_until = RunSeconds{90};
  EXPECT_EQ(free_time_at(run, {{at(0), at(600)}}, at(100)), run.free);
}

// Whatever the windows and however often somebody looks: the seconds that count are those outside, by an independent count.
RC_GTEST_PROP(FreeTime, CountsTheSecondsOutside, ()) {
  std::vector<Window> windows;
  std::int64_t edge = 0;
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
    const std::int64_t from = edge + *rc::gen::inRange<std::int64_t>(100, 2000);
    edge = from + *rc::gen::inRange<std::int64_t>(60, 2000);
    windows.push_back({at(from), at(edge)});
  }
  const auto plan = *rc::gen::element(RatePlan::kPerSecond, RatePlan::kPerHour);
  const std::int64_t began = *rc::gen::inRange<std::int64_t>(-500, 500);
  auto run = run_seen(plan, began, began);
  std::int64_t now = began;
  Money before;
  while (now < edge + 3000) {
    now += *rc::gen::inRange<std::int64_t>(1, 90);
    run.seen_ran = {now - began};
    run.seen_at = at(now);
    run.held_run_max = {now - began + 3600};
    run.free = free_time_at(run, windows, at(now));
    const Money charge = charge_for(plan, run.price, run.free, run.seen_ran, Rounding::kFloor);
    RC_ASSERT(charge >= before);
    before = charge;
    std::int64_t outside = 0, hours = 0, hour_ends = began;
    for (std::int64_t second = began; second < now; ++second) {
      const bool inside = std::ranges::any_of(windows, [&](const Window& w) { return at(second) >= w.from && at(second) < w.to; });
      outside += !inside;
      if (!inside && second >= hour_ends) {
        ++hours;
        hour_ends = second + 3600;
      }
    }
    if (plan == RatePlan::kPerHour) RC_ASSERT(charge == base::cost(run.price, {hours * 3600}, Rounding::kFloor));
    else RC_ASSERT(paid_seconds(plan, run.free, run.seen_ran).count == outside);
  }
}

}  // namespace
}  // namespace stipend::domain
