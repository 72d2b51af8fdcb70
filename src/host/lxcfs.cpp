#include "host/lxcfs.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <thread>

#include "host/files.hpp"
#include "host/mounts.hpp"
#include "host/process.hpp"

namespace stipend::host {

using base::fail;
using base::Fault;

bool lxcfs_answers() {
  return exists(std::string(kLxcfs) + "/proc/meminfo");
}

base::Status remove_dead_lxcfs() {
  if (access(kLxcfs, F_OK) == 0 || errno != ENOTCONN) return {};
  return unmount(kLxcfs);
}

base::Status start_lxcfs() {
  if (exists("/run/systemd/system")) {
    TRY(run_tool({"systemctl", "start", "lxcfs"}, 10'000));
  } else {
    if (find_tool("lxcfs").empty())
      return fail(Fault::kUnavailable, "ToolMissing", "lxcfs is not installed; `apt install lxcfs`");
    TRY(remove_dead_lxcfs());
    TRY(make_folders(kLxcfs, 0755));
    TRY(run_tool({"sh", "-c", std::string("exec setsid -f lxcfs ") + kLxcfs + " </dev/null >/dev/null 2>&1"}, 5000));
  }
  for (int i = 0; i < 500 && !lxcfs_answers(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  if (!lxcfs_answers())
    return fail(Fault::kUnavailable, "Lxcfs", std::string("lxcfs does not answer; look at `lxcfs -f ") + kLxcfs + "`");
  return {};
}

Fd clone_lxcfs() {
  if (!lxcfs_answers()) return {};
  return Fd(static_cast<int>(syscall(SYS_open_tree, AT_FDCWD, kLxcfs, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)));
}

base::Status attach_lxcfs(const Fd& clone) {
  if (!clone || lxcfs_answers()) return {};
  if (syscall(SYS_move_mount, clone.get(), "", AT_FDCWD, kLxcfs, MOVE_MOUNT_F_EMPTY_PATH) != 0)
    return base::fail_errno(std::string("mount on ") + kLxcfs, errno);
  return {};
}

}  // namespace stipend::host
