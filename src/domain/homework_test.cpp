#include "domain/homework.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "domain/charge.hpp"

namespace stipend::domain {
namespace {

constexpr std::int64_t kMinute = 60, kHour = 3600, kDay = 86400;

// t2.medium of 2017: $0.047 an hour.
Money machine_bill(RatePlan plan, std::int64_t seconds, std::int64_t starts) {
  return bill_of({.machine = {47'000'000}, .seconds = seconds, .starts = starts}, plan).machine;
}

struct Worked {
  const char* what;
  RatePlan plan;
  std::int64_t seconds, starts, nano;
};

TEST(Homework, WorkedBills) {
  constexpr auto kSecond = RatePlan::kPerSecond, kStarted = RatePlan::kPerHour;
  const Worked bills[] = {
      {"ten minutes by the hour are a full hour", kStarted, 10 * kMinute, 1, 47'000'000},
      {"ten minutes by the second are ten minutes", kSecond, 10 * kMinute, 1, 7'833'333},
      {"stop and start within the hour are two hours", kStarted, 40 * kMinute, 2, 94'000'000},
      {"stop and start by the second cost nothing more", kSecond, 40 * kMinute, 2, 31'333'332},
      {"an hour to the second is one", kStarted, kHour, 1, 47'000'000},
      {"a second more is two", kStarted, kHour + 1, 1, 94'000'000},
      {"twenty seconds are a minute", kSecond, 20, 1, 783'333},
      {"each of two short starts has its minute", kSecond, 40, 2, 1'566'666},
      {"six hours in four starts are four times two started hours", kStarted, 6 * kHour, 4, 8 * 47'000'000},
      {"six hours in four starts by the second are six hours", kSecond, 6 * kHour, 4, 6 * 47'000'000},
      {"what does not divide makes some starts a second longer", kStarted, 2 * kHour + 1, 2, 3 * 47'000'000},
  };
  for (const auto& bill : bills) EXPECT_EQ(machine_bill(bill.plan, bill.seconds, bill.starts).nano, bill.nano) << bill.what;
}

TEST(Homework, ADiskCostsEveryDayOfItAndItsReserveIsNotSpent) {
  const auto* catalogue = find_catalogue("2017");
  const Homework homework{.machine = {47'000'000}, .seconds = kHour, .disk = disk_price(*catalogue, 8), .disk_s = 14 * kDay, .grace_s = 14 * kDay};
  const auto bill = bill_of(homework, RatePlan::kPerSecond);
  EXPECT_EQ(homework.disk.nano_per_hour, 1'095'891);  // 8 GiB at $0.10 a month of 730 h, rounded up
  EXPECT_EQ(bill.disk.nano, 336 * 1'095'891);
  EXPECT_EQ(bill.reserve, bill.disk);
  EXPECT_EQ(bill.cost().nano, 47'000'000 + 336 * 1'095'891);
  EXPECT_EQ(bill.credit(), bill.cost() + bill.reserve);
}

RC_GTEST_PROP(Homework, IsTheSumOfItsStartsAndByTheHourNeverLess, ()) {
  const Price price{*rc::gen::inRange<std::int64_t>(0, 100'000'000'000)};
  const auto starts = *rc::gen::inRange<std::int64_t>(1, 50);
  const auto seconds = starts + *rc::gen::inRange<std::int64_t>(0, 40 * kHour);
  Money by_second, by_hour;
  for (std::int64_t i = 0; i < starts; ++i) {
    const RunSeconds one{seconds / starts + (i < seconds % starts ? 1 : 0)};
    by_second += charge_for(RatePlan::kPerSecond, price, one, base::Rounding::kFloor);
    by_hour += charge_for(RatePlan::kPerHour, price, one, base::Rounding::kFloor);
  }
  const Homework homework{.machine = price, .seconds = seconds, .starts = starts};
  RC_ASSERT(bill_of(homework, RatePlan::kPerSecond).machine == by_second);
  RC_ASSERT(bill_of(homework, RatePlan::kPerHour).machine == by_hour);
  RC_ASSERT(by_hour >= by_second);
}

}  // namespace
}  // namespace stipend::domain
