#include "host/lxcfs.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace stipend::host {
namespace {

// What a FUSE program that was killed leaves.
bool mount_dead() {
  const int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
  const auto options = "fd=" + std::to_string(fuse) + ",rootmode=40000,user_id=0,group_id=0,allow_other";
  const bool mounted = mount("fuse", kLxcfs, "fuse", 0, options.c_str()) == 0;
  close(fuse);
  return mounted && access(kLxcfs, F_OK) != 0 && errno == ENOTCONN;
}

// In a mount namespace of its own that does not see lxcfs: 0, or which step went wrong.
int lose_and_attach(const Fd& clone, bool leave_dead) {
  if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      umount2(kLxcfs, MNT_DETACH) != 0 || lxcfs_answers())
    return 1;
  if (leave_dead && !mount_dead()) return 2;
  if (!attach_lxcfs({}) || lxcfs_answers()) return 3;  // an empty clone changes nothing
  if (!attach_lxcfs(clone) || !lxcfs_answers()) return 4;
  // A living one is left alone; what is below it, the dead one, goes.
  if (!remove_dead_lxcfs() || !lxcfs_answers() || umount2(kLxcfs, MNT_DETACH) != 0) return 5;
  return remove_dead_lxcfs() && access(kLxcfs, F_OK) == 0 ? 0 : 6;
}

TEST(Lxcfs, IsAttachedInAMountNamespaceThatCannotSeeItOrHasADeadOne) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  ASSERT_TRUE(lxcfs_answers() || start_lxcfs());
  for (const bool leave_dead : {false, true}) {
    const Fd clone = clone_lxcfs();
    ASSERT_TRUE(clone);
    const pid_t child = fork();
    if (child == 0) _exit(lose_and_attach(clone, leave_dead));
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(WEXITSTATUS(status), 0) << leave_dead;
    EXPECT_TRUE(lxcfs_answers());
  }
}

}  // namespace
}  // namespace stipend::host
