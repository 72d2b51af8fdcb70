// Whom the guard renews, and when: on the inline engine, with a clock that stands still until told.
#include "control/guard.hpp"

#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "control/commands/accounts.hpp"
#include "control/commands/addresses.hpp"
#include "control/commands/instances.hpp"
#include "control/commands/reports.hpp"
#include "control/commands/room.hpp"
#include "control/inline_engine.hpp"
#include "control/vault.hpp"
#include "store/memory/memory_store.hpp"

namespace stipend::control {
namespace {

constexpr std::int64_t kMinute = 60, kDay = 86'400;

class GuardTest : public testing::Test {
 protected:
  GuardTest() : store_(disk_), engine_(store_, *store_.load(), clock_, random_), guard_(engine_, clock_, counters_) {
    run(kAdmin, [&](Tx& tx) -> base::Status {
      domain::Image image;
      image.id = image_;
      image.name = "minimal";
      image.min_disk_gib = 1;
      TRY(register_image(tx, image));
      TRY(set_addresses(tx, {"10.0.0.0/16", "127.0.0.0/16"}));
      TRY(set_room(tx, {base::make_id<base::HostId>(tx.random()), "b", 1000, 1 << 20, 1 << 20, 1 << 20}, {}));
      TRY(create_course(tx, {.name = "c"}));
      return {};
    });
  }
  void run(const Actor& actor, Engine::Plan plan) {
    engine_.submit(actor, std::move(plan), [](base::Status status) { ASSERT_TRUE(status) << status.error().message; });
    engine_.pump(16, false);
  }
  base::AccountId member(const char* name, base::Money credit = base::Money::dollars(100)) {
    base::AccountId id;
    run(kAdmin, [&](Tx& tx) -> base::Status {
      TRY_ASSIGN(const auto made, create_account(tx, vault_, {.course = "c", .name = name, .credit = credit}));
      id = made.account;
      return {};
    });
    return id;
  }
  base::InstanceId launch_for(const base::AccountId& account) {
    base::InstanceId id;
    run({.who = account.str(), .via = "aws", .request_id = "t", .account = account}, [&](Tx& tx) -> base::Status {
      LaunchRequest request;
      request.image = image_;
      request.type = "t2.micro";
      TRY_ASSIGN(const auto launched, launch(tx, request));
      id = launched.instances.front()->id;
      return {};
    });
    return id;
  }
  // Every second of so many.
  void pass(std::int64_t seconds) {
    for (std::int64_t i = 0; i < seconds; ++i) {
      clock_.advance_ms(1'000);
      guard_.tick();
      engine_.pump(16, false);
    }
  }
  std::uint64_t renewals() { return counters_.renewals.exchange(0); }
  void end(const base::InstanceId& id) {
    run({.who = "host", .via = "host", .request_id = {}, .account = {}}, [&](Tx& tx) -> base::Status {
      compute::Report report;
      report.key = {id, 1};
      report.phase = compute::Phase::kEnded;
      report.cause = compute::Cause::kGuest;
      report.ran = {5};
      TRY(handle_report(tx, report));
      return {};
    });
  }

  const Actor kAdmin{.who = "uid:0", .via = "admin", .request_id = {}, .account = {}};
  base::ManualClock clock_;
  base::SeededRandom random_{9};
  Vault vault_{{}};
  base::ImageId image_ = base::make_id<base::ImageId>(random_);
  std::shared_ptr<store::MemoryDisk> disk_ = std::make_shared<store::MemoryDisk>();
  store::MemoryStore store_;
  InlineEngine engine_;
  Counters counters_;
  Guard guard_;
};

TEST_F(GuardTest, WhoRunsAMachineIsRenewedEveryFiveMinutesAndNobodyElse) {
  const auto ada = member("Ada");
  member("Alan");
  launch_for(ada);
  pass(1);
  EXPECT_EQ(renewals(), 1u);
  pass(299);
  EXPECT_EQ(renewals(), 0u);
  pass(1);
  EXPECT_EQ(renewals(), 1u);
  pass(10 * kMinute);
  EXPECT_EQ(renewals(), 2u);
}

TEST_F(GuardTest, AMachineThatNobodyTellsOfIsFoundWithinAMinute) {
  pass(1);
  launch_for(member("Grace"));
  pass(kMinute);
  EXPECT_EQ(renewals(), 1u);
}

TEST_F(GuardTest, WhoseMachineEndedIsLeftAlone) {
  const auto id = launch_for(member("Grace"));
  pass(2);
  end(id);
  renewals();
  pass(20 * kMinute);
  EXPECT_LE(renewals(), 1u);
}

TEST_F(GuardTest, AtMidnightWhoHasADiskIsRenewedOnce) {
  const auto id = launch_for(member("Edsger"));
  pass(2);
  end(id);
  pass(6 * kMinute);
  renewals();
  const auto last = disk_->state.last_entry;
  const auto left_s = kDay - clock_.wall().ms / 1000 % kDay;
  clock_.advance_ms((left_s - 10) * 1000);
  pass(5);
  EXPECT_EQ(disk_->state.last_entry, last);
  pass(kMinute);
  EXPECT_EQ(disk_->state.last_entry, last + 1) << "the day of the disk is posted";
  const auto posted = renewals();
  EXPECT_GE(posted, 1u);
  pass(20 * kMinute);
  EXPECT_LE(renewals(), 1u);
}

TEST_F(GuardTest, AnElasticAddressThatNoCreditPaysIsReleasedWithinAMinute) {
  const auto alan = member("Alan", {10'000'000});  // two hours, one of them in reserve
  member("Ada");
  run({.who = alan.str(), .via = "aws", .request_id = "t", .account = alan}, [](Tx& tx) -> base::Status {
    TRY(allocate_address(tx, {}));
    return {};
  });
  clock_.advance_ms(3'500'000);
  pass(95);
  EXPECT_EQ(disk_->state.elastic_addresses.size(), 1u);
  const auto audits = disk_->state.last_audit;
  store_.plan_next(store::Planned::kFail);
  pass(65);
  pass(kMinute);  // what could not be committed is tried again
  EXPECT_TRUE(disk_->state.elastic_addresses.empty());
  EXPECT_EQ(disk_->state.last_audit, audits + 1);
  pass(5 * kMinute);
  EXPECT_EQ(disk_->state.last_audit, audits + 1);
}

TEST_F(GuardTest, AtMidnightWhoHasOnlyAnElasticAddressIsPosted) {
  const auto ada = member("Ada");
  run({.who = ada.str(), .via = "aws", .request_id = "t", .account = ada}, [](Tx& tx) -> base::Status {
    TRY(allocate_address(tx, {}));
    return {};
  });
  pass(kMinute);
  const auto last = disk_->state.last_entry;
  const auto left_s = kDay - clock_.wall().ms / 1000 % kDay;
  clock_.advance_ms((left_s - 10) * 1000);
  pass(5);
  EXPECT_EQ(disk_->state.last_entry, last);
  pass(kMinute);
  EXPECT_EQ(disk_->state.last_entry, last + 1);
}

TEST_F(GuardTest, ARenewalThatCouldNotBeCommittedIsTriedAgainSoon) {
  launch_for(member("Ada"));
  store_.plan_next(store::Planned::kFail);
  pass(1);
  EXPECT_EQ(renewals(), 1u);
  pass(3);
  EXPECT_EQ(renewals(), 1u);
  pass(290);
  EXPECT_EQ(renewals(), 0u);
}

}  // namespace
}  // namespace stipend::control
