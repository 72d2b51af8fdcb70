// For tests of disks and mounts on the real kernel: a state of their own with a small image, in a mount namespace of its
// own. Needs root.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "host/disk.hpp"
#include "host/files.hpp"
#include "host/mount_namespace.hpp"
#include "host/mounts.hpp"
#include "host/process.hpp"
#include "host/rootfs.hpp"

namespace stipend::host {

namespace fs = std::filesystem;

inline const auto kInstance = *base::InstanceId::parse("i-00000000000000001");
inline const auto kDisk = *base::DiskId::parse("vol-00000000000000001");
inline const auto kImage = *base::ImageId::parse("ami-00000000000000001");

template <class T>
void expect_ok(const base::Result<T>& r) {
  ASSERT_TRUE(r.has_value()) << r.error().message;
}

// The body runs in a child inside the state's private mount namespace, as machines' keepers do.
class RootFs : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root";
    char folder[] = "/var/tmp/stipend-test-XXXXXX";
    state_ = mkdtemp(folder);
    names_ = *Names::open(state_);
    make_image();
  }
  void TearDown() override {
    if (state_.empty()) return;
    expect_ok(drop_mount_namespace(names_));
    fs::remove_all(names_.runtime);
    fs::remove_all(state_);
    EXPECT_FALSE(is_mount_point(names_.runtime + "/ns"));
  }
  void make_image() {
    const std::string tree = state_ + "/tree";
    for (const char* d : {"/sbin", "/etc/ssh", "/etc/stipend", "/home/ubuntu", "/dir"})
      fs::create_directories(tree + d);
    std::ofstream(tree + "/sbin/init") << "#!/bin/sh\n";
    std::ofstream(tree + "/dir/old") << "from the image\n";
    chmod((tree + "/sbin/init").c_str(), 04755);
    ASSERT_EQ(chown((tree + "/home/ubuntu").c_str(), 1000, 1000), 0);
    fs::create_directories(names_.images + "/ami");
    expect_ok(run_tool({"mkfs.erofs", "-zlz4", names_.image_file(kImage), tree}, 20'000));
  }
  void inside(const std::function<void()>& body) {
    const pid_t child = fork();
    if (child == 0) {
      auto entered = enter_mount_namespace(names_);
      if (!entered) fprintf(stderr, "%s\n", entered.error().message.c_str()), _exit(3);
      body();
      _exit(HasFailure() ? 1 : 0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  std::string prepare(std::uint32_t slot) {
    auto root = prepare_rootfs(names_, {kInstance, kImage, kDisk, {slot}});
    if (!root) ADD_FAILURE() << root.error().message;
    return root.value_or("");
  }
  static void as_guest(std::uint32_t base, uid_t uid, const std::function<void()>& body) {
    FsUser user(base + uid, base + uid);
    body();
  }
  static struct stat look(const std::string& path) {
    struct stat s{};
    EXPECT_EQ(lstat(path.c_str(), &s), 0) << path;
    return s;
  }

  std::string state_;
  Names names_;
};

}  // namespace stipend::host
