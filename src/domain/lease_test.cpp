#include "domain/lease.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "domain/charge.hpp"
#include "domain/storage.hpp"

namespace stipend::domain {
namespace {

const AccountId kAda = *AccountId::parse("123456789012");
const WallTime kNow{1'800'000'000'000};

// An account with one grant and one disk of `disk` nano-dollars an hour.
State state_of(Money credit, Price disk) {
  State state;
  Grant grant;
  grant.id = *GrantId::parse("g-00000000000000001");
  grant.account = kAda;
  grant.amount = credit;
  state.grants[grant.id] = std::make_shared<const Grant>(grant);
  state.grants_of[kAda].insert(grant.id);
  Disk row;
  row.id = *DiskId::parse("vol-00000000000000001");
  row.account = kAda;
  row.price = disk;
  row.created = row.posted_at = kNow;
  state.disks[row.id] = std::make_shared<const Disk>(row);
  state.disks_of[kAda].insert(row.id);
  return state;
}

Machine machine(int number, Price price, RatePlan plan = RatePlan::kPerSecond) {
  Machine m;
  m.id = *InstanceId::parse("i-0000000000000000" + std::to_string(number));
  m.type = "t";
  m.price = price;
  m.plan = plan;
  return m;
}

Money total(const std::vector<Need>& needs) {
  Money sum;
  for (const auto& need : needs) sum += need.amount;
  return sum;
}

TEST(Lease, WithCreditEnoughEverybodyGetsAnHour) {
  const Wallet wallet(state_of(Money::dollars(100), {1'000'000}), kAda, kNow);
  const auto plan = plan_leases(wallet, {machine(1, {100'000'000}), machine(2, {50'000'000})}, {});
  EXPECT_EQ(plan.run_max[0].count, 3600);
  EXPECT_EQ(plan.run_max[1].count, 3600);
}

TEST(Lease, AWholeYoungOneIsLeftAsItIs) {
  const auto plan = [](Money credit, std::int64_t age) {
    auto young = machine(1, {50'000'000});
    young.ran = RunSeconds{1000};
    young.held = young.lease = RunSeconds{1000 + kLeaseSeconds - age};
    return plan_leases(Wallet(state_of(credit, {}), kAda, kNow), {young, machine(2, {50'000'000})}, {});
  };
  EXPECT_EQ(plan(Money::dollars(100), kFreshSeconds - 1).run_max[0].count, 1000 + kLeaseSeconds - kFreshSeconds + 1);
  EXPECT_EQ(plan(Money::dollars(100), kFreshSeconds - 1).run_max[1].count, kLeaseSeconds);
  EXPECT_EQ(plan(Money::dollars(100), kFreshSeconds).run_max[0].count, 1000 + kLeaseSeconds);
}

TEST(Lease, ARenewalInsideAPaidHourCostsNothing) {
  const Wallet wallet(state_of({}, {0}), kAda, kNow);
  Machine m = machine(1, {100'000'000}, RatePlan::kPerHour);
  m.ran = {600};
  m.held = m.lease = {700};
  m.posted = {100'000'000};
  const auto plan = plan_leases(wallet, {m}, {});
  ASSERT_TRUE(plan.funded);
  EXPECT_EQ(plan.run_max[0].count, 3600);
  EXPECT_EQ(total(plan.needs), Money{});
}

TEST(Lease, AMachineThatIsBeingStoppedKeepsWhatItHolds) {
  const Wallet wallet(state_of(Money::dollars(1), {0}), kAda, kNow);
  Machine m = machine(1, {100'000'000});
  m.ran = {10};
  m.held = m.lease = {500};
  m.renewable = false;
  EXPECT_EQ(plan_leases(wallet, {m}, {}).run_max[0].count, 500);
}

RC_GTEST_PROP(Lease, IsTheLongestThatTheMoneyBuys, ()) {
  const Money credit{*rc::gen::inRange<std::int64_t>(0, 400'000'000)};
  const Price disk{*rc::gen::inRange<std::int64_t>(0, 100'000'000)};
  const auto state = state_of(credit, disk);
  const Wallet wallet(state, kAda, kNow);
  std::vector<Machine> machines;
  const int count = *rc::gen::inRange(1, 4);
  for (int i = 1; i <= count; ++i) {
    const auto plan = *rc::gen::element(RatePlan::kPerSecond, RatePlan::kPerHour);
    machines.push_back(machine(i, {*rc::gen::inRange<std::int64_t>(1, 5'000'000'000)}, plan));
    machines.back().ran = {*rc::gen::inRange<std::int64_t>(0, 5000)};
    machines.back().posted = charge_for(plan, machines.back().price, machines.back().ran, base::Rounding::kFloor);
  }
  const auto plan = plan_leases(wallet, machines, {});
  if (!plan.funded) {
    std::vector<RunSeconds> now;
    for (const auto& m : machines) now.push_back(m.ran);
    RC_ASSERT(total(needs_of(wallet, machines, now, 0)) > credit);
    return;
  }
  RC_ASSERT(total(plan.needs) <= credit);
  for (std::size_t i = 0; i < machines.size(); ++i) {
    RC_ASSERT(plan.run_max[i].count >= machines[i].ran.count + plan.together_s);
    RC_ASSERT(plan.run_max[i].count <= machines[i].ran.count + kLeaseSeconds);
    if (plan.run_max[i].count == machines[i].ran.count + kLeaseSeconds) continue;
    // One second more for any machine is out of reach: nothing is stranded.
    auto more = plan.run_max;
    ++more[i].count;
    std::int64_t longest = 0;
    for (std::size_t j = 0; j < machines.size(); ++j) longest = std::max(longest, more[j].count - machines[j].ran.count);
    RC_ASSERT(total(needs_of(wallet, machines, more, longest)) > credit);
  }
  // Runway is the same T, without the bound of an hour.
  const auto runway = runway_s(wallet, machines);
  RC_ASSERT(runway.has_value());
  RC_ASSERT(std::min<std::int64_t>(*runway, kLeaseSeconds) == plan.together_s);
}

TEST(Wallet, SpendsTheGrantThatExpiresSoonestThenTheNarrowestThenTheOldest) {
  State state;
  const auto give = [&](int number, WallTime expires, std::vector<std::string> only, WallTime created) {
    Grant grant;
    grant.id = *GrantId::parse("g-0000000000000000" + std::to_string(number));
    grant.account = kAda;
    grant.amount = {100};
    grant.expires = expires;
    grant.only_types = std::move(only);
    grant.created = created;
    state.grants[grant.id] = std::make_shared<const Grant>(grant);
    state.grants_of[kAda].insert(grant.id);
    return grant.id;
  };
  const auto newest = give(1, WallTime::never(), {}, {3});
  const auto oldest = give(2, WallTime::never(), {}, {2});
  const auto narrow = give(3, WallTime::never(), {"t"}, {4});
  const auto soonest = give(4, kNow.plus_seconds(1), {}, {5});
  Wallet wallet(state, kAda, kNow);
  ASSERT_TRUE(wallet.hold({{"t", {350}}}));
  const auto draws = wallet.take_changes().hold->draws;
  ASSERT_EQ(draws.size(), 4u);
  EXPECT_EQ(draws[0].grant, soonest);
  EXPECT_EQ(draws[1].grant, narrow);
  EXPECT_EQ(draws[2].grant, oldest);
  EXPECT_EQ(draws[3].grant, newest);
  EXPECT_EQ(draws[3].amount, Money{50});
  EXPECT_FALSE(wallet.hold({{"t", {401}}}));
  EXPECT_FALSE(wallet.hold({{"", {301}}}));  // disks cannot use the restricted one
  EXPECT_TRUE(wallet.hold({{"", {300}}, {"t", {100}}}));
}

}  // namespace
}  // namespace stipend::domain
