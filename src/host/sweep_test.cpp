#include "host/sweep.hpp"

#include <gtest/gtest.h>

namespace stipend::host {
namespace {

constexpr std::int64_t kStart = 1'000'000;
const LeaseRules kRules;

Watched running(std::int64_t run_max_s) {
  Watched w;
  w.lease.stage = Stage::kRunning;
  w.lease.started_ms = kStart;
  w.lease.lease = w.own = {1, {run_max_s}};
  w.start_deadline_ms = kStart;
  return w;
}

TEST(Sweep, LeavesARunInsideItsLeaseAndEndsItTwoSecondsAfter) {
  const Watched w = running(60);
  EXPECT_EQ(judge(kRules, w, kStart + 62'000), Sweep::kLeave);
  EXPECT_EQ(judge(kRules, w, kStart + 62'001), Sweep::kOverdue);
}

TEST(Sweep, GoesByTheNewestLeaseThatWasSent) {
  Watched w = running(60);
  w.own = {2, {90}};
  EXPECT_EQ(judge(kRules, w, kStart + 80'000), Sweep::kLeave);
  w.own = {2, {30}};  // shortened, and the supervisor does not answer
  EXPECT_EQ(judge(kRules, w, kStart + 33'000), Sweep::kOverdue);
}

TEST(Sweep, ARunWithoutASupervisorIsLost) {
  Watched w = running(3600);
  w.supervisor_lives = false;
  EXPECT_EQ(judge(kRules, w, kStart + 1), Sweep::kLost);
}

TEST(Sweep, AMachineThatIsGoneWhileItsSupervisorStandsStillIsLostAfterARebootsTime) {
  Watched w = running(3600);
  w.init_gone_ms = kStart + 10'000;
  EXPECT_EQ(judge(kRules, w, kStart + 35'000), Sweep::kLeave);  // it may be booting again
  EXPECT_EQ(judge(kRules, w, kStart + 41'000), Sweep::kLost);
}

TEST(Sweep, AStopThatTheSupervisorDoesNotCarryOutIsCarriedOut) {
  Watched w = running(3600);
  w.stop_sent_ms = kStart + 10'000;
  EXPECT_EQ(judge(kRules, w, kStart + 45'000), Sweep::kLeave);
  EXPECT_EQ(judge(kRules, w, kStart + 51'000), Sweep::kStuckStop);
}

TEST(Sweep, AStartThatNeverComesIsGivenUp) {
  Watched w;
  w.start_deadline_ms = kStart;
  EXPECT_EQ(judge(kRules, w, kStart + 5'000), Sweep::kLeave);
  EXPECT_EQ(judge(kRules, w, kStart + 16'000), Sweep::kStuckStart);
}

TEST(Sweep, AnEndedRunHasTimeToBeTakenDown) {
  Watched w = running(60);
  w.lease.stage = Stage::kEnded;
  w.lease.ended_ms = kStart + 60'000;
  EXPECT_EQ(judge(kRules, w, kStart + 100'000), Sweep::kLeave);
  EXPECT_EQ(judge(kRules, w, kStart + 151'000), Sweep::kStuckEnd);
}

}  // namespace
}  // namespace stipend::host
