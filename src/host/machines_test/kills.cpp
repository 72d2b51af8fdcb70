// Every process killed and stopped; stipend-host away; the host rebooted.
#include <signal.h>
#include <unistd.h>

#include <iostream>
#include <map>

#include "host/machines_test/harness.hpp"
#include "host/spawn.hpp"

namespace stipend::host {
namespace {

TEST_F(Machines, WhateverProcessIsKilledOrStoppedNoMachineOutlivesItsLease) {
  constexpr std::int64_t kLease = 50;
  for (int n = 1; n <= 8; ++n) start(n, kLease);
  for (int n = 1; n <= 8; ++n)
    ASSERT_TRUE(wait_phase(n, Phase::kRunning, 60'000)) << n << " " << report(n).detail;
  std::map<int, SupervisorStatus> before;
  for (int n = 1; n <= 8; ++n) before[n] = status(n);

  const std::int64_t killed = monotonic_ms();
  kill(before[1].pid, SIGKILL);  // 1: the supervisor
  ASSERT_TRUE(wait(5'000, [&] { return !alive(before[1].init); }));
  std::cout << "J1: init gone " << monotonic_ms() - killed << " ms after SIGKILL of its supervisor\n";
  kill(before[2].pid, SIGSTOP);  // 2: the supervisor stands still
  const std::int64_t killed_runner = monotonic_ms();
  kill(before[3].runner, SIGKILL);  // 3: the child inside liblxc
  ASSERT_TRUE(wait(5'000, [&] { return !alive(before[3].init); }));
  std::cout << "J1: init gone " << monotonic_ms() - killed_runner
            << " ms after SIGKILL of the process in liblxc\n";
  kill(before[4].runner, SIGSTOP);         // 4: it stands still
  kill(before[5].init, SIGKILL);           // 5: init
  kill(before[6].init, SIGSTOP);           // 6: init stands still
  switch_off(before[7].init, "poweroff");  // 7: the student switches it off
  switch_off(before[8].init, "reboot");    // 8: and on again

  for (const int n : {1, 3, 5, 7}) EXPECT_TRUE(wait_phase(n, Phase::kEnded, 20'000)) << n;
  EXPECT_TRUE(wait(20'000, [&] { return status(8).init > 0 && status(8).init != before[8].init; }))
      << "no second boot";
  EXPECT_EQ(report(8).phase == Phase::kEnded, false);
  EXPECT_EQ(report(1).cause, Cause::kFault);
  EXPECT_FALSE(report(1).known_to_end);
  EXPECT_FALSE(report(1).halted_by_us);
  EXPECT_EQ(report(3).cause, Cause::kFault);
  EXPECT_EQ(report(5).cause,
            Cause::kFault);  // killed from outside: nobody's wish, never "instance-initiated"
  EXPECT_EQ(report(7).cause, Cause::kGuest);
  EXPECT_FALSE(report(7).halted_by_us);
  EXPECT_TRUE(report(7).known_to_end);

  for (const int n : {2, 4, 6, 8}) {
    EXPECT_TRUE(wait_phase(n, Phase::kEnded, 80'000)) << n;
    EXPECT_EQ(report(n).cause, Cause::kCredit) << n;
    EXPECT_TRUE(report(n).halted_by_us) << n;
    EXPECT_LE(report(n).ran.count, kLease) << n;
    EXPECT_GE(report(n).ran.count, kLease - 6) << n;
    std::cout << "machine " << n << " reported ended "
              << ended_at(n) - before[n].lease.started_ms - kLease * 1000 << " ms after its lease\n";
  }
  for (int n = 1; n <= 8; ++n) {
    EXPECT_FALSE(alive(before[n].init)) << n;
    EXPECT_FALSE(alive(before[n].runner)) << n;
    EXPECT_TRUE(gone(n)) << n;
  }
}

// Seen in random kills: the supervisor stood still, its runner was killed, and the run was charged on.
TEST_F(Machines, AMachineThatIsGoneIsNotChargedWhileItsSupervisorStandsStill) {
  start(1, 600);
  start(2, 600);
  for (const int n : {1, 2}) ASSERT_TRUE(wait_phase(n, Phase::kRunning)) << report(n).detail;
  std::map<int, std::int64_t> lived_s;
  std::map<int, SupervisorStatus> before;
  for (const int n : {1, 2}) {
    before[n] = status(n);
    kill(before[n].pid, SIGSTOP);
    kill(before[n].runner, SIGKILL);
    lived_s[n] = (monotonic_ms() - before[n].lease.started_ms) / 1'000;
  }
  wait(8'000, [] { return false; });
  for (const int n : {1, 2}) EXPECT_LE(report(n).ran.count, lived_s[n] + 1) << n;
  kill(before[1].pid, SIGCONT);  // 1 goes on, 2 never does
  for (const int n : {1, 2}) {
    ASSERT_TRUE(wait_phase(n, Phase::kEnded, 60'000)) << n;
    EXPECT_EQ(report(n).cause, Cause::kFault) << n;
    EXPECT_LE(report(n).ran.count, lived_s[n] + 1) << n;
    EXPECT_TRUE(gone(n)) << n;
  }
}

TEST_F(Machines, GoOnAndEndOnTimeWithoutStipendHost) {
  start(1, 600);
  start(2, 38);
  start(3, 600);
  start(4, 600);
  for (int n = 1; n <= 4; ++n)
    ASSERT_TRUE(wait_phase(n, Phase::kRunning, 60'000)) << n << " " << report(n).detail;
  std::map<int, SupervisorStatus> before;
  for (int n = 1; n <= 4; ++n) before[n] = status(n);
  stop_host(SIGKILL);
  kill(before[3].pid, SIGKILL);  // nobody is there to see it
  switch_off(before[4].init, "poweroff");
  const std::int64_t end = before[2].lease.started_ms + 38'000;
  while (alive(before[2].init) && monotonic_ms() < end + 10'000) usleep(20'000);
  EXPECT_LE(monotonic_ms(), end + 1'000);
  EXPECT_TRUE(alive(before[1].init));
  EXPECT_FALSE(alive(before[3].init));

  start_host();
  ask(hostlink::Resync{{key_of(1), key_of(2), key_of(3), key_of(4), key_of(9)}, true});
  for (const int n : {2, 3, 4}) EXPECT_TRUE(wait_phase(n, Phase::kEnded, 20'000)) << n;
  EXPECT_EQ(report(2).cause, Cause::kCredit);
  EXPECT_TRUE(report(2).known_to_end);
  EXPECT_GE(report(2).ran.count, 32);
  EXPECT_LE(report(2).ran.count, 38);
  EXPECT_EQ(report(3).cause, Cause::kFault);
  EXPECT_FALSE(report(3).known_to_end);
  EXPECT_EQ(report(4).cause, Cause::kGuest);
  EXPECT_TRUE(wait(5'000, [&] { return report(9).key == key_of(9) && report(9).phase == Phase::kAbsent; }));
  EXPECT_EQ(report(1).phase, Phase::kRunning);
  EXPECT_GE(report(1).ran.count, 30);  // its time went on
  ask(hostlink::Renew{key_of(1), epoch_, {2, {700}}});
  EXPECT_TRUE(wait(5'000, [&] { return report(1).lease_seq == 2; }));

  // Stopped instead of killed: the lease ends on time all the same.
  ask(hostlink::Renew{key_of(1), epoch_, {3, {report(1).ran.count + 8}}});
  ASSERT_TRUE(wait(5'000, [&] { return report(1).lease_seq == 3; }));
  const std::int64_t new_end = before[1].lease.started_ms + status(1).lease.lease.run_max.count * 1'000;
  kill(daemon_, SIGSTOP);
  while (alive(before[1].init) && monotonic_ms() < new_end + 10'000) usleep(20'000);
  EXPECT_LE(monotonic_ms(), new_end + 1'000);
  kill(daemon_, SIGCONT);
  EXPECT_TRUE(wait_phase(1, Phase::kEnded, 10'000));
}

TEST_F(Machines, ARebootOfTheHostEndsAllRunsAtTheirRecord) {
  start(1, 600);
  ASSERT_TRUE(wait_phase(1, Phase::kRunning)) << report(1).detail;
  const auto before = status(1);
  put_guest_file(before.init, "/home/keep", "work");
  in_guest(before.init, "sync");
  ASSERT_TRUE(wait(30'000, [&] { return report(1).ran.count >= 12; }));
  const auto knew = report(1);
  stop_host(SIGKILL);
  kill(before.pid, SIGKILL);
  start_host("11111111-2222-3333-4444-555555555555");
  ask(hostlink::Resync{});
  ASSERT_TRUE(wait_phase(1, Phase::kEnded, 10'000));
  EXPECT_EQ(report(1).cause, Cause::kFault);
  EXPECT_FALSE(report(1).known_to_end);
  EXPECT_EQ(report(1).boot_id, knew.boot_id);  // of the boot it ran in
  EXPECT_LE(report(1).ran.count, knew.ran.count + 1);
  EXPECT_GE(report(1).ran.count, knew.ran.count - 6);
  // The next run has the files of the first one.
  start(1, 600, 2);
  ASSERT_TRUE(wait_phase(1, Phase::kRunning, 30'000, 2)) << report(1, 2).detail;
  EXPECT_NE(report(1, 2).boot_id, knew.boot_id);
  EXPECT_EQ(guest_file(status(1).init, "/home/keep"), "work");
}

}  // namespace
}  // namespace stipend::host
