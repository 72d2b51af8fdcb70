#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "compute/fake/fake_provider.hpp"
#include "compute/provider_contract.hpp"

namespace stipend::compute {
namespace {

class FakeBench final : public Bench {
 public:
  Provider& provider() override { return provider_; }
  bool eventually(std::int64_t seconds, const std::function<bool()>& true_now) override {
    for (const auto end = clock_.monotonic_ms() + seconds * 1000; clock_.monotonic_ms() < end;
         clock_.advance_ms(50)) {
      host_.run_due();
      if (true_now()) return true;
    }
    return false;
  }
  base::ImageId image() override { return *base::ImageId::parse("ami-00000000000000001"); }
  std::int64_t tolerance_s() override { return 0; }

 private:
  base::ManualClock clock_;
  base::SeededRandom random_{11};
  FakeHost host_{clock_, random_};
  FakeProvider provider_{host_};
};

INSTANTIATE_TEST_SUITE_P(Fake, ProviderContract,
                         testing::Values(MakeBench([] { return std::make_unique<FakeBench>(); })));

class FakeHostTest : public testing::Test {
 protected:
  void SetUp() override { connect(); }
  void connect() {
    host_.connect(1, [this](Report r) { newest_ = std::move(r); });
  }
  void pass(std::int64_t ms) {
    for (const auto end = clock_.monotonic_ms() + ms; clock_.monotonic_ms() < end; clock_.advance_ms(10))
      host_.run_due();
    host_.run_due();
  }
  StartSpec spec(std::int64_t run_s) {
    StartSpec out;
    out.key = {*base::InstanceId::parse("i-00000000000000001"), 1};
    out.epoch = 1;
    out.lease = {1, {run_s}};
    return out;
  }

  base::ManualClock clock_;
  base::SeededRandom random_{3};
  FakeHost host_{clock_, random_};
  Report newest_;
};

TEST_F(FakeHostTest, AKilledSupervisorEndsTheMachineAndOnlyTheLastRecordCounts) {
  host_.start(spec(3600));
  pass(13'000);
  host_.kill_supervisor(newest_.key.instance);
  pass(100);
  EXPECT_EQ(newest_.phase, Phase::kEnded);
  EXPECT_FALSE(newest_.known_to_end);
  EXPECT_EQ(newest_.cause, Cause::kFault);
  EXPECT_EQ(newest_.ran.count, 10);
  EXPECT_NEAR(static_cast<double>(host_.measured(newest_.key)->ran_ms), 13'000, 100);
}

TEST_F(FakeHostTest, AfterARebootWhatRanIsEndedUnderTheOldBoot) {
  host_.start(spec(3600));
  pass(7'000);
  const auto boot = newest_.boot_id;
  host_.reboot_host();
  EXPECT_NE(host_.room().boot_id, boot);
  connect();
  host_.resync({});
  pass(100);
  EXPECT_EQ(newest_.phase, Phase::kEnded);
  EXPECT_EQ(newest_.boot_id, boot);
  EXPECT_EQ(newest_.ran.count, 5);
}

TEST_F(FakeHostTest, AGuestThatShutsDownIsNotHaltedByUs) {
  host_.start(spec(3600));
  pass(5'000);
  host_.guest_shutdown(newest_.key.instance);
  pass(100);
  EXPECT_EQ(newest_.cause, Cause::kGuest);
  EXPECT_FALSE(newest_.halted_by_us);
}

TEST_F(FakeHostTest, ARenewalDuringTheHookCancelsTheEndButNotOnceHaltBegan) {
  host_.start(spec(60));
  pass(30'000);
  EXPECT_EQ(newest_.phase, Phase::kStopping);
  host_.renew(newest_.key, 1, {2, {100}});
  pass(100);
  EXPECT_EQ(newest_.phase, Phase::kRunning);
  pass(66'000);  // 96 s: halt began at 95
  host_.renew(newest_.key, 1, {3, {1000}});
  pass(10'000);
  EXPECT_EQ(newest_.phase, Phase::kEnded);
  EXPECT_LE(newest_.ran.count, 100);
}

TEST(FakeRealTime, RunsAMachineByTheRealClock) {
  const base::SystemClock clock;
  base::SystemRandom random;
  std::mutex guard;
  std::condition_variable said;
  bool running = false;
  const auto provider = make_fake_provider(clock, random);
  provider->open(1, [&](const Report& r) {
    const std::lock_guard lock(guard);
    running = r.phase == Phase::kRunning;
    said.notify_all();
  });
  StartSpec spec;
  spec.key = {*base::InstanceId::parse("i-00000000000000001"), 1};
  spec.epoch = 1;
  spec.lease = {1, {3600}};
  provider->start(spec);
  std::unique_lock lock(guard);
  EXPECT_TRUE(said.wait_for(lock, std::chrono::seconds(30), [&] { return running; }));
}

}  // namespace
}  // namespace stipend::compute
