#include "files/sandbox.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>
#include <cerrno>
#include <memory>

#include "files/tree.hpp"
#include "host/copies.hpp"
#include "host/course_folder.hpp"
#include "host/disk.hpp"
#include "host/files.hpp"
#include "host/mounts.hpp"
#include "host/rootfs.hpp"

namespace stipend::files {
namespace {

using base::fail_errno;
using host::Fd;

constexpr uid_t kLoginUser = 1000;  // of every image: ubuntu

base::Status own_namespaces() {
  if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) != 0) return fail_errno("make namespaces", errno);
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return fail_errno("make the mounts private", errno);
  return {};
}

// A tmpfs of our own over the state's: the mounts of machines are let go, so that their disks can be.
base::Status leave_state_mounts(const host::Names& names) {
  if (umount2(names.mounts.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0) return fail_errno("leave the machines' mounts", errno);
  if (mount("stipend", names.mounts.c_str(), "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=711,size=4m") != 0)
    return fail_errno("make a place for mounts", errno);
  for (const char* folder : {"/images", "/disks", "/lower", "/upper", "/root"}) TRY(host::make_folders(names.mounts + folder, 0711));
  return {};
}

// Where the home is inside the tree, of the guest's making: no link of his leads out of it.
base::Result<Fd> home_in(const host::Names& names, const Place& place) {
  if (place.image.empty()) {
    TRY_ASSIGN(const std::string clone, place.copy.empty() ? host::attach_disk(names, place.disk, place.ids)
                                                           : host::attach_copy(names, place.disk, place.copy, place.ids));
    const Fd root(::open(clone.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!root) return fail_errno("open the disk", errno);
    return open_beneath(root, "home", O_PATH | O_DIRECTORY);
  }
  TRY_ASSIGN(const std::string tree, host::prepare_rootfs(names, {host::stand_in(place.disk), place.image, place.disk, place.ids}));
  const Fd root(::open(tree.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return fail_errno("open the tree", errno);
  return open_beneath(root, "home/ubuntu", O_PATH | O_DIRECTORY);
}

// A clone of the mount that is at no place yet. Of a mount of our own namespace.
base::Result<Fd> clone_of(int at, const char* path) {
  Fd mounted(static_cast<int>(syscall(SYS_open_tree, at, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH)));
  if (!mounted) return fail_errno("bind the home", errno);
  return mounted;
}

base::Status make_root(const Fd& mounted) {
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW;
  if (syscall(SYS_mount_setattr, mounted.get(), "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0)
    return fail_errno("restrict the home", errno);
  // Over the root, then the old one is taken from under it.
  if (syscall(SYS_move_mount, mounted.get(), "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) != 0) return fail_errno("mount the home", errno);
  if (fchdir(mounted.get()) != 0 || syscall(SYS_pivot_root, ".", ".") != 0) return fail_errno("pivot_root", errno);
  if (umount2(".", MNT_DETACH) != 0 || chdir("/") != 0) return fail_errno("leave the host's files", errno);
  return {};
}

base::Status limit(__rlimit_resource what, rlim_t most) {
  const rlimit both{most, most};
  if (setrlimit(what, &both) != 0) return fail_errno("setrlimit", errno);
  return {};
}

}  // namespace

base::Result<Inside> enter(const host::Names& names, const Place& place) {
  Fd mounted;
  if (place.course_gib > 0) {
    TRY_ASSIGN(const std::string shared, host::prepare_course_folder(names, {host::stand_in(place.disk), place.disk, place.course_gib, true, place.ids}));
    TRY(own_namespaces());
    TRY_ASSIGN(mounted, clone_of(AT_FDCWD, shared.c_str()));
    TRY(leave_state_mounts(names));
  } else {
    TRY(own_namespaces());
    TRY(leave_state_mounts(names));
    TRY_ASSIGN(const Fd home, home_in(names, place));
    TRY_ASSIGN(mounted, clone_of(home.get(), ""));
  }
  Inside inside;
  if (place.copy.empty()) {
    // Of all the host's files the one thing that is kept, and it opens nothing: O_PATH of a plain file.
    Fd blocks(::open((names.disks() + "/" + place.disk.str() + ".img").c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!blocks) return fail_errno("look at the disk's file", errno);
    TRY_ASSIGN(inside.reserve, host::HostReserve::of(std::move(blocks)));
  }
  TRY(make_root(mounted));
  inside.home = Fd(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!inside.home) return fail_errno("open the home", errno);
  return inside;
}

base::Status become_guest(host::IdRange ids) {
  const uid_t uid = ids.base() + kLoginUser;
  TRY(limit(RLIMIT_CORE, 0));
  TRY(limit(RLIMIT_NOFILE, 1024));
  TRY(limit(RLIMIT_NPROC, 32));
  TRY(limit(RLIMIT_AS, rlim_t{1} << 30));
  TRY(limit(RLIMIT_FSIZE, static_cast<rlim_t>(hostlink::kMaxUploadBytes)));
  umask(022);
  for (int capability = 0; capability <= CAP_LAST_CAP; ++capability) prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  if (setgroups(0, nullptr) != 0 || setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0 || setuid(0) == 0)
    return fail_errno("become the guest's user", errno);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno("no new privileges", errno);
  return {};
}

base::Status allow_files_only() {
  const std::unique_ptr<void, void (*)(scmp_filter_ctx)> filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)), seccomp_release);
  if (!filter) return fail_errno("seccomp", ENOMEM);
  // All threads, also those that exist.
  if (seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1) != 0) return fail_errno("seccomp", EINVAL);
  for (const int call :
       {SCMP_SYS(read), SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(pwrite64), SCMP_SYS(writev), SCMP_SYS(lseek), SCMP_SYS(close), SCMP_SYS(fcntl),
        SCMP_SYS(openat), SCMP_SYS(openat2), SCMP_SYS(newfstatat), SCMP_SYS(fstat), SCMP_SYS(statx), SCMP_SYS(fstatfs), SCMP_SYS(getdents64),
        SCMP_SYS(mkdirat), SCMP_SYS(unlinkat), SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(ftruncate), SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(sync_file_range),
        SCMP_SYS(accept4), SCMP_SYS(recvfrom), SCMP_SYS(sendmsg), SCMP_SYS(sendto), SCMP_SYS(sendfile), SCMP_SYS(setsockopt), SCMP_SYS(shutdown),
        SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(futex), SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time),
        SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mprotect), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(getrandom), SCMP_SYS(rseq),
        SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(restart_syscall), SCMP_SYS(sched_yield), SCMP_SYS(gettid),
        SCMP_SYS(getpid), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(set_robust_list)})
    if (seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0) != 0) return fail_errno("seccomp", EINVAL);
  if (const int failed = seccomp_load(filter.get()); failed != 0) return fail_errno("seccomp", -failed);
  return {};
}

}  // namespace stipend::files
