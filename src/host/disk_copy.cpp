#include "host/disk_copy.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>

#include "host/disk.hpp"
#include "host/host_reserve.hpp"
#include "host/mounts.hpp"
#include "host/spawn.hpp"

namespace stipend::host {
namespace {

using base::fail;
using base::fail_errno;
using base::Fault;

constexpr std::int64_t kKeepFree = std::int64_t{2} << 30;  // of the host's file system, whatever else is asked of it
constexpr int kLastUserMs = 3'000;  // a file worker that left has let go of its disk within this
constexpr off_t kStep = off_t{32} << 20;

bool shares_blocks(int error) { return error != EOPNOTSUPP && error != EXDEV && error != EINVAL && error != ENOTTY && error != ENOSYS; }

// Whether it is shared now; an error when it could be and is not.
base::Result<bool> share(const Fd& from, const Fd& to) {
  if (ioctl(to.get(), FICLONE, from.get()) == 0) return true;
  if (shares_blocks(errno)) return fail_errno("copy the disk", errno);
  return false;
}

// Only what is written anywhere in the file. Others may take the room that there was at the beginning.
base::Status copy_written(const Fd& from, const Fd& to, std::optional<std::int64_t> until_ms) {
  struct stat source{};
  if (fstat(from.get(), &source) != 0) return fail_errno("look at the disk", errno);
  if (ftruncate(to.get(), source.st_size) != 0) return fail_errno("size the copy", errno);
  for (off_t at = 0; at < source.st_size;) {
    off_t begin = lseek(from.get(), at, SEEK_DATA);
    if (begin < 0 && errno == ENXIO) break;
    if (begin < 0) return fail_errno("read the disk", errno);
    const off_t end = lseek(from.get(), begin, SEEK_HOLE);
    if (end < 0) return fail_errno("read the disk", errno);
    off_t target = begin;
    while (begin < end) {
      if (until_ms && monotonic_ms() >= *until_ms)
        return fail(Fault::kUnavailable, "SnapshotNeedsStop",
                    "its machine would have to stand still for too long while the disk is copied; stop the machine first, "
                    "then make the snapshot");
      const auto step = std::min(end - begin, kStep);
      TRY(room_for_copy(to, step));
      const auto done = copy_file_range(from.get(), &begin, to.get(), &target, static_cast<std::size_t>(step), 0);
      if (done < 0 && errno == EINTR) continue;
      if (done <= 0) return fail_errno("write the copy", done < 0 ? errno : EIO);
    }
    at = end;
  }
  return {};
}

base::Status room_for_all(const Fd& from, const Fd& to) {
  struct stat source{};
  if (fstat(from.get(), &source) != 0) return fail_errno("look at the disk", errno);
  return room_for_copy(to, source.st_blocks * 512);
}

// A file system that is written out and stands still meanwhile.
base::Status copy_mounted(const Fd& mounted, const Fd& from, const Fd& to, std::int64_t frozen_ms) {
  TRY_ASSIGN(const bool shares, share(from, to));  // what it shares now is of no one instant
  if (!shares && frozen_ms == 0)
    return fail(Fault::kConflict, "VolumeInUse",
                "the disk is in use, and this computer's file system cannot share blocks; it is copied when its machine has stopped");
  if (!shares) TRY(room_for_all(from, to));
  syncfs(mounted.get());
  if (ioctl(mounted.get(), FIFREEZE, 0) != 0) return fail_errno("freeze the disk", errno);
  const auto copied = [&]() -> base::Status {
    if (!shares) return copy_written(from, to, monotonic_ms() + frozen_ms);
    TRY_ASSIGN(const bool shared, share(from, to));
    return shared ? base::Status{} : fail_errno("copy the disk", EOPNOTSUPP);
  }();
  if (ioctl(mounted.get(), FITHAW, 0) != 0 && copied)
    return fail(Fault::kConflict, "VolumeInUse", "its machine ended while its disk was copied; try again");
  return copied;
}

}  // namespace

base::Status room_for_copy(const Fd& on, std::int64_t bytes) {
  TRY_ASSIGN(const auto reserve, HostReserve::of(Fd(fcntl(on.get(), F_DUPFD_CLOEXEC, 0)), kKeepFree));
  if (!reserve.room_for(bytes))
    return fail(Fault::kNoRoom, kHostDiskFull, "there is no room on this computer's disk for another copy; free space there");
  return {};
}

base::Status copy_free_disk(const Fd& from, const Fd& to) {
  for (int waited = 0; flock(from.get(), LOCK_SH | LOCK_NB) != 0; waited += 20) {
    if (waited >= kLastUserMs) return fail(Fault::kConflict, "VolumeInUse", "the disk is being attached or looked at; it is copied later");
    usleep(20'000);
  }
  TRY_ASSIGN(const bool shared, share(from, to));
  if (shared) return {};
  TRY(room_for_all(from, to));
  return copy_written(from, to, std::nullopt);
}

base::Status copy_disk(const Names& names, const base::DiskId& disk, const Fd& from, const Fd& to, std::int64_t frozen_ms) {
  const std::string raw = raw_disk_path(names, disk);
  if (!is_mount_point(raw)) return copy_free_disk(from, to);
  const Fd mounted(open(raw.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!mounted) return fail_errno("open the mounted disk", errno);
  return copy_mounted(mounted, from, to, frozen_ms);
}

void thaw_disk(const Names& names, const base::DiskId& disk) {
  const Fd mounted(open(raw_disk_path(names, disk).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (mounted && is_mount_point(raw_disk_path(names, disk))) ioctl(mounted.get(), FITHAW, 0);
}

void thaw_disks(const Names& names) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(names.mounts + "/disks", ignored))
    if (const auto disk = base::DiskId::parse(entry.path().filename().string())) thaw_disk(names, *disk);
}

}  // namespace stipend::host
