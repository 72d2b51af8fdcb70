#include "host/mounts.hpp"

#include <fcntl.h>
#include <linux/loop.h>
#include <linux/securebits.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <sstream>
#include <vector>

#include "base/check.hpp"
#include "host/files.hpp"

#ifndef LOOP_CONFIGURE
#error "the kernel headers are older than 5.8"
#endif

namespace stipend::host {

using base::fail_errno;

bool is_mount_point(const std::string& path) {
  struct statx s{};
  return statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, 0, &s) == 0 &&
         (s.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

base::Status unmount(const std::string& path) {
  for (int tries = 0; tries < 16 && is_mount_point(path); ++tries) {
    // Plain first: it comes back when the file system is written out.
    if (umount2(path.c_str(), UMOUNT_NOFOLLOW) == 0) continue;
    if (Fd folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)); folder) syncfs(folder.get());
    if (umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0) return fail_errno("unmount " + path, errno);
  }
  return {};
}

base::Status unmount_below(const std::string& folder) {
  TRY_ASSIGN(std::string text, read_file("/proc/self/mountinfo", 16 << 20));
  std::vector<std::string> paths;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string skip, path;
    words >> skip >> skip >> skip >> skip >> path;
    if (path == folder || path.starts_with(folder + "/")) paths.push_back(path);
  }
  for (const auto& path : std::vector(paths.rbegin(), paths.rend())) TRY(unmount(path));
  return {};
}

base::Result<Fd> open_trusted(int at, const std::string& path, bool read_only) {
  Fd fd(openat(at, path.c_str(), (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return fail_errno("open " + path, errno);
  struct stat s{};
  if (fstat(fd.get(), &s) != 0) return fail_errno("look at " + path, errno);
  if (!S_ISREG(s.st_mode) || s.st_uid != 0 || (s.st_mode & 022) != 0)
    return base::fail(base::Fault::kDenied, "UntrustedFile",
                      path + " is not a file that only root can write, so it is not mounted; make it again");
  return fd;
}

base::Result<Loop> attach_loop(const Fd& file, bool read_only) {
  Fd control(open("/dev/loop-control", O_RDWR | O_CLOEXEC));
  if (!control) return fail_errno("open /dev/loop-control (`modprobe loop` provides it)", errno);
  for (int tries = 0; tries < 64; ++tries) {  // another process may take the free one first
    const int number = ioctl(control.get(), LOOP_CTL_GET_FREE);
    if (number < 0) return fail_errno("find a free loop device", errno);
    Loop loop;
    loop.device = "/dev/loop" + std::to_string(number);
    // Without udev nobody else makes the node of a number above the first eight.
    if (!exists(loop.device))
      mknod(loop.device.c_str(), S_IFBLK | 0600, makedev(7, static_cast<unsigned>(number)));
    loop.fd = Fd(open(loop.device.c_str(), (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC));
    if (!loop.fd) return fail_errno("open " + loop.device, errno);
    loop_config config{};
    config.fd = static_cast<unsigned>(file.get());
    config.info.lo_flags = LO_FLAGS_AUTOCLEAR | (read_only ? LO_FLAGS_READ_ONLY : 0u);
    if (ioctl(loop.fd.get(), LOOP_CONFIGURE, &config) == 0) {
      // Direct I/O spares a second copy in the page cache; not every file system can.
      if (!read_only) ioctl(loop.fd.get(), LOOP_SET_DIRECT_IO, 1UL);
      return loop;
    }
    if (errno != EBUSY) return fail_errno("attach a disk file to " + loop.device, errno);
  }
  return base::fail(base::Fault::kNoRoom, "NoLoopDevice",
                    "no free loop device; raise the `max_loop` of the loop module or stop machines");
}

base::Status mount_idmapped(const std::string& source, const std::string& target, IdRange ids, Clone clone) {
  TRY_ASSIGN(Fd ns, user_namespace(ids));
  Fd tree(static_cast<int>(
      syscall(SYS_open_tree, AT_FDCWD, source.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)));
  if (!tree) return fail_errno("clone the mount " + source, errno);
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_IDMAP | MOUNT_ATTR_NODEV;
  attributes.attr_clr = MOUNT_ATTR_NOEXEC;
  if (clone == Clone::kSystem) attributes.attr_clr |= MOUNT_ATTR_NOSUID;
  else attributes.attr_set |= MOUNT_ATTR_NOSUID;
  if (clone == Clone::kReadOnlyFiles) attributes.attr_set |= MOUNT_ATTR_RDONLY;
  attributes.userns_fd = static_cast<std::uint64_t>(ns.get());
  if (syscall(SYS_mount_setattr, tree.get(), "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0)
    return fail_errno("idmap the mount " + source + " (needs a kernel of 5.19 or newer)", errno);
  if (syscall(SYS_move_mount, tree.get(), "", AT_FDCWD, target.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0)
    return fail_errno("mount on " + target, errno);
  return {};
}

FsUser::FsUser(uid_t uid, gid_t gid) {
  dumpable_ = prctl(PR_GET_DUMPABLE);
  prctl(PR_GET_PDEATHSIG, &death_signal_);
  securebits_ = prctl(PR_GET_SECUREBITS);
  // Otherwise leaving uid 0 drops the capabilities that mounting and writing need.
  CHECK(prctl(PR_SET_SECUREBITS, securebits_ | SECBIT_NO_SETUID_FIXUP) == 0, "root may set its securebits");
  setfsgid(gid);
  setfsuid(uid);
  CHECK(static_cast<uid_t>(setfsuid(uid)) == uid, "root may become any file-system user");
}

FsUser::~FsUser() {
  setfsuid(0);
  setfsgid(0);
  prctl(PR_SET_SECUREBITS, securebits_);
  if (dumpable_ == 1) prctl(PR_SET_DUMPABLE, 1);
  if (death_signal_ != 0) prctl(PR_SET_PDEATHSIG, death_signal_);
}

}  // namespace stipend::host
