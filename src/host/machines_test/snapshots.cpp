// Snapshots of disks of machines that run, and machines made of them.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>

#include "host/disk.hpp"
#include "host/machines_test/harness.hpp"
#include "host/snapshots.hpp"
#include "host/spawn.hpp"

namespace stipend::host {
namespace {

namespace fs = std::filesystem;

const auto kSnapshot = *base::DiskId::parse("vol-00000000000000b01");

class SnapshotsOfMachines : public Machines {
 protected:
  const hostlink::Done& take(const base::DiskId& from, std::int64_t request, const base::DiskId& to = kSnapshot) {
    ask(hostlink::SnapshotDisk{from, to, epoch_, request});
    return answer_to(request);
  }
  // Until it is not "not now".
  bool take_in_the_end(const base::DiskId& from, std::int64_t request, const base::DiskId& to = kSnapshot) {
    for (int i = 0; i < 200; ++i, done_.erase(request)) {
      const auto& answer = take(from, request, to);
      if (answer.ok) return true;
      if (answer.code != "VolumeInUse" && answer.code != "RequestLimitExceeded") {
        ADD_FAILURE() << answer.code << ": " << answer.message;
        return false;
      }
      usleep(50'000);
    }
    return false;
  }
  bool leaves(const base::DiskId& disk) {
    for (const auto& entry : fs::directory_iterator(names_.disks()))
      if (entry.path().filename().string().starts_with(disk.str())) return true;
    return false;
  }
  void run_until_it_writes(int n) {
    start(n, 600);
    ASSERT_TRUE(wait_phase(n, Phase::kRunning)) << report(n).detail;
    // Enough that copying it takes a while where blocks are not shared.
    in_guest(status(n).init, "head -c 300000000 /dev/urandom > /much && sync /much");
  }
};

TEST_F(SnapshotsOfMachines, TheirNewMachinesHaveTheFilesAndAnIdentityOfTheirOwn) {
  auto origin = start_of(1, 600);
  origin.user_data = "#!/bin/sh\ncat /etc/stipend/instance-id >> /ran\n";
  ask(origin);
  ASSERT_TRUE(wait_phase(1, Phase::kRunning)) << report(1).detail;
  const pid_t first = status(1).init;
  const auto mine = key_of(1).instance.str() + "\n", theirs = key_of(2).instance.str() + "\n";
  ASSERT_TRUE(wait(60'000, [&] { return guest_file(first, "/ran") == mine; }));
  in_guest(first, "echo kept > /notes");  // nobody says sync
  const auto begun = monotonic_ms();
  const auto taken = take(disk_of(1), 71);
  ASSERT_TRUE(taken.ok) << taken.code << ": " << taken.message;
  std::cout << "a snapshot of " << taken.message << " MiB of a machine that runs: " << monotonic_ms() - begun << " ms\n";
  EXPECT_EQ(taken.message, std::to_string(*occupied_mib(names_, kSnapshot)));
  in_guest(first, "echo changed > /notes");
  EXPECT_EQ(report(1).phase, Phase::kRunning);
  EXPECT_EQ(take(disk_of(1), 72).message, taken.message) << "asked again";
  const auto missing = *base::DiskId::parse("vol-00000000000000bad"), other = *base::DiskId::parse("vol-00000000000000b02");
  EXPECT_EQ(take(missing, 73, other).code, "InvalidVolume.NotFound");

  auto copy = start_of(2, 600);
  copy.root_source = kSnapshot;
  copy.root_gib = 3;
  copy.user_data = origin.user_data;
  const auto ordered = monotonic_ms();
  ask(copy);
  ASSERT_TRUE(wait_phase(2, Phase::kRunning)) << report(2).detail;
  std::cout << "init of a machine made of it ran " << status(2).lease.started_ms - ordered << " ms after the order\n";
  const pid_t second = status(2).init;
  EXPECT_EQ(guest_file(second, "/notes"), "kept\n");
  EXPECT_EQ(guest_file(first, "/notes"), "changed\n");
  EXPECT_TRUE(wait(60'000, [&] { return guest_file(second, "/ran") == mine + theirs; })) << guest_file(second, "/ran");
  for (const char* own : {"/etc/machine-id", "/etc/ssh/ssh_host_ed25519_key.pub", "/etc/hostname"}) {
    EXPECT_FALSE(guest_file(second, own).empty()) << own;
    EXPECT_NE(guest_file(second, own), guest_file(first, own)) << own;
  }
  in_guest(second, "test $(df -m / | awk 'END { print $2 }') -gt 2800");
}

TEST_F(SnapshotsOfMachines, AreNotMadeOfWhatIsMissingOrLarger) {
  auto without = start_of(1, 600), smaller = start_of(2, 600);
  without.root_source = kSnapshot;
  ask(without);
  ASSERT_TRUE(wait_phase(1, Phase::kEnded));
  EXPECT_EQ(report(1).cause, Cause::kStartFailed);
  EXPECT_TRUE(report(1).detail.contains("snapshot")) << report(1).detail;
  ASSERT_TRUE(create_disk(names_, kSnapshot, 2));
  smaller.root_source = kSnapshot;
  ask(smaller);
  ASSERT_TRUE(wait_phase(2, Phase::kEnded));
  EXPECT_EQ(report(2).cause, Cause::kStartFailed);
  EXPECT_TRUE(report(2).detail.contains("2 GiB")) << report(2).detail;
  for (const int n : {1, 2}) EXPECT_FALSE(leaves(disk_of(n))) << "no disk stays";
}

TEST_F(SnapshotsOfMachines, ThatAreCopiedForAStartGiveItTheTimeThatThisTakesAlsoWhenStipendHostEndsMeanwhile) {
  run_until_it_writes(1);
  ASSERT_TRUE(take_in_the_end(disk_of(1), 71));
  for (const int n : {2, 3}) {
    auto copy = start_of(n, 600);
    copy.root_source = kSnapshot;
    copy.root_gib = 2;
    copy.deadline_mono_ms = monotonic_ms() + 200;  // not enough for 300 MB, a check and an init
    ask(copy);
    if (n == 3) {
      ASSERT_TRUE(wait(20'000, [&] { return fs::exists(names_.disks() + "/" + disk_of(n).str() + ".img.new"); }));
      stop_host(SIGKILL);
      start_host();
    }
    ASSERT_TRUE(wait_phase(n, Phase::kRunning)) << report(n).detail;
    EXPECT_TRUE(wait(5'000, [&] { return status(n).lease.started_ms > 0; }));
    EXPECT_GT(status(n).lease.started_ms, copy.deadline_mono_ms);
  }
  auto stopped = start_of(4, 600);
  stopped.root_source = kSnapshot;
  ask(stopped);
  ASSERT_TRUE(wait(20'000, [&] { return fs::exists(names_.disks() + "/" + disk_of(4).str() + ".img.new"); }));
  ask(hostlink::Stop{key_of(4), epoch_, Cause::kPerson, false});
  ASSERT_TRUE(wait_phase(4, Phase::kEnded));
  EXPECT_EQ(report(4).ran.count, 0);
  EXPECT_FALSE(fs::exists(names_.disks() + "/" + disk_of(4).str() + ".img.new")) << "what was left of its disk";
}

TEST_F(SnapshotsOfMachines, ThatAreDeletedWhileTheyAreTakenAreGone) {
  run_until_it_writes(1);
  ask(hostlink::SnapshotDisk{disk_of(1), kSnapshot, epoch_, 71});
  ask(hostlink::DeleteDisk{disk_of(1), epoch_, 72});
  ask(hostlink::DeleteDisk{kSnapshot, epoch_, 73});
  EXPECT_EQ(answer_to(72).code, "VolumeInUse");
  EXPECT_TRUE(answer_to(73).ok) << done_[73].message;
  EXPECT_TRUE(answer_to(71).ok || done_[71].code == "VolumeInUse") << done_[71].code;
  EXPECT_FALSE(leaves(kSnapshot));
  in_guest(status(1).init, "echo goes on > /notes");
  EXPECT_TRUE(take_in_the_end(disk_of(1), 74));
}

TEST_F(SnapshotsOfMachines, GiveWayToTheMachinesEndAndToItsNextStart) {
  run_until_it_writes(1);
  ask(hostlink::SnapshotDisk{disk_of(1), kSnapshot, epoch_, 71});
  const auto asked = monotonic_ms();
  ask(hostlink::Stop{key_of(1), epoch_, Cause::kPerson, true});
  ASSERT_TRUE(wait_phase(1, Phase::kEnded));
  EXPECT_LT(monotonic_ms() - asked, 20'000);
  EXPECT_TRUE(answer_to(71).ok || done_[71].code == "VolumeInUse") << done_[71].code;
  ask(hostlink::DeleteDisk{kSnapshot, epoch_, 72});
  EXPECT_TRUE(answer_to(72).ok);
  ask(hostlink::SnapshotDisk{disk_of(1), kSnapshot, epoch_, 73});  // of a disk that nothing uses
  start(1, 600, 2);
  ASSERT_TRUE(wait_phase(1, Phase::kRunning, 60'000, 2)) << report(1, 2).detail;
  EXPECT_TRUE(answer_to(73).ok || done_[73].code == "VolumeInUse") << done_[73].code;
  EXPECT_TRUE(take_in_the_end(disk_of(1), 74));
}

TEST_F(SnapshotsOfMachines, LeaveNoMachineThatCannotEndWhenStipendHostIsGoneInTheMiddle) {
  start(1, 600);
  ASSERT_TRUE(wait_phase(1, Phase::kRunning)) << report(1).detail;
  const pid_t init = status(1).init;
  // As a stipend-host leaves it that is killed while the disk stands still.
  const std::string daemon = std::to_string(daemon_);
  ASSERT_EQ(run({"/usr/bin/nsenter", "-t", daemon, "-m", "/usr/sbin/fsfreeze", "-f", raw_disk_path(names_, disk_of(1))}), 0);
  in_guest(init, "(echo waits > /notes) > /dev/null 2>&1 &");
  const auto asked = monotonic_ms();
  ask(hostlink::Stop{key_of(1), epoch_, Cause::kPerson, true});
  ASSERT_TRUE(wait_phase(1, Phase::kEnded));
  EXPECT_LT(monotonic_ms() - asked, 20'000);
}

TEST_F(SnapshotsOfMachines, SurviveTheEndOfStipendHostAsWholeOnesOrNone) {
  run_until_it_writes(1);
  const pid_t init = status(1).init;
  for (const int after_ms : {10, 60, 200}) {
    ask(hostlink::SnapshotDisk{disk_of(1), kSnapshot, epoch_, 71});
    wait(after_ms, [&] { return done_.contains(71); });
    stop_host(SIGKILL);
    start_host();
    in_guest(init, "echo not frozen > /notes");
    const bool whole = disk_exists(names_, kSnapshot);
    EXPECT_EQ(leaves(kSnapshot), whole) << "what was left of it is tidied";
    ASSERT_TRUE(wait_phase(1, Phase::kRunning));
    done_.clear();
    EXPECT_TRUE(take_in_the_end(disk_of(1), 72));
    ask(hostlink::DeleteDisk{kSnapshot, epoch_, 73});
    EXPECT_TRUE(answer_to(73).ok);
    done_.clear();
  }
}

TEST_F(SnapshotsOfMachines, WaitForEachOtherWhenThereAreMany) {
  fs::create_directories(names_.disks());
  std::vector<base::DiskId> disks, snapshots;
  for (const char digit : {'1', '2', '3', '4'}) {
    disks.push_back(*base::DiskId::parse(std::string("vol-000000000000000e") + digit));
    snapshots.push_back(*base::DiskId::parse(std::string("vol-000000000000000f") + digit));
    ASSERT_TRUE(create_disk(names_, disks.back(), 1));
    std::fstream file(names_.disks() + "/" + disks.back().str() + ".img", std::ios::in | std::ios::out);
    file.seekp(512 << 20) << std::string(200 << 20, 'x');
  }
  for (std::size_t i = 0; i < disks.size(); ++i)
    ask(hostlink::SnapshotDisk{disks[i], snapshots[i], epoch_, static_cast<std::int64_t>(i)});
  for (std::size_t i = 0; i < disks.size(); ++i) {
    const auto& answer = answer_to(static_cast<std::int64_t>(i));
    EXPECT_TRUE(answer.ok || answer.code == "RequestLimitExceeded") << answer.code;
  }
  done_.clear();
  for (std::size_t i = 0; i < disks.size(); ++i) EXPECT_TRUE(take_in_the_end(disks[i], 90, snapshots[i])) << i;
}

}  // namespace
}  // namespace stipend::host
