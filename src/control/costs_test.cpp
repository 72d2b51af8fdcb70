// Costs as lines (domain/costs.hpp) against what the commands posted: at every moment they add up to what the account is
// charged, by entry, by day and by hour.
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "control/testing/kept.hpp"
#include "domain/costs.hpp"
#include "domain/figures.hpp"

namespace stipend::control {
namespace {

using base::Money;
using domain::CostLine;

// A machine that breaks, one over several midnights whose posting comes late, a stop, a disk that is deleted.
constexpr const char* kTerm = R"(
  account ada 3.00
  account bob 0.30
  launch ada web m4.large
  launch bob lab t2.medium
  tick 2
  report web running 0
  report lab running 0
  renew ada
  tick 600
  report web running 600
  report lab vanished 590
  tick 59000
  report web running 3600
  renew ada
  renew bob
  tick 100
  start lab
  report lab running 0
  tick 86400
  report lab running 1500
  renew ada
  renew bob
  grant ada 0.25
  tick 300
  stop web
  report web ended 4000 person ours
  terminate web
  tick 90000
  renew ada
  tick 3
)";

std::vector<CostLine> lines(const Table& table, const base::AccountId& account) {
  const auto prices = domain::disk_prices(table.state(), *table.state().courses.begin()->second);
  std::vector<CostLine> out;
  domain::CostReader posted(prices), open(prices);
  for (const auto& entry : table.entries())
    if (entry.account == account)
      if (auto line = posted.next(entry)) out.push_back(*std::move(line));
  for (const auto& entry : domain::unposted(table.state(), account, table.now()))
    if (auto line = open.next(entry)) out.push_back(*std::move(line));
  return out;
}

Money sum(const std::vector<CostLine>& lines) {
  Money total;
  for (const auto& line : lines) total += line.amount;
  return total;
}

void check(const Table& table, const std::string& row) {
  const bool by_hour_plan = table.state().courses.begin()->second->plan == domain::RatePlan::kPerHour;
  for (const char* name : {"ada", "bob"}) {
    const auto& account = table.account(name);
    const auto all = lines(table, account);
    ASSERT_EQ(sum(all).nano, domain::figures_without_runway(table.state(), account, table.now()).charged.nano) << name << " after " << row;
    std::vector<CostLine> hours;
    for (const auto& line : all) {
      EXPECT_EQ(domain::usage_day(line.until), domain::usage_day(line.from.plus_ms(1))) << "a line is of one day, after " << row;
      for (auto& part : domain::by_hour(line, by_hour_plan)) {
        EXPECT_EQ(domain::usage_day(part.until), domain::usage_day(line.until)) << row;
        hours.push_back(std::move(part));
      }
    }
    EXPECT_EQ(sum(hours), sum(all)) << row;
  }
}

class Costs : public testing::TestWithParam<const char*> {};

TEST_P(Costs, AddUpToWhatIsChargedAtEveryMoment) {
  Table table;
  ASSERT_EQ(table.run(GetParam()), "");
  std::istringstream rows(kTerm);
  int checked = 0;
  for (std::string row; std::getline(rows, row);) {
    ASSERT_EQ(table.run(row), "") << row;
    if (row.find("launch bob") == std::string::npos && checked == 0) continue;
    ++checked;
    ASSERT_NO_FATAL_FAILURE(check(table, row));
  }
  EXPECT_GT(checked, 20);
  std::set<bool> disks, refunds;
  for (const auto& line : lines(table, table.account("bob"))) {
    disks.insert(line.of == domain::CostOf::kDisk);
    if (line.refund) {
      refunds.insert(true);
      EXPECT_LT(line.amount, Money{});
    }
  }
  EXPECT_EQ(disks.size(), 2u);
  const bool by_hour_plan = table.state().courses.begin()->second->plan == domain::RatePlan::kPerHour;
  EXPECT_EQ(refunds.size(), by_hour_plan ? 1u : 0u) << "the machine broke within an hour that was charged";
  for (const auto& line : lines(table, table.account("ada"))) EXPECT_FALSE(line.refund);
}

TEST_P(Costs, OfSnapshotsAndAddressesAddUpAtEveryMoment) {
  Table table;
  ASSERT_EQ(table.run(GetParam()), "");
  ASSERT_EQ(table.run("account ada 3.00\naccount bob 0.30\nlaunch ada web m4.large\ntick 2\nreport web running 0\nrenew ada\ntick 600"), "");
  const auto snapshot = snapshot_of(table, "ada", "web");
  const auto step = [&](const std::string& row) {
    ASSERT_EQ(table.run(row), "") << row;
    ASSERT_NO_FATAL_FAILURE(check(table, row));
  };
  step("tick 5");
  ASSERT_EQ(completed(table, snapshot, 1'500), "ok");
  ASSERT_EQ(allocated(table, table.account("ada"), 1), "ok");
  ASSERT_EQ(allocated(table, table.account("ada"), 2), "ok");
  for (const auto* row : {"tick 1", "tick 3600", "report web running 4000", "renew ada"}) step(row);
  ASSERT_EQ(associated(table, 1, "web"), "ok");
  step("tick 60000");  // over a midnight
  ASSERT_EQ(associated(table, 1, ""), "ok");
  for (const auto* row : {"tick 700", "renew ada", "tick 5000"}) step(row);
  ASSERT_EQ(associated(table, 1, "web"), "ok");
  step("tick 300");
  ASSERT_EQ(released(table, 2), "ok");
  for (const auto* row : {"tick 300", "tick 90000", "renew ada", "tick 7"}) step(row);
  std::map<domain::CostOf, Money> sums;
  for (const auto& line : lines(table, table.account("ada"))) sums[line.of] += line.amount;
  EXPECT_GT(sums[domain::CostOf::kSnapshot], Money{});
  EXPECT_GT(sums[domain::CostOf::kAddress], Money{});
}

INSTANTIATE_TEST_SUITE_P(BothPlans, Costs, testing::Values("course per-second grace 86400", "course per-hour grace 86400"),
                         [](const auto& plan) { return plan.index == 0 ? "PerSecond" : "PerHour"; });

TEST(UnpostedCosts, OfAnAddressThatIsUsedAgainArePartOfTheDayOfItsIdleness) {
  Table table;  // 08:00
  ASSERT_EQ(table.run("course per-second grace 86400\naccount ada 3.00\nlaunch ada web m4.large\ntick 2\nreport web running 0\nrenew ada"), "");
  ASSERT_EQ(allocated(table, table.account("ada"), 1), "ok");
  ASSERT_EQ(associated(table, 1, "web"), "ok");
  ASSERT_EQ(table.run("tick 86400\nreport web running 3600\nrenew ada\ntick 60"), "");
  ASSERT_EQ(associated(table, 1, ""), "ok");
  table.tick_ms(600'000);
  ASSERT_EQ(associated(table, 1, "web"), "ok");
  table.tick_ms(3'600'000);
  Money today;
  for (const auto& line : lines(table, table.account("ada"))) {
    if (line.of != domain::CostOf::kAddress) continue;
    EXPECT_EQ(domain::usage_day(line.until), domain::usage_day(table.now()));
    today += line.amount;
  }
  EXPECT_EQ(today.nano, 5'000'000 / 6) << "ten minutes";
}

TEST(UnpostedCosts, ArePartOfTheDayInWhichTheyAccrued) {
  Table table;  // 08:00
  ASSERT_EQ(table.run("course per-second grace 86400\naccount ada 3.00\ntick 57000\nlaunch ada web m4.large\ntick 2\nreport web running 0\nrenew ada"), "");
  ASSERT_EQ(table.run("tick 598\nreport web running 598\ntick 5\nreport web running 603"), "");
  const auto midnight = domain::usage_day(table.now());
  ASSERT_EQ(midnight.ms_until(table.now()), 5'000);
  Money before, after;
  for (const auto& line : lines(table, table.account("ada"))) (line.until <= midnight ? before : after) += line.amount;
  // Five seconds of the machine at $0.10 an hour, and of its disk of 8 GiB at $0.10 a month.
  EXPECT_NEAR(static_cast<double>(after.nano), 5 * (1e8 + 8e8 / 730) / 3600, 2);
  EXPECT_NEAR(static_cast<double>(before.nano), 598 * 1e8 / 3600 + 600 * 8e8 / 730 / 3600, 2);
}

}  // namespace
}  // namespace stipend::control
