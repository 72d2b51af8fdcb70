#include "host/disk.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "host/files.hpp"
#include "host/mounts.hpp"
#include "host/process.hpp"

namespace stipend::host {
namespace {

using base::fail;
using base::fail_errno;
using base::Fault;

constexpr std::int64_t kGib = std::int64_t{1} << 30, kMib = std::int64_t{1} << 20;
constexpr std::int64_t kBallast = 64 << 20;    // kept free so that the server can commit stops
constexpr std::int64_t kEmptyDisk = 16 << 20;  // what a fresh disk occupies, with room to boot

std::string file_name(const base::DiskId& disk) {
  return disk.str() + ".img";
}
std::string unfinished(const base::DiskId& disk) { return file_name(disk) + ".new"; }
std::string clone_path(const Names& names, const base::DiskId& disk) {
  return names.mounts + "/upper/" + disk.str();
}

// The loop device keeps the open file, and with it this lock, until the last mount of the disk is gone in
// every mount namespace: two mounts of one ext4 at a time would destroy it.
bool lock_disk(const Fd& blocks, int wait_ms) {
  for (int waited = 0; flock(blocks.get(), LOCK_EX | LOCK_NB) != 0; waited += 10) {
    if (waited >= wait_ms) return false;
    usleep(10'000);
  }
  return true;
}

constexpr int kLastUserMs = 20'000;  // a machine that just ended, or a file worker with an upload, lets go of its disk within this

base::Status format(const std::string& file) {
  // Own mkfs only: the kernel never mounts blocks that somebody else wrote. lazy_*: no zeroes written at
  // creation, so a disk of any size occupies a few MB; the fixed journal keeps that so for large ones.
  auto made =
      run_tool({"mkfs.ext4", "-q", "-F", "-m", "0", "-L", "stipend", "-E",
                "lazy_itable_init=1,lazy_journal_init=1,nodiscard,root_owner=0:0", "-J", "size=32", file},
               60'000);
  if (!made) return std::unexpected(std::move(made).error());
  return {};
}

}  // namespace

// The state folder may belong to the server's user, who could put another folder in this one's place: all
// work goes through one descriptor of a folder that only root writes.
base::Result<Fd> open_disks(const Names& names) {
  TRY(make_folders(names.disks(), 0700));
  Fd folder(open(names.disks().c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder) return fail_errno("open " + names.disks(), errno);
  struct stat s{};
  if (fstat(folder.get(), &s) != 0 || s.st_uid != 0 || (s.st_mode & 022) != 0)
    return fail(Fault::kDenied, "UntrustedFile",
                names.disks() + " is not a folder that only root can write; `chown root` and `chmod 700` it");
  return folder;
}

std::string raw_disk_path(const Names& names, const base::DiskId& disk) {
  return names.mounts + "/disks/" + disk.str();
}

base::Result<DiskRoom> disk_room(const Names& names) {
  TRY_ASSIGN(Fd folder, open_disks(names));
  struct statvfs s{};
  if (fstatvfs(folder.get(), &s) != 0) return fail_errno("look at the file system of " + names.state, errno);
  DiskRoom room;
  room.free_bytes = static_cast<std::int64_t>(s.f_bavail * s.f_frsize);
  room.total_bytes = static_cast<std::int64_t>(s.f_blocks * s.f_frsize);
  TRY_ASSIGN(auto disks, list_disks(names));
  for (const auto& disk : disks) {
    struct stat file{};
    if (fstatat(folder.get(), file_name(disk).c_str(), &file, AT_SYMLINK_NOFOLLOW) != 0) continue;
    room.promised_bytes += std::max<std::int64_t>(0, file.st_size - file.st_blocks * 512);
  }
  return room;
}

base::Result<DiskSpace> disk_space(const Names& names, const std::vector<base::DiskId>& disks) {
  TRY_ASSIGN(Fd folder, open_disks(names));
  struct statvfs s{};
  if (fstatvfs(folder.get(), &s) != 0) return fail_errno("look at the file system of " + names.disks(), errno);
  DiskSpace space{.size_bytes = static_cast<std::int64_t>(s.f_blocks * s.f_frsize),
                  .free_bytes = static_cast<std::int64_t>(s.f_bavail * s.f_frsize),
                  .occupied_bytes = {}};
  for (const auto& disk : disks) {
    struct stat file{};
    const bool there = fstatat(folder.get(), file_name(disk).c_str(), &file, AT_SYMLINK_NOFOLLOW) == 0;
    space.occupied_bytes.push_back(there ? file.st_blocks * 512 : 0);
  }
  return space;
}

namespace {

// How many clusters ext4 keeps back, of a file system that is mounted at `raw`.
base::Result<std::string> reserved_clusters(const std::string& raw) {
  struct stat mounted{};
  if (::stat(raw.c_str(), &mounted) != 0) return fail_errno("look at " + raw, errno);
  char target[256];
  const std::string device = fmt::format("/sys/dev/block/{}:{}", major(mounted.st_dev), minor(mounted.st_dev));
  const auto length = ::readlink(device.c_str(), target, sizeof target);
  if (length <= 0) return fail_errno("find the device of " + raw, errno);
  const std::string_view link(target, static_cast<std::size_t>(length));
  return fmt::format("/sys/fs/ext4/{}/reserved_clusters", link.substr(link.rfind('/') + 1));
}

base::Status keep_back(const Names& names, const base::DiskId& disk, std::uint64_t (*clusters)(const struct statvfs&)) {
  const std::string raw = raw_disk_path(names, disk);
  TRY_ASSIGN(const std::string reserve, reserved_clusters(raw));
  struct statvfs s{};
  if (::statvfs(raw.c_str(), &s) != 0) return fail_errno("look at " + raw, errno);
  return write_existing(reserve, std::to_string(clusters(s)));
}

}  // namespace

base::Status hold_disk(const Names& names, const base::DiskId& disk) {
  // As many as are free now: blocks that were freed later may be used again, they occupy the host already.
  return keep_back(names, disk, [](const struct statvfs& s) -> std::uint64_t { return s.f_bfree; });
}

base::Status release_disk(const Names& names, const base::DiskId& disk) {
  // ext4's own: a fiftieth, at most 4096.
  return keep_back(names, disk, [](const struct statvfs& s) -> std::uint64_t { return std::min<std::uint64_t>(s.f_blocks / 50, 4096); });
}

base::Status create_disk(const Names& names, const base::DiskId& disk, std::int64_t gib) {
  return create_disk(names, disk, gib, [&](const Fd& file, const std::string& path) -> base::Status {
    if (ftruncate(file.get(), gib * kGib) != 0) return fail_errno("size " + file_name(disk), errno);
    return format(path);
  });
}

base::Status create_disk(const Names& names, const base::DiskId& disk, std::int64_t gib, const FillDisk& fill) {
  if (disk.empty() || gib < 1 || gib > kDiskGibMax)
    return fail(Fault::kInvalid, "InvalidParameterValue", fmt::format("a disk has 1 to {} GiB", kDiskGibMax));
  TRY_ASSIGN(Fd folder, open_disks(names));
  const std::string name = file_name(disk), temporary = unfinished(disk);
  struct stat file{};
  if (fstatat(folder.get(), name.c_str(), &file, AT_SYMLINK_NOFOLLOW) == 0) {
    if (file.st_size == gib * kGib) return {};
    return fail(Fault::kConflict, "VolumeSizeMismatch",
                fmt::format("{} exists with {} GiB, not {}", disk.str(), file.st_size / kGib, gib));
  }
  struct statvfs s{};
  if (fstatvfs(folder.get(), &s) != 0)
    return fail_errno("look at the file system of " + names.disks(), errno);
  if (static_cast<std::int64_t>(s.f_bavail * s.f_frsize) < kBallast + kEmptyDisk)
    return fail(Fault::kNoRoom, "HostDiskFull",
                "the file system of " + names.state + " is full; free space there");
  return make_file(folder, name, temporary, [&](const Fd& made) {
    return fill(made, fmt::format("/proc/{}/fd/{}/{}", getpid(), folder.get(), temporary));
  });
}

void drop_unfinished_disk(const Names& names, const base::DiskId& disk) {
  if (const auto folder = open_disks(names)) unlinkat(folder->get(), unfinished(disk).c_str(), 0);
}

bool disk_exists(const Names& names, const base::DiskId& disk) { return exists(names.disks() + "/" + file_name(disk)); }

base::Result<std::int64_t> occupied_mib(const Names& names, const base::DiskId& disk) {
  TRY_ASSIGN(const Fd folder, open_disks(names));
  struct stat file{};
  if (fstatat(folder.get(), file_name(disk).c_str(), &file, AT_SYMLINK_NOFOLLOW) != 0)
    return fail(Fault::kNotFound, "InvalidVolume.NotFound", disk.str() + " has no file on this host");
  return (file.st_blocks * 512 + kMib - 1) / kMib;
}

base::Status delete_disk(const Names& names, const base::DiskId& disk) {
  TRY_ASSIGN(Fd folder, open_disks(names));
  Fd blocks(openat(folder.get(), file_name(disk).c_str(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
  if (blocks && !lock_disk(blocks, 0))
    return fail(Fault::kConflict, "VolumeInUse", disk.str() + " is in use by a machine; stop it first");
  unlinkat(folder.get(), unfinished(disk).c_str(), 0);
  if (unlinkat(folder.get(), file_name(disk).c_str(), 0) != 0 && errno != ENOENT)
    return fail_errno("delete " + file_name(disk), errno);
  return {};
}

base::Result<std::vector<base::DiskId>> list_disks(const Names& names) {
  std::vector<base::DiskId> disks;
  std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(names.disks().c_str()), closedir);
  if (!folder) {
    if (errno == ENOENT) return disks;
    return fail_errno("open " + names.disks(), errno);
  }
  while (const dirent* entry = readdir(folder.get())) {
    std::string_view name = entry->d_name;
    if (!name.ends_with(".img")) continue;
    name.remove_suffix(4);
    if (auto id = base::DiskId::parse(name)) disks.push_back(*id);
  }
  return disks;
}

base::Result<std::string> mount_disk(const Names& names, const base::DiskId& disk) {
  const std::string raw = raw_disk_path(names, disk);
  TRY_ASSIGN(Fd folder, open_disks(names));
  if (faccessat(folder.get(), file_name(disk).c_str(), F_OK, AT_SYMLINK_NOFOLLOW) != 0)
    return fail(Fault::kNotFound, "InvalidVolume.NotFound", disk.str() + " has no file on this host");
  auto mounted = [&]() -> base::Status {
    TRY(make_folders(raw, 0700));
    TRY_ASSIGN(Fd blocks, open_trusted(folder.get(), file_name(disk), false));
    if (!lock_disk(blocks, kLastUserMs))
      return fail(Fault::kConflict, "VolumeInUse",
                  disk.str() + " is still mounted by a machine that ended; its processes may hang");
    TRY_ASSIGN(Loop loop, attach_loop(blocks, false));
    // errors=remount-ro: a broken disk is its own machine's problem only.
    if (::mount(loop.device.c_str(), raw.c_str(), "ext4", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME,
                "errors=remount-ro") != 0)
      return fail_errno("mount " + file_name(disk), errno);
    return {};
  }();
  if (!mounted) {
    (void)unmount_disk(names, disk);
    return std::unexpected(std::move(mounted).error());
  }
  return raw;
}

// Removing the folder also takes the mount away from other mount namespaces, such as that of a machine which is just
// starting and has not yet left ours behind.
base::Status unmount_disk(const Names& names, const base::DiskId& disk) {
  const std::string raw = raw_disk_path(names, disk);
  TRY(unmount(raw));
  rmdir(raw.c_str());
  return {};
}

base::Result<std::string> attach_disk(const Names& names, const base::DiskId& disk, IdRange ids) {
  TRY(detach_disk(names, disk));
  const std::string clone = clone_path(names, disk);
  TRY_ASSIGN(const std::string raw, mount_disk(names, disk));
  auto mounted = make_folders(clone, 0700);
  if (mounted) mounted = mount_idmapped(raw, clone, ids);
  if (!mounted) {
    (void)detach_disk(names, disk);
    return std::unexpected(std::move(mounted).error());
  }
  return clone;
}

base::Status detach_disk(const Names& names, const base::DiskId& disk) {
  const std::string clone = clone_path(names, disk);
  TRY(unmount(clone));
  rmdir(clone.c_str());
  return unmount_disk(names, disk);
}

}  // namespace stipend::host
