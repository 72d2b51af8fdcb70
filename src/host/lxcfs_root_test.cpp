#include "host/lxcfs.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

namespace stipend::host {
namespace {

TEST(Lxcfs, IsHungUpInAMountNamespaceThatCannotSeeIt) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  ASSERT_TRUE(lxcfs_answers() || start_lxcfs());
  const Fd clone = clone_lxcfs();
  ASSERT_TRUE(clone);
  const pid_t child = fork();
  if (child == 0) {
    if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        umount2(kLxcfs, MNT_DETACH) != 0 || lxcfs_answers())
      _exit(1);
    if (!hang_up_lxcfs({}) || lxcfs_answers()) _exit(2);  // an empty clone changes nothing
    _exit(hang_up_lxcfs(clone) && lxcfs_answers() ? 0 : 3);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(lxcfs_answers());
}

}  // namespace
}  // namespace stipend::host
