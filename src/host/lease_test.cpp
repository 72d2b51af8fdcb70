// The lease under virtual time. Seconds are counted from the moment init runs; the log has one word a step:
// "540 warn 60" is a warning of 60 s at second 540.
#include "host/lease.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "hostlink/codec.hpp"

namespace stipend::host {
namespace {

constexpr std::int64_t kBoot = 1'000'000;  // the host's clock when init runs

struct Sim {
  LeaseRules rules;
  LeaseState state;
  std::int64_t now = kBoot;
  std::vector<std::string> log;

  explicit Sim(std::int64_t run_max_s, bool started = true) {
    state.lease = {1, {run_max_s}};
    if (started) send(InitRuns{});
  }
  void send(const LeaseEvent& event) {
    for (const auto& action : step(rules, state, event, now)) note(action);
  }
  void until(double second) {
    const auto target = kBoot + static_cast<std::int64_t>(second * 1000);
    while (const auto wake = wake_at(rules, state)) {
      if (*wake > target) break;
      now = std::max(now, *wake);
      send(Tick{});
    }
    now = std::max(now, target);
    send(Tick{});
  }
  void at(double second, const LeaseEvent& event) {
    until(second);
    send(event);
  }
  std::int64_t ran_now() const { return ran(state, now).count; }
  void note(const LeaseAction& action) {
    const auto at_s = fmt::format("{:g}", static_cast<double>(now - kBoot) / 1000);
    if (const auto* warn = std::get_if<Warn>(&action))
      log.push_back(fmt::format("{} warn {}", at_s, warn->seconds));
    if (const auto* hook = std::get_if<RunHook>(&action))
      log.push_back(fmt::format("{} hook {}", at_s, hostlink::to_word(hook->cause)));
    if (std::holds_alternative<CancelHook>(action)) log.push_back(at_s + " cancel");
    if (const auto* cause = std::get_if<RecordCause>(&action))
      log.push_back(fmt::format("{} cause {}", at_s, hostlink::to_word(cause->cause)));
    if (std::holds_alternative<Halt>(action)) log.push_back(at_s + " halt");
    if (std::holds_alternative<Kill>(action)) log.push_back(at_s + " kill");
  }
};

using Log = std::vector<std::string>;

TEST(Lease, EndsInItsOrderInsidePaidTime) {
  Sim sim(3600);
  sim.until(4000);
  EXPECT_EQ(sim.log, (Log{"3000 warn 600", "3565 cause credit", "3565 hook credit", "3595 cancel",
                          "3595 halt", "3600 kill"}));
  EXPECT_EQ(sim.ran_now(), 3600);
  EXPECT_EQ(sim.state.stage, Stage::kKilled);
}

TEST(Lease, OfSixtySecondsWarnsAtOnceAndStillRunsItsHook) {
  Sim sim(60);
  sim.until(100);
  EXPECT_EQ(sim.log,
            (Log{"0 warn 60", "25 cause credit", "25 hook credit", "55 cancel", "55 halt", "60 kill"}));
}

TEST(Lease, ShorterThanItsHookRunsTheHookInWhatIsLeft) {
  Sim sim(20);
  sim.until(100);
  EXPECT_EQ(sim.log,
            (Log{"0 warn 20", "0 cause credit", "0 hook credit", "15 cancel", "15 halt", "20 kill"}));
}

TEST(Lease, OfOneSecondHaltsAtOnceAndKillsAtItsEnd) {
  Sim sim(1);
  sim.until(100);
  EXPECT_EQ(sim.log, (Log{"0 cause credit", "0 halt", "1 kill"}));
  EXPECT_EQ(sim.ran_now(), 1);
}

TEST(Lease, OfZeroSecondsIsKilledAtOnceAndCostsNothing) {
  Sim sim(0);
  EXPECT_EQ(sim.log, (Log{"0 cause credit", "0 kill"}));
  EXPECT_EQ(sim.ran_now(), 0);
}

TEST(Lease, RenewedEarlyNeverWarns) {
  Sim sim(3600);
  for (int i = 1; i <= 12; ++i) sim.at(300.0 * i, Renewed{{i + 1, {3600 + 300 * i}}});
  EXPECT_EQ(sim.log, Log{});
  EXPECT_EQ(sim.state.lease.seq, 13);
}

TEST(Lease, RenewalInsideTheHookTakesItBack) {
  Sim sim(60);
  sim.at(30, Renewed{{2, {3600}}});
  EXPECT_EQ(sim.log, (Log{"0 warn 60", "25 cause credit", "25 hook credit", "30 cancel", "30 cause none"}));
  EXPECT_EQ(sim.state.stage, Stage::kRunning);
  EXPECT_FALSE(sim.state.ours);
  sim.until(2999);
  EXPECT_EQ(sim.log.size(), 5U);
  sim.until(3000);
  EXPECT_EQ(sim.log.back(), "3000 warn 600");
}

TEST(Lease, NothingTakesBackAHalt) {
  Sim sim(60);
  sim.at(56, Renewed{{2, {3600}}});
  sim.until(100);
  EXPECT_EQ(sim.log.back(), "60 kill");
  EXPECT_EQ(sim.ran_now(), 100);  // until its end is reported; the lease covers it
  EXPECT_EQ(sim.state.lease.seq, 2);
}

TEST(Lease, LowerOrEqualSequenceIsIgnored) {
  Sim sim(3600);
  sim.at(1, Renewed{{5, {7200}}});
  sim.at(2, Renewed{{5, {10}}});
  sim.at(3, Renewed{{4, {10}}});
  EXPECT_EQ(sim.state.lease, (hostlink::Lease{5, {7200}}));
  EXPECT_EQ(sim.state.stage, Stage::kRunning);
}

TEST(Lease, ShortenedLeaseEndsAtItsNewEnd) {
  Sim sim(3600);
  sim.at(100, Renewed{{2, {160}}});
  sim.until(200);
  EXPECT_EQ(sim.log, (Log{"100 warn 60", "125 cause credit", "125 hook credit", "155 cancel", "155 halt",
                          "160 kill"}));
}

TEST(Lease, ShortenedBelowWhatRanIsKilledAtOnce) {
  Sim sim(3600);
  sim.at(100, Renewed{{2, {50}}});
  EXPECT_EQ(sim.log, (Log{"100 cause credit", "100 kill"}));
  EXPECT_EQ(sim.ran_now(), 50);
}

TEST(Lease, RenewedWhileStartingCountsFromInit) {
  Sim sim(60, /*started=*/false);
  sim.send(Renewed{{2, {100}}});
  sim.now += 20'000;
  sim.send(InitRuns{});
  EXPECT_EQ(end_ms(sim.state), kBoot + 120'000);
}

TEST(Lease, WarnsAgainOnlyWhenTheEndMoves) {
  Sim sim(300);
  sim.at(10, Renewed{{2, {301}}});
  sim.at(20, Renewed{{3, {299}}});
  EXPECT_EQ(sim.log, Log{"0 warn 300"});
  sim.at(30, Renewed{{4, {400}}});
  EXPECT_EQ(sim.log.back(), "30 warn 370");
}

TEST(Stop, OfAPersonRunsTheHookThenHaltsAndIsChargedUntilItWasAsked) {
  Sim sim(3600);
  sim.at(100.9, StopWished{Cause::kPerson, false});
  sim.at(104, HookEnded{});
  sim.until(200);
  EXPECT_EQ(sim.log, (Log{"100.9 cause person", "100.9 hook person", "104 cancel", "104 halt", "109 kill"}));
  EXPECT_EQ(sim.ran_now(), 100);
}

TEST(Stop, HaltsWhenTheHookHangs) {
  Sim sim(3600);
  sim.at(100, StopWished{Cause::kIdle, false});
  sim.until(200);
  EXPECT_EQ(sim.log, (Log{"100 cause idle", "100 hook idle", "130 cancel", "130 halt", "135 kill"}));
}

TEST(Stop, IsNotTakenBackByARenewal) {
  Sim sim(3600);
  sim.at(100, StopWished{Cause::kTeacher, false});
  sim.at(101, Renewed{{2, {7200}}});
  sim.until(200);
  EXPECT_EQ(sim.log.back(), "135 kill");
  EXPECT_EQ(sim.ran_now(), 100);
}

TEST(Stop, NearTheEndStaysInsideTheLease) {
  Sim sim(3600);
  sim.at(3550, StopWished{Cause::kPerson, false});
  EXPECT_EQ(sim.state.hook_until_ms, kBoot + 3'580'000);
  Sim late(3600);
  late.at(3599, StopWished{Cause::kPerson, false});
  late.until(3700);
  EXPECT_EQ(late.log.back(), "3600 kill");
  EXPECT_EQ(late.state.cause, Cause::kCredit);  // what began the end names it
}

TEST(Stop, ByForceKillsAtOnceAlsoInsideAHalt) {
  Sim sim(3600);
  sim.at(100, StopWished{Cause::kTeacher, true});
  EXPECT_EQ(sim.log, (Log{"100 cause teacher", "100 kill"}));
  Sim halting(60);
  halting.at(56, StopWished{Cause::kPerson, true});
  EXPECT_EQ(halting.log.back(), "56 kill");
}

TEST(Stop, WhileStartingCostsNothing) {
  Sim sim(3600, /*started=*/false);
  sim.send(StopWished{Cause::kPerson, false});
  sim.send(InitRuns{});
  sim.now += 5'000;
  sim.send(MachineEnded{Cause::kStartFailed});
  EXPECT_EQ(sim.log, (Log{"0 cause person", "0 kill"}));
  EXPECT_EQ(sim.state.cause, Cause::kPerson);
  EXPECT_EQ(sim.ran_now(), 0);
}

TEST(End, OfInitByItselfIsTheGuests) {
  Sim sim(3600);
  sim.at(100, MachineEnded{Cause::kGuest});
  sim.now += 50'000;
  EXPECT_EQ(sim.state.cause, Cause::kGuest);
  EXPECT_FALSE(sim.state.ours);
  EXPECT_EQ(sim.ran_now(), 100);
  EXPECT_FALSE(wake_at(sim.rules, sim.state));
}

TEST(End, InsideTheHookOfALeaseIsNeverTheGuests) {
  Sim sim(60);
  sim.at(40, MachineEnded{Cause::kGuest});  // the hook itself switched the machine off
  EXPECT_EQ(sim.state.cause, Cause::kCredit);
  EXPECT_TRUE(sim.state.ours);
  EXPECT_EQ(sim.ran_now(), 40);
}

TEST(End, BeforeInitRanIsAFailedStart) {
  Sim sim(3600, /*started=*/false);
  sim.send(MachineEnded{Cause::kStartFailed});
  EXPECT_EQ(sim.state.cause, Cause::kStartFailed);
  EXPECT_EQ(sim.ran_now(), 0);
}

TEST(Lease, WhenTheSupervisorWakesLateItGoesOnWithWhatIsDue) {
  Sim sim(60);
  sim.now = kBoot + 58'000;  // slept through hook and halt
  sim.send(Tick{});
  EXPECT_EQ(sim.log, (Log{"0 warn 60", "58 cause credit", "58 halt"}));
  EXPECT_EQ(sim.state.kill_at_ms, kBoot + 60'000);
  sim.now = kBoot + 90'000;
  sim.send(Tick{});
  EXPECT_EQ(sim.log.back(), "90 kill");
  EXPECT_EQ(sim.ran_now(), 60);
}

// Whatever arrives in whatever order: killed by its end, charged at most its lease, a cause before each
// signal, and no signal after a take-back without a new cause.
TEST(Lease, HoldsItsPromisesUnderRandomEvents) {
  for (std::uint64_t seed = 1; seed <= 2'000; ++seed) {
    base::SeededRandom random(seed);
    Sim sim(static_cast<std::int64_t>(random.below(200)));
    double second = 0;
    std::int64_t seq = 1;
    for (int i = 0; i < 12; ++i) {
      second += static_cast<double>(random.below(30'000)) / 1000;
      sim.until(second);
      const auto stage = sim.state.stage;
      const auto pick = random.below(10);
      if (pick < 6)
        sim.send(Renewed{{seq += static_cast<std::int64_t>(random.below(2)),
                          {static_cast<std::int64_t>(random.below(400))}}});
      if (pick == 6) sim.send(StopWished{Cause::kPerson, random.below(4) == 0});
      if (pick == 7) sim.send(HookEnded{});
      ASSERT_LE(sim.ran_now(), sim.state.lease.run_max.count) << seed;
      if (sim.now >= end_ms(sim.state)) ASSERT_GE(sim.state.stage, Stage::kHalt) << seed;
      if (stage >= Stage::kHalt) ASSERT_GE(sim.state.stage, stage) << seed;
      if (sim.state.stage >= Stage::kHook) ASSERT_NE(sim.state.cause, Cause::kNone) << seed;
      if (sim.state.stage == Stage::kHalt)
        ASSERT_LE(sim.state.kill_at_ms, sim.now + sim.rules.halt_ms) << seed;
    }
  }
}

}  // namespace
}  // namespace stipend::host
