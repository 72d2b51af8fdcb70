#include "domain/budgets.hpp"

#include <gtest/gtest.h>

#include "domain/storage.hpp"

namespace stipend::domain {
namespace {

WallTime at(const std::string& instant) { return *base::parse_iso8601(instant + "Z"); }
const WallTime kNow = at("2026-11-27T12:00:00");
constexpr std::int64_t kBillion = 1'000'000'000;

Budget budget(BudgetTime time = BudgetTime::kMonthly, Money limit = Money::dollars(10)) {
  Budget out;
  out.name = "lab";
  out.time = time;
  out.limit = limit;
  out.from = at("2026-01-01T00:00:00");
  return out;
}

UsageDay used(const std::string& day, Money amount, EntryKind kind = EntryKind::kCharge, const std::string& type = "t2.micro") {
  UsageDay out;
  out.day = at(day + "T00:00:00");
  out.kind = kind;
  out.type = kind == EntryKind::kStorage ? "disk" : type;
  out.price = {10'000'000};
  out.amount = amount;
  return out;
}

BudgetPeriod month() { return *budget_period(budget(), kNow); }

TEST(BudgetPeriods, AreThoseOfTheCalendarInUtc) {
  struct Row {
    BudgetTime time;
    const char *now, *from, *until;
  };
  for (const auto& row : std::vector<Row>{{BudgetTime::kDaily, "2026-11-27T00:00:00", "2026-11-27T00:00:00", "2026-11-28T00:00:00"},
                                          {BudgetTime::kDaily, "2026-11-27T23:59:59", "2026-11-27T00:00:00", "2026-11-28T00:00:00"},
                                          {BudgetTime::kMonthly, "2028-02-29T12:00:00", "2028-02-01T00:00:00", "2028-03-01T00:00:00"},
                                          {BudgetTime::kMonthly, "2026-12-31T23:59:59", "2026-12-01T00:00:00", "2027-01-01T00:00:00"},
                                          {BudgetTime::kQuarterly, "2026-11-27T12:00:00", "2026-10-01T00:00:00", "2027-01-01T00:00:00"},
                                          {BudgetTime::kQuarterly, "2026-03-31T12:00:00", "2026-01-01T00:00:00", "2026-04-01T00:00:00"},
                                          {BudgetTime::kAnnually, "2026-11-27T12:00:00", "2026-01-01T00:00:00", "2027-01-01T00:00:00"}}) {
    const auto period = calendar_period(row.time, at(row.now));
    EXPECT_EQ(base::to_iso8601(period.from), base::to_iso8601(at(row.from))) << row.now;
    EXPECT_EQ(base::to_iso8601(period.until), base::to_iso8601(at(row.until))) << row.now;
  }
}

TEST(BudgetPeriods, AreCutToTheTimeForWhichTheBudgetHolds) {
  auto b = budget();
  b.from = at("2026-11-10T15:30:00");
  b.until = at("2026-11-28T00:00:00");
  const auto period = budget_period(b, kNow);
  ASSERT_TRUE(period);
  EXPECT_EQ(period->from, at("2026-11-10T00:00:00")) << "a budget begins at midnight";
  EXPECT_EQ(period->until, b.until);
  EXPECT_FALSE(budget_period(b, at("2026-11-09T23:59:59")));
  EXPECT_FALSE(budget_period(b, b.until));
}

TEST(BudgetSpending, IsWhatGrantsPaidInThePeriodLessWhatWasGivenBack) {
  auto house = used("2026-11-20", {500}, EntryKind::kStorage);
  house.house = true;
  const std::vector<UsageDay> days{used("2026-10-31", {1000}), used("2026-11-01", {100}), used("2026-11-20", {40}, EntryKind::kStorage),
                                   used("2026-11-26", {30}, EntryKind::kCorrection), house, used("2026-11-27", {7})};
  EXPECT_EQ(posted_spend(budget(), days, month(), kNow).actual.nano, 117);
}

TEST(BudgetSpending, IsFilteredByAwsWords) {
  const std::vector<UsageDay> days{used("2026-11-02", {1}), used("2026-11-03", {10}, EntryKind::kCharge, "m4.large"),
                                   used("2026-11-04", {100}, EntryKind::kStorage)};
  const auto spent = [&](std::vector<BudgetFilter> filters) {
    auto b = budget();
    b.filters = std::move(filters);
    return posted_spend(b, days, month(), kNow).actual.nano;
  };
  EXPECT_EQ(spent({}), 111);
  EXPECT_EQ(spent({{"Service", {"Amazon Elastic Compute Cloud - Compute"}}}), 11);
  EXPECT_EQ(spent({{"InstanceType", {"m4.large"}}}), 10);
  EXPECT_EQ(spent({{"UsageType", {"BoxUsage:t2.micro", "EBS:VolumeUsage.gp2"}}}), 101);
  EXPECT_EQ(spent({{"UsageType", {"BoxUsage:t2.micro", "BoxUsage:m4.large"}}, {"InstanceType", {"m4.large"}}}), 10) << "all filters hold";
  EXPECT_EQ(spent({{"UsageType", {"USW2-BoxUsage:m4.large"}}}), 10) << "as the region calls it";
  EXPECT_EQ(spent({{"Operation", {"CreateVolume-Gp2"}}}), 100);
  EXPECT_EQ(spent({{"LinkedAccount", {"123456789012"}}, {"Region", {"us-east-1"}}}), 111);
  EXPECT_EQ(spent({{"Service", {"Amazon Simple Storage Service"}}}), 0);
}

TEST(BudgetSpending, OfAUsageBudgetIsTheHoursThatWereCharged) {
  auto b = budget(BudgetTime::kMonthly, {100 * kBillion});
  b.kind = BudgetKind::kUsage;
  b.unit = "Hrs";
  const std::vector<UsageDay> days{used("2026-11-02", {25'000'000}), used("2026-11-03", {99'000'000}, EntryKind::kStorage)};
  EXPECT_EQ(posted_spend(b, days, month(), kNow).actual.nano, 25 * kBillion / 10) << "$0.025 at $0.01 an hour";
}

TEST(BudgetForecast, IsTheMeanDaySinceTheFirstOfTheLastSeven) {
  // 24, 25 and 26 November: three whole days.
  const std::vector<UsageDay> days{used("2026-11-19", {9'000'000}), used("2026-11-24", {300}), used("2026-11-26", {600}), used("2026-11-27", {5})};
  const auto posted = posted_spend(budget(), days, month(), kNow);
  ASSERT_TRUE(posted.a_day);
  EXPECT_EQ(posted.a_day->nano, 300);
  const auto figures = budget_figures(budget(), posted, {}, month(), kNow);
  EXPECT_EQ(figures.actual.nano, 9'000'905);
  EXPECT_EQ(figures.forecast->nano, 9'000'905 + 300 * 3 + 150) << "three days and a half are left";
}

TEST(BudgetForecast, NeedsOneWholeDayOfUse) {
  const auto posted = posted_spend(budget(), {used("2026-11-27", {5})}, month(), kNow);
  EXPECT_FALSE(posted.a_day);
  const auto figures = budget_figures(budget(), posted, {}, month(), kNow);
  EXPECT_FALSE(figures.forecast);
  EXPECT_FALSE(reached({true, false, BudgetComparison::kGreaterThan, 0}, Money::dollars(1), figures));
}

TEST(BudgetFigures, OfADayDoNotHoldWhatAccruedBeforeItsMidnight) {
  const auto b = budget(BudgetTime::kDaily);
  Entry yesterday;
  yesterday.type = "t2.micro";
  yesterday.price = {10'000'000};
  yesterday.amount = {60};
  yesterday.at = utc_midnight(kNow);
  auto today = yesterday;
  today.amount = {40};
  today.at = kNow;
  auto house = today;
  house.kind = EntryKind::kStorage;
  house.debit = "house:unfunded_storage";
  const std::vector<Entry> accrued{yesterday, today, house};
  EXPECT_EQ(budget_figures(b, {}, accrued, *budget_period(b, kNow), kNow).actual.nano, 40);
  EXPECT_EQ(budget_figures(budget(), {}, accrued, month(), kNow).actual.nano, 100);
}

TEST(BudgetThresholds, ArePercentOrAbsoluteAndCompareInThreeWays) {
  using enum BudgetComparison;
  struct Row {
    bool percent;
    BudgetComparison comparison;
    std::int64_t threshold, actual;
    bool reached;
  };
  constexpr std::int64_t k80 = 80 * kBillion, k8 = 8 * kBillion, kCent = kBillion / 100;
  for (const auto& row : std::vector<Row>{{true, kGreaterThan, k80, k8, false},
                                          {true, kGreaterThan, k80, k8 + 1, true},
                                          {false, kGreaterThan, k8, k8, false},
                                          {false, kGreaterThan, k8, k8 + 1, true},
                                          {true, kLessThan, k80, k8 - 1, true},
                                          {true, kLessThan, k80, k8, false},
                                          {false, kEqualTo, k8, k8 + kCent / 2 - 1, true},
                                          {false, kEqualTo, k8, k8 + kCent / 2, false},
                                          {true, kEqualTo, k80, k8 - kCent / 2, true},
                                          {true, kGreaterThan, 150 * kBillion, 15 * kBillion + 1, true}})
    EXPECT_EQ(reached({false, row.percent, row.comparison, row.threshold}, Money::dollars(10), {{row.actual}, {}}), row.reached)
        << row.percent << static_cast<int>(row.comparison) << " " << row.actual;
}

// The largest that control lets in: no overflow.
TEST(BudgetThresholds, OfTheLargestBudgetCanBeComputed) {
  EXPECT_EQ(threshold_of({false, true, BudgetComparison::kGreaterThan, 100'000 * kBillion}, Money::dollars(1'000'000)), Money::dollars(1'000'000'000));
}

class Evaluation : public testing::Test {
 protected:
  Evaluation() {
    budget_.notifications = {{{false, true, BudgetComparison::kGreaterThan, 50 * kBillion}, {}, false, {}},
                             {{true, true, BudgetComparison::kGreaterThan, 100 * kBillion}, {}, false, {}}};
    budget_.actions.resize(1);
    budget_.actions[0].trigger = {false, true, BudgetComparison::kGreaterThan, 90 * kBillion};
  }
  // Cents. What was told: "n0", "a0", "r0" for a reset.
  std::string look(std::int64_t actual, std::int64_t forecast, const BudgetPeriod& period = month()) {
    const auto due = evaluate(budget_, period, {{actual * 10'000'000}, Money{forecast * 10'000'000}});
    std::string out;
    for (const auto i : due.reset) out += "r" + std::to_string(i);
    for (const auto i : due.notifications) out += "n" + std::to_string(i);
    for (const auto i : due.actions) out += "a" + std::to_string(i);
    if (!out.empty()) EXPECT_TRUE(due.changed);
    return out;
  }
  bool alarm(std::size_t i) const { return in_alarm(budget_.notifications[i], month()); }
  Budget budget_ = budget();
};

TEST_F(Evaluation, TellsOnceWhenAThresholdIsReached) {
  EXPECT_EQ(look(500, 0), "");
  EXPECT_EQ(look(501, 0), "n0");
  EXPECT_TRUE(alarm(0));
  EXPECT_EQ(look(600, 0), "");
}

TEST_F(Evaluation, OfAnActualFigureTellsOncePerPeriodThoughItFellMeanwhile) {
  EXPECT_EQ(look(600, 0), "n0");
  EXPECT_EQ(look(400, 0), "");
  EXPECT_FALSE(alarm(0)) << "the state says what is";
  EXPECT_EQ(look(600, 0), "");
  EXPECT_TRUE(alarm(0));
}

TEST_F(Evaluation, OfAForecastTellsAtEachCrossing) {
  EXPECT_EQ(look(0, 1100), "n1");
  EXPECT_EQ(look(0, 1100), "");
  EXPECT_EQ(look(0, 900), "");
  EXPECT_EQ(look(0, 1100), "n1");
}

TEST_F(Evaluation, BeginsAnewInTheNextPeriod) {
  const auto december = calendar_period(BudgetTime::kMonthly, at("2026-12-05T00:00:00"));
  EXPECT_EQ(look(950, 0), "n0a0");
  budget_.actions[0].status = BudgetActionStatus::kExecutionSuccess;
  EXPECT_EQ(look(990, 0), "") << "an action begins once";
  EXPECT_EQ(look(0, 0, december), "r0");
  EXPECT_FALSE(in_alarm(budget_.notifications[0], december));
  budget_.actions[0].status = BudgetActionStatus::kStandby;
  budget_.actions[0].told = {};
  EXPECT_EQ(look(950, 0, december), "n0a0");
}

TEST_F(Evaluation, LeavesAnActionInProgressAlone) {
  EXPECT_EQ(look(950, 0), "n0a0");
  budget_.actions[0].status = BudgetActionStatus::kExecutionInProgress;
  EXPECT_EQ(look(0, 0, calendar_period(BudgetTime::kMonthly, at("2026-12-05T00:00:00"))), "");
}

TEST_F(Evaluation, TellsAnewAfterTheBudgetWasChanged) {
  EXPECT_EQ(look(501, 0), "n0");
  forget_told(budget_);
  EXPECT_EQ(look(501, 0), "n0");
}

}  // namespace
}  // namespace stipend::domain
