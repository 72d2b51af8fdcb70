#include "domain/free_hours.hpp"

#include <gtest/gtest.h>

namespace stipend::domain {
namespace {

const AccountId kAda = *AccountId::parse("123456789012");
WallTime at(const char* instant) { return *base::parse_iso8601(instant); }
const WallTime kNow = at("2026-11-16T00:00:00Z");  // half of the month is over

class FreeHoursTest : public testing::Test {
 protected:
  FreeHoursTest() {
    Course course;
    course.id = *CourseId::parse("c-00000000000000001");
    course.policy.free_tier = {"t2.micro", 750, 12};
    put(state_.courses, course);
    Account account;
    account.id = kAda;
    account.course = course.id;
    account.free_tier = at("2026-11-01T00:00:00Z");
    put(state_.accounts, account);
    grant_.id = *GrantId::parse("g-00000000000000001");
    grant_.account = kAda;
    grant_.source = "free-tier";
    grant_.amount = {750 * 11'600'000LL};
    grant_.expires = at("2026-12-01T00:00:00Z");
    grant_.only_types = {"t2.micro"};
    give();
  }
  template <class Row>
  static void put(Table<Row>& table, const Row& row) {
    table[row.key()] = std::make_shared<const Row>(row);
  }
  void give() {
    put(state_.grants, grant_);
    state_.grants_of[kAda] = {grant_.id};
  }
  std::optional<FreeHours> hours(WallTime now = kNow) const { return free_hours(state_, kAda, now); }

  State state_;
  Grant grant_;
};

TEST_F(FreeHoursTest, AreThePartOfTheGrantThatIsSpent) {
  EXPECT_EQ(hours()->used_nano, 0);
  EXPECT_EQ(hours()->limit, 750);
  grant_.spent = {30 * 11'600'000LL};
  give();
  EXPECT_EQ(hours()->used_nano, 30'000'000'000);
  EXPECT_EQ(hours()->type, "t2.micro");
  EXPECT_EQ(hours()->by_the_end_nano(kNow), 60'000'000'000);
  EXPECT_EQ(hours(grant_.expires.plus_ms(-1))->by_the_end_nano(grant_.expires), 30'000'000'000);
}

TEST_F(FreeHoursTest, CountARunningMachineFromItsFirstSecond) {
  Instance instance;
  instance.id = *InstanceId::parse("i-00000000000000001");
  instance.account = kAda;
  instance.type = "t2.micro";
  instance.state = InstanceState::kRunning;
  auto& run = instance.run.emplace();
  run.price = {11'600'000};
  run.held_run_max = run.lease_run_max = {7200};
  run.running_since = run.seen_at = kNow.plus_seconds(-3600);
  put(state_.instances, instance);
  state_.instances_of[kAda] = {instance.id};
  state_.with_run = {instance.id};
  Hold hold{.account = kAda, .amount = {23'200'000}, .draws = {{grant_.id, {23'200'000}, "t2.micro"}}};
  put(state_.holds, hold);
  EXPECT_EQ(hours()->used_nano, 1'000'000'000);
  hold.draws[0].amount = {5'800'000};  // the rest is held of other credit
  hold.draws.push_back({*GrantId::parse("g-00000000000000002"), {17'400'000}, "t2.micro"});
  put(state_.holds, hold);
  EXPECT_EQ(hours()->used_nano, 500'000'000);
}

TEST_F(FreeHoursTest, AreThoseOfThisMonthAndOfThisTier) {
  EXPECT_FALSE(hours(grant_.expires)) << "the month is over";
  auto other = grant_;
  other.source = "course";
  put(state_.grants, other);
  EXPECT_FALSE(hours());
  give();
  auto course = *state_.courses.begin()->second;
  course.policy.free_tier.type = "t3.micro";
  put(state_.courses, course);
  EXPECT_FALSE(hours());
  course.policy.free_tier = {};
  put(state_.courses, course);
  EXPECT_FALSE(hours());
}

}  // namespace
}  // namespace stipend::domain
