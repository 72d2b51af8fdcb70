#include "host/mount_namespace.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/magic.h>
#include <cerrno>

#include "base/log.hpp"
#include "host/cgroup.hpp"
#include "host/fd.hpp"
#include "host/files.hpp"
#include "host/lxcfs.hpp"
#include "host/mounts.hpp"

namespace stipend::host {
namespace {

using base::fail_errno;

std::string pin_folder(const Names& names) {
  return names.runtime + "/ns";
}
std::string pin(const Names& names) {
  return names.runtime + "/ns/mnt";
}

bool is_pinned(const Names& names) {
  struct statfs s{};
  return statfs(pin(names).c_str(), &s) == 0 && s.f_type == NSFS_MAGIC;
}

base::Status make_pin_folder(const Names& names) {
  TRY(make_folders(pin_folder(names), 0700));
  TRY(make_folders(names.mounts, 0711));
  if (!is_mount_point(pin_folder(names))) {
    if (mount(pin_folder(names).c_str(), pin_folder(names).c_str(), nullptr, MS_BIND, nullptr) != 0)
      return fail_errno("bind " + pin_folder(names), errno);
  }
  if (mount(nullptr, pin_folder(names).c_str(), nullptr, MS_PRIVATE, nullptr) != 0)
    return fail_errno("make " + pin_folder(names) + " private", errno);
  return {};
}

// A new mount namespace, made on that CPU and pinned: 0, or why not. It cannot be pinned from inside itself.
int try_pin(const Names& names, int cpu) {
  Fd(open(pin(names).c_str(), O_CREAT | O_CLOEXEC | O_RDONLY, 0600));
  int up[2], down[2];
  if (pipe2(up, O_CLOEXEC) != 0 || pipe2(down, O_CLOEXEC) != 0) return errno;
  Fd up_read(up[0]), up_write(up[1]), down_read(down[0]), down_write(down[1]);
  const pid_t child = fork();
  if (child < 0) return errno;
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    char answer = 0;
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(cpu, &only);
    sched_setaffinity(0, sizeof only, &only);
    // Slave: what the host mounts later (lxcfs) shows here; what is mounted here never shows on the host.
    if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0 ||
        mount("stipend", names.mounts.c_str(), "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
              "mode=711,size=64m,nr_inodes=64k") != 0 ||
        mount(nullptr, names.mounts.c_str(), nullptr, MS_PRIVATE, nullptr) != 0)
      answer = static_cast<char>(errno);
    down_write.reset();
    if (write(up_write.get(), &answer, 1) == 1) (void)!read(down_read.get(), &answer, 1);
    _exit(0);
  }
  char answer = static_cast<char>(EIO);
  up_write.reset();
  if (read(up_read.get(), &answer, 1) != 1) answer = static_cast<char>(EIO);
  int failed = answer;
  if (failed == 0) {
    const std::string source = "/proc/" + std::to_string(child) + "/ns/mnt";
    if (mount(source.c_str(), pin(names).c_str(), nullptr, MS_BIND, nullptr) != 0) failed = errno;
  }
  down_write.reset();
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return failed;
}

// The kernel pins only namespaces that are younger than the one it is asked in, by their numbers; since Linux 6.18 each
// CPU gives out numbers of its own, so in a container a namespace made on another CPU may look older.
base::Status make_pin(const Names& names) {
  TRY(make_pin_folder(names));
  int failed = EINVAL;
  for (const int cpu : host_cpus())
    if (failed == EINVAL) failed = try_pin(names, cpu);
  if (failed != 0) return fail_errno("make the private mount namespace", failed);
  return {};
}

}  // namespace

base::Status enter_mount_namespace(const Names& names) {
  TRY_ASSIGN(Fd lock, lock_file(names.runtime + "/lock"));
  if (!is_pinned(names)) TRY(make_pin(names));
  Fd ns(open(pin(names).c_str(), O_RDONLY | O_CLOEXEC));
  if (!ns) return fail_errno("open " + pin(names), errno);
  const Fd lxcfs = clone_lxcfs();
  if (setns(ns.get(), CLONE_NEWNS) != 0) return fail_errno("enter the private mount namespace", errno);
  if (const auto attached = attach_lxcfs(lxcfs); !attached)
    base::log::warn("machines will see this host's memory and CPUs", {{"why", attached.error().message}});
  for (const char* folder : {"/images", "/disks", "/lower", "/upper"})
    TRY(make_folders(names.mounts + folder, 0700));
  // A machine's init passes through these as an unprivileged user before it has its own root.
  for (const char* folder : {"/root", "/facts", "/home", "/course"}) TRY(make_folders(names.mounts + folder, 0711));
  return {};
}

base::Status drop_mount_namespace(const Names& names) {
  if (is_mount_point(names.mounts)) {  // called from inside
    TRY(unmount_below(names.mounts));
    return {};
  }
  TRY_ASSIGN(Fd lock, lock_file(names.runtime + "/lock"));
  if (is_pinned(names) && umount2(pin(names).c_str(), MNT_DETACH) != 0)
    return fail_errno("unpin the mount namespace", errno);
  if (is_mount_point(pin_folder(names)) && umount2(pin_folder(names).c_str(), MNT_DETACH) != 0)
    return fail_errno("unmount " + pin_folder(names), errno);
  return {};
}

}  // namespace stipend::host
