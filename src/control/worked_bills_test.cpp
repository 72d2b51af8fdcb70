// Worked bills of EC2 as it was in 2017, and as it is by the second, through the commands, the ledger and the statement: what a
// member reads at the end is what the old price list and the new rule make of it.
#include <gtest/gtest.h>

#include "control/commands/accounts.hpp"
#include "control/testing/table.hpp"
#include "domain/statement.hpp"

namespace stipend::control {
namespace {

using base::Money;

constexpr std::int64_t kMinute = 60, kHour = 3600;

struct Worked {
  const char* what;
  const char* type;
  std::vector<std::int64_t> runs;  // seconds of each start
  std::int64_t by_hour, by_second; // nano-dollars of the machine
};

// Runs it, renewed as the guard does, each start followed by a stop; answers what the statement says of machines.
Money bill(const char* plan, const char* catalogue, const char* type, const std::vector<std::int64_t>& runs) {
  Table table;
  EXPECT_EQ(table.run(std::string("course ") + plan + " grace 0 " + catalogue + "\naccount ada 100.00"), "");
  const auto run = [&](const std::string& rows) { EXPECT_EQ(table.run(rows), "") << plan << " " << type; };
  for (std::size_t i = 0; i < runs.size(); ++i) {
    run(i == 0 ? std::string("launch ada web ") + type : "start web");
    run("report web running 0\nrenew ada");
    for (std::int64_t ran = 0; ran < runs[i];) {
      const auto step = std::min<std::int64_t>(300, runs[i] - ran);
      ran += step;
      run("tick " + std::to_string(step) + "\nreport web running " + std::to_string(ran));
      if (ran < runs[i]) run("renew ada");
    }
    run("stop web\nreport web ended " + std::to_string(runs[i]) + " person ours");
  }
  domain::Statement statement(*domain::parse_month(domain::month_of(table.now())));
  for (const auto& entry : table.entries()) statement.add(entry);
  const auto figures = domain::figures(table.state(), table.account("ada"), table.now());
  EXPECT_EQ(statement.totals().closing() - (figures.charged - statement.totals().machines - statement.totals().disks), figures.balance);
  EXPECT_EQ(table.broken(), "");
  return statement.totals().machines;
}

const Worked kOf2017[] = {
    {"ten minutes are a full hour", "t2.medium", {10 * kMinute}, 47'000'000, 7'833'333},
    {"one second is a full hour, and a minute", "t2.medium", {1}, 47'000'000, 783'333},
    {"an hour to the second is one hour", "t2.medium", {kHour}, 47'000'000, 47'000'000},
    {"an hour and a second are two", "t2.medium", {kHour + 1}, 94'000'000, 47'013'055},
    {"stop and start within the hour are two hours", "t2.medium", {10 * kMinute, 10 * kMinute}, 94'000'000, 15'666'666},
    {"three starts of a minute are three hours", "t2.large", {kMinute, kMinute, kMinute}, 282'000'000, 4'699'998},
    {"each start by the second has its minute", "t2.large", {5, 5}, 188'000'000, 3'133'332},
    {"an evening of two and a half hours are three", "t2.large", {150 * kMinute}, 282'000'000, 235'000'000},
    {"six hours in four starts of ninety minutes are eight", "m4.large", {90 * kMinute, 90 * kMinute, 90 * kMinute, 90 * kMinute}, 864'000'000, 648'000'000},
};

TEST(WorkedBills, ByTheHourAreThoseOf2017) {
  for (const auto& worked : kOf2017) EXPECT_EQ(bill("per-hour", "2017", worked.type, worked.runs), Money{worked.by_hour}) << worked.what;
}

TEST(WorkedBills, OfTheSameUseByTheSecondAreNeverMore) {
  for (const auto& worked : kOf2017) {
    EXPECT_EQ(bill("per-second", "2017", worked.type, worked.runs), Money{worked.by_second}) << worked.what;
    EXPECT_LE(worked.by_second, worked.by_hour) << worked.what;
  }
}

// What a course page of 2017 told its students: these two cost less than ten cents an hour, the one with a GPU ninety.
TEST(WorkedBills, PricesAreThoseThatCoursesOf2017Named) {
  const auto price = [](const char* type) { return domain::find_type(*domain::find_catalogue("2017"), type)->price.nano_per_hour; };
  EXPECT_LT(price("t2.medium"), 100'000'000);
  EXPECT_LT(price("t2.large"), 100'000'000);
  EXPECT_EQ(price("p2.xlarge"), 900'000'000);
}

// The largest number of hours that $100 carry with the disk of 8 GiB beside them, which accrues meanwhile.
std::int64_t hours_of_100_dollars(const char* type) {
  const auto& catalogue = *domain::find_catalogue("2017");
  const auto machine = domain::find_type(catalogue, type)->price.nano_per_hour, disk = domain::disk_price(catalogue, 8).nano_per_hour;
  return Money::dollars(100).nano / (machine + disk);
}

TEST(WorkedBills, AHundredDollarsLastAsLongAsTheyBuyHours) {
  EXPECT_EQ(hours_of_100_dollars("t2.medium"), 2'079);  // almost three months day and night
  EXPECT_EQ(hours_of_100_dollars("t2.large"), 1'051);
  EXPECT_EQ(hours_of_100_dollars("p2.xlarge"), 110);    // four days and a half
  for (const auto* type : {"t2.medium", "t2.large"}) {
    Table table;
    ASSERT_EQ(table.run("course per-hour grace 0 2017\naccount ada 100.00"), "");
    EXPECT_EQ(table.run(std::string("launch ada web ") + type + "\nreport web running 0\nrenew ada\nlasts ada " + std::to_string(hours_of_100_dollars(type) * kHour)), "");
    EXPECT_EQ(table.broken(), "");
  }
}

// The last hour that can be paid is sold whole, and then nothing is left that would buy one.
TEST(WorkedBills, TheLastHourIsSoldWholeAndNothingIsStranded) {
  Table table;
  ASSERT_EQ(table.run("course per-hour grace 0 2017\naccount ada 0.15"), "");
  EXPECT_EQ(table.run(R"(
    launch ada web t2.medium
    report web running 0
    renew ada
    tick 3000
    report web running 3000
    renew ada
    tick 3000
    report web running 6000
    renew ada
    tick 3000
    report web running 9000
    renew ada
    lease web 10800                   # three hours are $0.141; the disk takes $0.0033 of the rest
    tick 1800
    report web ended 10800 credit ours
    state web stopped credit
    start web -> InsufficientCredit
  )"), "");
  EXPECT_LT(domain::figures(table.state(), table.account("ada"), table.now()).available, Money{47'000'000});
  EXPECT_EQ(table.broken(), "");
}

}  // namespace
}  // namespace stipend::control
