// The life of a lease on real machines.
#include <signal.h>
#include <sys/types.h>

#include <iostream>

#include "host/machines_test/harness.hpp"
#include "host/spawn.hpp"

namespace stipend::host {
namespace {

TEST_F(Machines, EndOfLeaseWarnsHooksHaltsAndStopsInsidePaidTime) {
  const std::int64_t ordered = monotonic_ms();
  start(1, 45);
  ASSERT_TRUE(wait_phase(1, Phase::kRunning)) << report(1).detail;
  std::cout << "init ran " << status(1).lease.started_ms - ordered << " ms after the order, on a new disk\n"
            << "supervisor: " << memory_of(status(1).pid) << "\n";
  const pid_t init = status(1).init;
  const std::int64_t started = status(1).lease.started_ms;
  EXPECT_GT(init, 1);
  put_guest_file(init, "/usr/lib/stipend/stop-hook", "#!/bin/sh\necho $1 > /hooked\n");
  EXPECT_TRUE(wait(12'000, [&] {
    return guest_file(init, "/run/stipend/notice.json").find("credit") != std::string::npos;
  }));
  ASSERT_TRUE(wait(15'000, [&] { return guest_file(init, "/hooked") == "credit\n"; }));
  ASSERT_TRUE(wait(60'000, [&] { return !alive(init); }));
  EXPECT_LE(monotonic_ms() - started, 46'000);
  ASSERT_TRUE(wait_phase(1, Phase::kEnded));
  EXPECT_LE(report(1).ran.count, 45);
  EXPECT_GE(report(1).ran.count, 39);
  EXPECT_EQ(report(1).cause, Cause::kCredit);
  EXPECT_TRUE(report(1).halted_by_us);
  EXPECT_TRUE(report(1).known_to_end);
  EXPECT_TRUE(gone(1));
}

TEST_F(Machines, RenewalTakesBackTheHookAndAPersonsStopIsChargedUntilItWasAsked) {
  start(1, 45);
  start(2, 600);
  ASSERT_TRUE(wait_phase(1, Phase::kRunning)) << report(1).detail;
  ASSERT_TRUE(wait_phase(2, Phase::kRunning)) << report(2).detail;
  const pid_t init = status(1).init, second = status(2).init;
  put_guest_file(init, "/usr/lib/stipend/stop-hook",
                 "#!/bin/sh\necho $$ > /hooked\nsleep 100\necho done > /hooked\n");
  put_guest_file(second, "/usr/lib/stipend/stop-hook", "#!/bin/sh\nsleep 3\necho $1 > /hooked\n");
  ASSERT_TRUE(wait_phase(1, Phase::kStopping, 20'000));
  ASSERT_TRUE(wait(15'000, [&] { return !guest_file(init, "/hooked").empty(); }));
  ask(hostlink::Renew{key_of(1), epoch_, {2, {600}}});
  ASSERT_TRUE(wait(5'000, [&] { return report(1).phase == Phase::kRunning && report(1).lease_seq == 2; }));
  EXPECT_FALSE(report(1).halted_by_us);
  EXPECT_TRUE(wait(5'000, [&] { return processes_named(init, "sleep 100") == 0; })) << "the hook goes on";
  ask(hostlink::Renew{key_of(1), epoch_, {1, {1}}});  // of the past
  ask(hostlink::Stop{key_of(2), epoch_, Cause::kIdle, false});
  ASSERT_TRUE(wait_phase(2, Phase::kStopping));
  const auto asked = report(2).ran.count;
  ASSERT_TRUE(wait_phase(2, Phase::kEnded, 45'000));
  EXPECT_EQ(report(2).ran.count, asked);
  EXPECT_EQ(report(2).cause, Cause::kIdle);
  EXPECT_GE(ended_at(2) - at_[std::make_pair(key_of(2), Phase::kStopping)], 3'000);  // the hook had its time
  // Shortened to what has run: ended at once, charged no more than that.
  EXPECT_EQ(report(1).phase, Phase::kRunning);
  ask(hostlink::Renew{key_of(1), epoch_, {3, {5}}});
  ASSERT_TRUE(wait_phase(1, Phase::kEnded, 15'000));
  EXPECT_EQ(report(1).ran.count, 5);
}

}  // namespace
}  // namespace stipend::host
