#include "domain/disk_runway.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "domain/charge.hpp"
#include "domain/storage.hpp"
#include "domain/wallet.hpp"

namespace stipend::domain {
namespace {

constexpr std::int64_t kDay = 86'400;
const AccountId kAda = *AccountId::parse("123456789012");
const WallTime kNow{1'800'000'000'000};  // 08:00 UTC

void apply(State& state, Wallet::Changes changes) {
  for (auto& grant : changes.grants) state.grants[grant.id] = std::make_shared<const Grant>(grant);
  if (changes.hold) state.holds[kAda] = std::make_shared<const Hold>(*changes.hold);
  for (auto& disk : changes.disks) {
    state.disks_of[kAda].insert(disk.id);
    state.disks[disk.id] = std::make_shared<const Disk>(disk);
  }
  for (auto& address : changes.addresses) {
    state.addresses_of[kAda].insert(address.id);
    state.elastic_addresses[address.id] = std::make_shared<const Address>(address);
  }
  for (const auto& id : changes.released) {
    state.addresses_of[kAda].erase(id);
    state.elastic_addresses.erase(id);
  }
}

void give(State& state, int number, Money amount, WallTime expires = WallTime::never(), std::vector<std::string> only = {}) {
  Grant grant;
  grant.id = *GrantId::parse("g-0000000000000000" + std::to_string(number));
  grant.account = kAda;
  grant.amount = amount;
  grant.created = kNow;
  grant.expires = expires;
  grant.only_types = std::move(only);
  state.grants[grant.id] = std::make_shared<const Grant>(grant);
  state.grants_of[kAda].insert(grant.id);
}

bool add_disk(State& state, int number, Price price, std::int64_t grace_s, WallTime created = kNow) {
  Disk disk;
  disk.id = *DiskId::parse("vol-0000000000000000" + std::to_string(number));
  disk.account = kAda;
  disk.price = price;
  disk.created = disk.posted_at = created;
  disk.reserve_wanted = reserve_for(price, grace_s);
  Wallet wallet(state, kAda, created);
  if (!wallet.add_disk(disk)) return false;
  apply(state, wallet.take_changes());
  return true;
}

// Idle, or a machine runs with it.
bool add_address(State& state, int number, Price price, bool idle = true) {
  Address address;
  address.id = "eipalloc-0000000000000000" + std::to_string(number);
  address.account = kAda;
  address.price = price;
  address.created = address.posted_at = kNow;
  if (idle) address.idle_since = kNow;
  address.reserve_wanted = reserve_for(price, 3600);
  Wallet wallet(state, kAda, kNow);
  if (!wallet.add_address(address)) return false;
  apply(state, wallet.take_changes());
  return true;
}

// Of disks.
Money house(const State& state) {
  Money paid;
  for (const auto& [id, disk] : state.disks) paid += disk->house;
  return paid;
}

bool has_unpaid(const State& state, WallTime at) { return !Wallet(state, kAda, at).unpaid_addresses().empty(); }

// Whether the house pays when the wallet posts at `at`. What no credit pays of addresses is released.
bool is_short(State& state, WallTime at) {
  Wallet wallet(state, kAda, at);
  const auto unpaid = wallet.unpaid_addresses();
  wallet.post_storage(at);
  for (const auto& id : unpaid) wallet.release_address(id);
  apply(state, wallet.take_changes());
  return house(state) > Money{};
}

template <class Is>
WallTime first_second(WallTime after, WallTime is_so, Is is) {
  std::int64_t not_yet = after.ms / 1000, so = is_so.ms / 1000;
  while (not_yet + 1 < so) {
    const auto middle = (not_yet + so) / 2;
    (is(WallTime{middle * 1000}) ? so : not_yet) = middle;
  }
  return {so * 1000};
}

// The wallet as the server steps it: at every midnight, when addresses are no longer paid, and in the day that ends the
// keeping second by second.
std::optional<WallTime> stepped(State state, WallTime now, std::int64_t most_days) {
  for (int i = 0; i < 2; ++i)  // a posting may use what made an address paid
    if (is_short(state, now)) return WallTime{now.ms / 1000 * 1000};
  WallTime at = now;
  for (std::int64_t day = 0; day < most_days;) {
    const State before = state;
    const WallTime midnight{utc_midnight(at).ms + kDay * 1000};
    const auto unpaid_at = [&](WallTime t) { return has_unpaid(before, t); };
    const auto short_at = [&](WallTime t) {
      State copy = before;
      return is_short(copy, t);
    };
    if (unpaid_at(midnight)) {
      at = first_second(at, midnight, unpaid_at);
      if (short_at(at)) return at;  // until then all was paid
      is_short(state, at);
      continue;
    }
    if (is_short(state, midnight)) return first_second(at, midnight, short_at);
    at = midnight;
    ++day;
    if (has_unpaid(state, at)) is_short(state, at);
  }
  return std::nullopt;
}

TEST(DiskRunway, WithoutDisksThereIsNothingToSay) {
  State state;
  give(state, 1, Money::dollars(5));
  EXPECT_FALSE(disks_kept_until(state, kAda, kNow));
}

TEST(DiskRunway, TheReserveKeepsADiskForItsGraceOnceNothingElseIsLeft) {
  State state;
  const Price price{3'600'000};
  give(state, 1, reserve_for(price, 14 * kDay));
  ASSERT_TRUE(add_disk(state, 1, price, 14 * kDay));
  EXPECT_EQ(disks_kept_until(state, kAda, kNow), kNow.plus_seconds(14 * kDay + 1));  // the first second that is not paid
}

TEST(DiskRunway, WhatIsAvailableComesBeforeTheReserve) {
  State state;
  const Price price{3'600'000};
  give(state, 1, reserve_for(price, 14 * kDay) + reserve_for(price, 10 * kDay));
  ASSERT_TRUE(add_disk(state, 1, price, 14 * kDay));
  EXPECT_EQ(disks_kept_until(state, kAda, kNow), kNow.plus_seconds(24 * kDay + 1));
}

TEST(DiskRunway, AddressesCostUntilNothingIsLeftAndTheirReserveThenKeepsTheDisks) {
  State state;
  const Price disk{3'600'000}, address{5'000'000};
  give(state, 1, reserve_for(disk, 14 * kDay) + reserve_for({disk.nano_per_hour + address.nano_per_hour}, 10 * kDay) + reserve_for(address, 3600));
  ASSERT_TRUE(add_disk(state, 1, disk, 14 * kDay));
  ASSERT_TRUE(add_address(state, 1, address));
  // Both are paid for ten days; then its hour keeps the disk for 5,000 s.
  EXPECT_EQ(disks_kept_until(state, kAda, kNow), kNow.plus_seconds(24 * kDay + 5'000 + 1));
  state.disks.clear();
  state.disks_of.clear();
  EXPECT_FALSE(disks_kept_until(state, kAda, kNow)) << "an address is no disk";
}

TEST(DiskRunway, AnAddressOfARunningMachineCostsFromItsStopOn) {
  State used, idle;
  for (auto* state : {&used, &idle}) {
    give(*state, 1, Money::dollars(3));
    ASSERT_TRUE(add_disk(*state, 1, {3'600'000}, 14 * kDay));
    ASSERT_TRUE(add_address(*state, 1, {5'000'000}, state == &idle));
  }
  EXPECT_EQ(disks_kept_until(used, kAda, kNow), disks_kept_until(idle, kAda, kNow));
  const auto later = kNow.plus_seconds(3 * kDay);
  EXPECT_GT(disks_kept_until(used, kAda, later), disks_kept_until(idle, kAda, later));
}

TEST(DiskRunway, CreditForTypesKeepsNoDisk) {
  State state;
  const Price price{3'600'000};
  give(state, 1, reserve_for(price, 14 * kDay));
  give(state, 2, Money::dollars(100), WallTime::never(), {"t2.medium"});
  ASSERT_TRUE(add_disk(state, 1, price, 14 * kDay));
  EXPECT_EQ(disks_kept_until(state, kAda, kNow), kNow.plus_seconds(14 * kDay + 1));
}

TEST(DiskRunway, CreditThatExpiresKeepsDisksOnlyUntilThen) {
  State state;
  const Price price{3'600'000};
  give(state, 1, reserve_for(price, 14 * kDay));
  ASSERT_TRUE(add_disk(state, 1, price, 14 * kDay));
  give(state, 2, Money::dollars(1'000), kNow.plus_seconds(3 * kDay));
  // The midnight before the expiry is the last one that it pays: kNow is 8 h after a midnight.
  EXPECT_EQ(disks_kept_until(state, kAda, kNow), kNow.plus_seconds(14 * kDay + 2 * kDay + 16 * 3600 + 1));
}

TEST(DiskRunway, EnoughForAHundredYearsIsForEver) {
  State state;
  give(state, 1, Money::dollars(1'000'000));
  ASSERT_TRUE(add_disk(state, 1, {1'000}, 14 * kDay));
  EXPECT_EQ(disks_kept_until(state, kAda, kNow), WallTime::never());
}

TEST(DiskRunway, WhereTheHousePaysAlreadyItIsNow) {
  State state;
  const Price price{3'600'000};
  give(state, 1, reserve_for(price, kDay));
  ASSERT_TRUE(add_disk(state, 1, price, kDay));
  const auto later = kNow.plus_seconds(3 * kDay);
  EXPECT_EQ(disks_kept_until(state, kAda, later), later);
}

struct Shape {
  State state;
  std::int64_t grants = 0, disks = 0;
};
Shape some_account() {
  Shape shape;
  shape.grants = *rc::gen::inRange<std::int64_t>(1, 5);
  for (int i = 1; i <= shape.grants; ++i) {
    const auto expires = *rc::gen::element<std::int64_t>(0, 1, 2) == 0 ? WallTime::never() : kNow.plus_seconds(*rc::gen::inRange<std::int64_t>(1, 40 * kDay));
    const std::vector<std::string> only = *rc::gen::inRange(0, 5) == 0 ? std::vector<std::string>{"t"} : std::vector<std::string>{};
    give(shape.state, i, {*rc::gen::inRange<std::int64_t>(1, 4'000'000'000)}, expires, only);
  }
  for (int i = 1; i <= *rc::gen::inRange(1, 4); ++i)
    shape.disks += add_disk(shape.state, i, {*rc::gen::inRange<std::int64_t>(1, 4'000'000)}, *rc::gen::element<std::int64_t>(0, kDay, 14 * kDay));
  for (int i = 1; i <= *rc::gen::inRange(0, 3); ++i)
    add_address(shape.state, i, {*rc::gen::inRange<std::int64_t>(1, 6'000'000)}, *rc::gen::arbitrary<bool>());
  return shape;
}

RC_GTEST_PROP(DiskRunway, IsWhatTheWalletSteppedThroughTheDaysSays, ()) {
  const auto shape = some_account();
  RC_PRE(shape.disks > 0);
  const auto now = kNow.plus_ms(*rc::gen::inRange<std::int64_t>(0, 5 * kDay * 1000));
  constexpr std::int64_t kDays = 400;
  const auto said = disks_kept_until(shape.state, kAda, now);
  auto stopped = shape.state;  // no machine runs: with no address either
  {
    Wallet wallet(stopped, kAda, now);
    for (const auto& [id, address] : stopped.elastic_addresses) wallet.set_idle(id, true);
    apply(stopped, wallet.take_changes());
  }
  const auto naive = stepped(stopped, now, kDays);
  RC_ASSERT(said.has_value());
  if (naive) RC_ASSERT(*said == *naive);
  else RC_ASSERT(*said > now.plus_seconds((kDays - 2) * kDay));
}

// Looking at a running machine says what its stop will then have made true.
RC_GTEST_PROP(DiskRunway, WithMachinesItIsWhatIsSoOnceTheyHaveStopped, ()) {
  auto shape = some_account();
  RC_PRE(shape.disks > 0);
  auto& state = shape.state;
  const auto now = kNow.plus_seconds(*rc::gen::inRange<std::int64_t>(0, kDay));
  Instance instance;
  instance.id = *InstanceId::parse("i-00000000000000001");
  instance.account = kAda;
  instance.type = "t";
  instance.state = InstanceState::kRunning;
  Run run;
  run.price = {*rc::gen::inRange<std::int64_t>(1, 200'000'000)};
  run.plan = *rc::gen::element(RatePlan::kPerSecond, RatePlan::kPerHour);
  run.running_since = run.seen_at = now;
  run.seen_ran = {*rc::gen::inRange<std::int64_t>(1, 7200)};
  run.held_run_max = run.lease_run_max = run.seen_ran + RunSeconds{*rc::gen::inRange<std::int64_t>(0, 3600)};
  instance.run = run;
  {
    Wallet wallet(state, kAda, now);
    RC_PRE(wallet.hold({{{}, {*rc::gen::inRange<std::int64_t>(0, 5'000'000)}},
                        {"t", charge_for(run.plan, run.price, run.held_run_max, base::Rounding::kCeil)}}));
    apply(state, wallet.take_changes());
  }
  state.instances[instance.id] = std::make_shared<const Instance>(instance);
  state.instances_of[kAda].insert(instance.id);
  const auto said = disks_kept_until(state, kAda, now);

  Wallet wallet(state, kAda, now);
  wallet.charge_run(instance, charge_for(run.plan, run.price, run.seen_ran, base::Rounding::kFloor), run.seen_ran, now, "usage");
  wallet.release("t", wallet.held_for("t"));
  wallet.post_storage(now);
  wallet.release({}, wallet.held_for({}));
  for (const auto& [id, address] : state.elastic_addresses) wallet.set_idle(id, true);
  apply(state, wallet.take_changes());
  instance.run.reset();
  state.instances[instance.id] = std::make_shared<const Instance>(instance);
  RC_ASSERT(said == (house(state) > Money{} ? std::optional(now) : disks_kept_until(state, kAda, now)));
}

}  // namespace
}  // namespace stipend::domain
