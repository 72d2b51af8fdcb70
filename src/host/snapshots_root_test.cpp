// Snapshots of real disks and disks made of them, in a mount namespace of the test's own state. Whether blocks are shared depends on
// the file system under /var/tmp; what is promised does not.
#include "host/snapshots.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "host/disk_copy.hpp"
#include "host/identity.hpp"
#include "host/rootfs_test_world.hpp"

namespace stipend::host {
namespace {

const auto kSnapshot = *base::DiskId::parse("vol-00000000000000002");
const auto kOther = *base::DiskId::parse("vol-00000000000000003");
const auto kNewInstance = *base::InstanceId::parse("i-00000000000000002");

class Snapshots : public RootFs {
 protected:
  std::string file(const base::DiskId& disk) { return names_.disks() + "/" + disk.str() + ".img"; }
  std::string raw(const base::DiskId& disk) { return raw_disk_path(names_, disk); }
  void write(const base::DiskId& disk, const std::string& name, const std::string& text) {
    inside([&] {
      expect_ok(mount_disk(names_, disk));
      std::ofstream(raw(disk) + "/" + name) << text;
      expect_ok(unmount_disk(names_, disk));
    });
  }
  // What a disk holds under that name.
  std::string in(const base::DiskId& disk, const std::string& name) {
    const std::string out = state_ + "/out";
    inside([&] {
      expect_ok(mount_disk(names_, disk));
      std::ofstream(out) << read_file(raw(disk) + "/" + name, 64 << 20).value_or("nothing");
      expect_ok(unmount_disk(names_, disk));
    });
    return *read_file(out, 64 << 20);
  }
  // Of a disk that nothing has mounted, as one that asks for nothing to be repaired.
  bool is_whole(const base::DiskId& disk) {
    const auto looked = run_tool({"e2fsck", "-f", "-n", file(disk)}, 60'000);
    if (!looked) ADD_FAILURE() << looked.error().message;
    return looked.has_value();
  }
  // Whether the file system under the state shares blocks: then nothing stands still for long.
  bool shares(const base::DiskId& disk) {
    const Fd from(open(file(disk).c_str(), O_RDONLY | O_CLOEXEC));
    const Fd probe(open((state_ + "/probe").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    return ioctl(probe.get(), FICLONE, from.get()) == 0;
  }
  std::vector<std::string> files() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(names_.disks())) names.push_back(entry.path().filename());
    std::ranges::sort(names);
    return names;
  }
};

TEST_F(Snapshots, HoldTheFilesOfTheirInstantAndSayWhatTheyOccupy) {
  expect_ok(create_disk(names_, kDisk, 1));
  write(kDisk, "notes", "one");
  const auto mib = take_snapshot(names_, kDisk, kSnapshot);
  expect_ok(mib);
  EXPECT_EQ(*mib, (look(file(kSnapshot)).st_blocks * 512 + (1 << 20) - 1) >> 20);
  EXPECT_LT(*mib, 64);
  EXPECT_EQ(look(file(kSnapshot)).st_size, off_t{1} << 30);
  EXPECT_EQ(look(file(kSnapshot)).st_mode & 0777, 0600u);
  write(kDisk, "notes", "two");
  EXPECT_EQ(take_snapshot(names_, kDisk, kSnapshot).value_or(-1), *mib) << "there already";
  expect_ok(delete_disk(names_, kDisk));
  EXPECT_EQ(take_snapshot(names_, kDisk, kSnapshot).value_or(-1), *mib) << "it does not need its origin";
  EXPECT_EQ(in(kSnapshot, "notes"), "one");
  expect_ok(take_snapshot(names_, kSnapshot, kOther));
  EXPECT_EQ(in(kOther, "notes"), "one") << "of a snapshot";
  EXPECT_EQ(take_snapshot(names_, kDisk, *base::DiskId::parse("vol-00000000000000009")).error().code, "InvalidVolume.NotFound");
}

TEST_F(Snapshots, OfADiskThatIsWrittenToAreWholeAndOfOneInstant) {
  expect_ok(create_disk(names_, kDisk, 1));
  inside([&] {
    expect_ok(mount_disk(names_, kDisk));
    // Each number is written and synced before the next one: whatever is there, everything before it is too.
    std::atomic<bool> end = false;
    std::atomic<int> written = 0;
    std::thread writer([&] {
      for (int n = 1; !end; ++n) {
        const std::string path = raw(kDisk) + "/" + std::to_string(n);
        const Fd out(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        const std::string text(4096 + n, 'x');
        if (::write(out.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(out.get()) == 0) written = n;
      }
    });
    while (written < 20) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const int before = written;
    expect_ok(take_snapshot(names_, kDisk, kSnapshot));
    const int after = written;
    while (written < after + 5) std::this_thread::sleep_for(std::chrono::milliseconds(5));  // it goes on: nothing stands still
    end = true;
    writer.join();
    expect_ok(unmount_disk(names_, kDisk));
    EXPECT_TRUE(is_whole(kSnapshot));
    expect_ok(mount_disk(names_, kSnapshot));
    int found = 0;
    while (fs::exists(raw(kSnapshot) + "/" + std::to_string(found + 1))) ++found;
    EXPECT_GE(found, before);
    EXPECT_LE(found, after + 1);
    for (int n = 1; n <= before; ++n) EXPECT_EQ(fs::file_size(raw(kSnapshot) + "/" + std::to_string(n)), 4096u + static_cast<unsigned>(n));
    expect_ok(unmount_disk(names_, kSnapshot));
  });
}

TEST_F(Snapshots, ThatWouldHoldUpAMachineForTooLongSaySoAndLeaveItAsItWas) {
  expect_ok(create_disk(names_, kDisk, 1));
  inside([&] {
    expect_ok(mount_disk(names_, kDisk));
    const auto taken = take_snapshot(names_, kDisk, kSnapshot, -1);
    EXPECT_EQ(taken.has_value(), shares(kDisk));
    if (!taken) {
      EXPECT_EQ(taken.error().code, "SnapshotNeedsStop");
      EXPECT_NE(taken.error().fault, base::Fault::kConflict) << "nobody tries it for ever";
      EXPECT_TRUE(taken.error().message.contains("stop the machine"));
      EXPECT_EQ(files(), std::vector<std::string>{kDisk.str() + ".img"});
    }
    std::ofstream(raw(kDisk) + "/more") << "not frozen";
    EXPECT_EQ(*read_file(raw(kDisk) + "/more"), "not frozen");
    expect_ok(unmount_disk(names_, kDisk));
  });
}

TEST_F(Snapshots, ThatAreKilledLeaveNoDiskAndNothingFrozen) {
  expect_ok(create_disk(names_, kDisk, 1));
  inside([&] {
    expect_ok(mount_disk(names_, kDisk));
    // 200 MB: long enough to be met in the middle, most times; whatever it was in, the promise is the same.
    std::ofstream(raw(kDisk) + "/much") << std::string(200 << 20, 'x');
    for (const int after_ms : {5, 20, 60, 120}) {
      const pid_t child = fork();
      if (child == 0) _exit(take_snapshot(names_, kDisk, kSnapshot) ? 0 : 1);
      std::this_thread::sleep_for(std::chrono::milliseconds(after_ms));
      kill(child, SIGKILL);
      int status = 0;
      waitpid(child, &status, 0);
      thaw_disk(names_, kDisk);
      drop_unfinished_snapshot(names_, kSnapshot);
      std::ofstream(raw(kDisk) + "/more") << after_ms;
      EXPECT_EQ(*read_file(raw(kDisk) + "/more"), std::to_string(after_ms));
      if (disk_exists(names_, kSnapshot)) {
        EXPECT_TRUE(is_whole(kSnapshot));
        expect_ok(delete_disk(names_, kSnapshot));
      }
      EXPECT_EQ(files(), std::vector<std::string>{kDisk.str() + ".img"});
    }
    expect_ok(unmount_disk(names_, kDisk));
  });
}

TEST_F(Snapshots, OfADiskThatWasThawedMeanwhileAreOfNoOneInstantAndTriedAgain) {
  expect_ok(create_disk(names_, kDisk, 1));
  if (shares(kDisk)) GTEST_SKIP() << "this file system shares blocks";
  inside([&] {
    expect_ok(mount_disk(names_, kDisk));
    std::ofstream(raw(kDisk) + "/much") << std::string(200 << 20, 'x');
    std::thread machine_ends([&] {
      const std::string copy = names_.disks() + "/" + kSnapshot.str() + ".img.copying";
      std::error_code none;
      while (fs::file_size(copy, none) == 0 || none) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      thaw_disk(names_, kDisk);
    });
    const auto taken = take_snapshot(names_, kDisk, kSnapshot);
    machine_ends.join();
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code, "VolumeInUse");
    EXPECT_EQ(taken.error().fault, base::Fault::kConflict);
    EXPECT_EQ(files(), std::vector<std::string>{kDisk.str() + ".img"});
    expect_ok(unmount_disk(names_, kDisk));
  });
}

TEST_F(Snapshots, UnfinishedOnesOfBeforeAreTidiedAndDisksThatAreBeingMadeAreNot) {
  expect_ok(create_disk(names_, kDisk, 1));
  std::ofstream(names_.disks() + "/" + kSnapshot.str() + ".img.copying") << "half";
  std::ofstream(names_.disks() + "/" + kOther.str() + ".img.new") << "a supervisor makes it";
  drop_unfinished_snapshots(names_);
  EXPECT_EQ(files(), (std::vector<std::string>{kDisk.str() + ".img", kOther.str() + ".img.new"}));
  drop_unfinished_disk(names_, kOther);
  EXPECT_EQ(files(), std::vector<std::string>{kDisk.str() + ".img"});
}

TEST_F(Snapshots, OfADiskThatIsBeingAttachedAreTriedAgainAndManyCopyOneAtOnce) {
  expect_ok(create_disk(names_, kDisk, 1));
  {
    const Fd attaching(open(file(kDisk).c_str(), O_RDWR | O_CLOEXEC));
    ASSERT_EQ(flock(attaching.get(), LOCK_EX), 0);
    const auto taken = take_snapshot(names_, kDisk, kSnapshot);
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code, "VolumeInUse");
    EXPECT_EQ(taken.error().fault, base::Fault::kConflict);
  }
  const Fd copying(open(file(kDisk).c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(flock(copying.get(), LOCK_SH), 0);  // as another copying holds it
  expect_ok(take_snapshot(names_, kDisk, kSnapshot));
  EXPECT_EQ(delete_disk(names_, kDisk).error().code, "VolumeInUse");
}

TEST_F(Snapshots, BecomeDisksThatGrowToTheirSize) {
  expect_ok(create_disk(names_, kDisk, 1));
  write(kDisk, "notes", "one");
  expect_ok(take_snapshot(names_, kDisk, kSnapshot));
  expect_ok(create_disk_from(names_, kOther, 3, kSnapshot));
  EXPECT_EQ(look(file(kOther)).st_size, off_t{3} << 30);
  EXPECT_LT(look(file(kOther)).st_blocks * 512, off_t{80} << 20) << "sparse";
  EXPECT_TRUE(is_whole(kOther));
  EXPECT_EQ(in(kOther, "notes"), "one");
  inside([&] {
    expect_ok(mount_disk(names_, kOther));
    struct statvfs s{};
    ASSERT_EQ(statvfs(raw(kOther).c_str(), &s), 0);
    EXPECT_GT(s.f_blocks * s.f_frsize, std::uint64_t{2900} << 20);
    expect_ok(unmount_disk(names_, kOther));
  });
  write(kOther, "notes", "two");
  expect_ok(create_disk_from(names_, kOther, 3, kSnapshot));
  EXPECT_EQ(in(kOther, "notes"), "two") << "a disk that is there is not made again";
  EXPECT_EQ(in(kSnapshot, "notes"), "one");
}

TEST_F(Snapshots, OfAMachineThatWasKilledBecomeWholeDisksToo) {
  expect_ok(create_disk(names_, kDisk, 1));
  inside([&] {
    expect_ok(mount_disk(names_, kDisk));
    std::ofstream(raw(kDisk) + "/notes") << "one";
    const Fd mounted(open(raw(kDisk).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ASSERT_EQ(syncfs(mounted.get()), 0);
    // The host goes down now: what is on its disk still has a journal to be replayed.
    expect_ok(run_tool({"cp", "--sparse=always", file(kDisk), file(kSnapshot)}, 60'000));
    expect_ok(unmount_disk(names_, kDisk));
  });
  expect_ok(create_disk_from(names_, kOther, 2, kSnapshot));
  EXPECT_TRUE(is_whole(kOther));
  EXPECT_EQ(in(kOther, "notes"), "one");
}

TEST_F(Snapshots, ThatAreLargerOrGoneMakeNoDisk) {
  expect_ok(create_disk(names_, kDisk, 2));
  const auto smaller = create_disk_from(names_, kOther, 1, kDisk);
  ASSERT_FALSE(smaller);
  EXPECT_EQ(smaller.error().code, "InvalidBlockDeviceMapping");
  EXPECT_TRUE(smaller.error().message.contains("2 GiB"));
  EXPECT_EQ(create_disk_from(names_, kOther, 1, kSnapshot).error().code, "InvalidSnapshot.NotFound");
  EXPECT_EQ(files(), std::vector<std::string>{kDisk.str() + ".img"});
}

TEST_F(Snapshots, OfAnotherMachineBootWithAnIdentityOfTheirOwn) {
  expect_ok(create_disk(names_, kDisk, 1));
  const auto who = [](const base::InstanceId& instance, const base::DiskId& disk, const std::string& keys) {
    return Identity{.instance = instance, .disk = disk, .ids = {4}, .hostname = "ip-10-64-0-9", .private_address = "10.64.0.9",
                    .nameserver = "10.64.0.1", .authorized_keys = keys, .user_data = "", .jupyter_token = "0123456789abcdef"};
  };
  const auto boot = [&](const base::InstanceId& instance, const base::DiskId& disk, const std::string& keys,
                        const std::function<void(const std::string&)>& then) {
    inside([&] {
      const auto root = prepare_rootfs(names_, {instance, kImage, disk, {4}});
      expect_ok(root);
      const auto notes = write_identity(names_, who(instance, disk, keys));
      expect_ok(notes);
      EXPECT_TRUE(notes->empty()) << notes->front();
      then(*root);
      expect_ok(release_rootfs(names_, instance, disk));
    });
  };
  const std::string kept = state_ + "/kept";
  fs::create_directory(kept);
  boot(kInstance, kDisk, "ssh-ed25519 AAAA ada\n", [&](const std::string& root) {
    as_guest(IdRange{4}.base(), 0, [&] {
      for (const char* own : {"/etc/ssh/ssh_host_rsa_key", "/etc/ssh/ssh_host_rsa_key.pub", "/etc/ssh/ssh_host_ecdsa_key"})
        std::ofstream(root + own) << "its guest made it";
    });
    fs::copy(root + "/etc/ssh/ssh_host_ed25519_key", kept);
    fs::copy(root + "/etc/machine-id", kept);
  });
  expect_ok(take_snapshot(names_, kDisk, kSnapshot));
  expect_ok(create_disk_from(names_, kOther, 1, kSnapshot));
  boot(kNewInstance, kOther, "ssh-ed25519 BBBB grace\n", [&](const std::string& root) {
    EXPECT_NE(*read_file(root + "/etc/ssh/ssh_host_ed25519_key"), *read_file(kept + "/ssh_host_ed25519_key"));
    EXPECT_TRUE(read_file(root + "/etc/ssh/ssh_host_ed25519_key.pub")->contains(kNewInstance.str()));
    EXPECT_NE(*read_file(root + "/etc/machine-id"), *read_file(kept + "/machine-id"));
    for (const char* own : {"/etc/ssh/ssh_host_rsa_key", "/etc/ssh/ssh_host_rsa_key.pub", "/etc/ssh/ssh_host_ecdsa_key"})
      EXPECT_FALSE(exists(root + own)) << own;
    EXPECT_EQ(*read_file(root + "/home/ubuntu/.ssh/authorized_keys"), "ssh-ed25519 AAAA ada\nssh-ed25519 BBBB grace\n");
    EXPECT_EQ(*read_file(names_.machine_facts(kNewInstance) + "/instance-id"), kNewInstance.str() + "\n");
    fs::copy(root + "/etc/ssh/ssh_host_ed25519_key", kept + "/new");
  });
  boot(kNewInstance, kOther, "ssh-ed25519 BBBB grace\n", [&](const std::string& root) {
    EXPECT_EQ(*read_file(root + "/etc/ssh/ssh_host_ed25519_key"), *read_file(kept + "/new")) << "made once";
  });
  boot(kInstance, kDisk, "ssh-ed25519 AAAA ada\n", [&](const std::string& root) {
    EXPECT_EQ(*read_file(root + "/etc/ssh/ssh_host_ed25519_key"), *read_file(kept + "/ssh_host_ed25519_key")) << "its origin keeps its own";
  });
}

}  // namespace
}  // namespace stipend::host
