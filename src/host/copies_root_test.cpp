// Copies of real disks, in a mount namespace of the test's own state. Whether blocks are shared depends on the file system
// under /var/tmp; what is promised does not.
#include "host/copies.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "host/disk.hpp"
#include "host/disk_copy.hpp"
#include "host/files.hpp"
#include "host/mount_namespace.hpp"
#include "host/mounts.hpp"

namespace stipend::host {
namespace {

namespace fs = std::filesystem;

const auto kDisk = *base::DiskId::parse("vol-00000000000000001");

class Copies : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root";
    char folder[] = "/var/tmp/stipend-test-XXXXXX";
    state_ = mkdtemp(folder);
    names_ = *Names::open(state_);
    ASSERT_TRUE(create_disk(names_, kDisk, 1));
  }
  void TearDown() override {
    if (state_.empty()) return;
    EXPECT_TRUE(drop_mount_namespace(names_));
    fs::remove_all(names_.runtime);
    fs::remove_all(state_);
  }
  void inside(const std::function<void()>& body) {
    const pid_t child = fork();
    if (child == 0) {
      if (auto entered = enter_mount_namespace(names_); !entered) fprintf(stderr, "%s\n", entered.error().message.c_str()), _exit(3);
      body();
      _exit(HasFailure() ? 1 : 0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  void write(const std::string& name, const std::string& text) {
    inside([&] {
      ASSERT_TRUE(attach_disk(names_, kDisk, {3}));
      std::ofstream(raw_disk_path(names_, kDisk) + "/" + name) << text;
      EXPECT_TRUE(detach_disk(names_, kDisk));
    });
  }
  // What the copy holds under that name, or why it cannot be read.
  std::string in_copy(const std::string& date, const std::string& name) {
    const std::string out = state_ + "/out";
    inside([&] {
      const auto clone = attach_copy(names_, kDisk, date, {4});
      std::ofstream(out) << (clone ? read_file(*clone + "/" + name).value_or("nothing") : clone.error().code);
      if (!clone) return;
      EXPECT_NE(open((*clone + "/new").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0, true) << "a copy is only read";
      EXPECT_TRUE(detach_disk(names_, kDisk));
    });
    return *read_file(out);
  }
  std::vector<std::string> dates() { return *list_copies(names_, kDisk); }

  std::string state_;
  Names names_;
};

TEST_F(Copies, EachNightsCopyHoldsThatNightsFilesAndTheOldestGo) {
  write("notes", "one");
  ASSERT_TRUE(take_copy(names_, kDisk, "2026-11-01", 2));
  write("notes", "two");
  ASSERT_TRUE(take_copy(names_, kDisk, "2026-11-02", 2));
  EXPECT_EQ(in_copy("2026-11-01", "notes"), "one");
  EXPECT_EQ(in_copy("2026-11-02", "notes"), "two");
  write("notes", "three");
  ASSERT_TRUE(take_copy(names_, kDisk, "2026-11-03", 2));
  EXPECT_EQ(dates(), (std::vector<std::string>{"2026-11-03", "2026-11-02"}));
  EXPECT_EQ(in_copy("2026-11-01", "notes"), "NoSuchCopy");
}

TEST_F(Copies, NoneIsMadeOfADiskThatDidNotChangeAndNoneTwiceOfANight) {
  write("notes", "one");
  ASSERT_TRUE(take_copy(names_, kDisk, "2026-11-01", 7));
  ASSERT_TRUE(take_copy(names_, kDisk, "2026-11-02", 7));
  EXPECT_EQ(dates(), std::vector<std::string>{"2026-11-01"});
  write("notes", "two");
  ASSERT_TRUE(take_copy(names_, kDisk, "2026-11-01", 7));
  EXPECT_EQ(in_copy("2026-11-01", "notes"), "one");
}

TEST_F(Copies, ACopyTakesTheRoomOfWhatIsWrittenNotOfTheDisk) {
  ASSERT_TRUE(take_copy(names_, kDisk, "2026-11-01", 7));
  struct stat s{};
  ASSERT_EQ(stat((names_.state + "/copies/" + kDisk.str() + "/2026-11-01.img").c_str(), &s), 0);
  EXPECT_EQ(s.st_size, off_t{1} << 30);
  EXPECT_LT(s.st_blocks * 512, off_t{64} << 20);
  EXPECT_EQ(s.st_mode & 0777, 0600u);
}

TEST_F(Copies, OfADiskInUseIsSharedOrWaitsAndNothingStandsStillAfterIt) {
  inside([&] {
    ASSERT_TRUE(attach_disk(names_, kDisk, {3}));
    std::ofstream(raw_disk_path(names_, kDisk) + "/notes") << "one";
    const auto taken = take_copy(names_, kDisk, "2026-11-01", 7);
    EXPECT_TRUE(taken || taken.error().code == "VolumeInUse") << taken.error().message;
    EXPECT_EQ(dates().size(), taken ? 1u : 0u);
    std::ofstream(raw_disk_path(names_, kDisk) + "/more") << "not frozen";
    EXPECT_EQ(*read_file(raw_disk_path(names_, kDisk) + "/more"), "not frozen");
    thaw_disks(names_);
    EXPECT_TRUE(detach_disk(names_, kDisk));
  });
}

TEST_F(Copies, WhatAKilledCopyingLeftFrozenGoesOn) {
  inside([&] {
    ASSERT_TRUE(attach_disk(names_, kDisk, {3}));
    const std::string raw = raw_disk_path(names_, kDisk);
    const Fd mounted(open(raw.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ASSERT_EQ(ioctl(mounted.get(), FIFREEZE, 0), 0);
    thaw_disks(names_);
    std::ofstream(raw + "/more") << "x";
    EXPECT_EQ(*read_file(raw + "/more"), "x");
    EXPECT_TRUE(detach_disk(names_, kDisk));
  });
}

TEST_F(Copies, OneThatIsBeingAttachedWaitsAndLeavesNothingHalfMade) {
  const Fd file(open((names_.disks() + "/" + kDisk.str() + ".img").c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_EQ(flock(file.get(), LOCK_EX), 0);
  const auto taken = take_copy(names_, kDisk, "2026-11-01", 7);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, "VolumeInUse");
  EXPECT_TRUE(fs::is_empty(names_.state + "/copies/" + kDisk.str()));
}

TEST_F(Copies, GoWithTheirDisk) {
  ASSERT_TRUE(take_copy(names_, kDisk, "2026-11-01", 7));
  ASSERT_TRUE(delete_copies(names_, kDisk));
  EXPECT_TRUE(dates().empty());
  EXPECT_TRUE(delete_copies(names_, kDisk));
}

}  // namespace
}  // namespace stipend::host
