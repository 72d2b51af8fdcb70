#include "host/copies.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>

#include "host/disk.hpp"
#include "host/files.hpp"
#include "host/host_reserve.hpp"
#include "host/mounts.hpp"
#include "hostlink/grammar.hpp"

namespace stipend::host {
namespace {

using base::fail;
using base::fail_errno;
using base::Fault;

constexpr std::int64_t kKeepFree = std::int64_t{2} << 30;  // of the host's file system, whatever else is asked of it

constexpr const char* kUnfinished = ".new";

std::string folder_of(const Names& names) { return names.state + "/copies"; }

// As with disks: the state folder may belong to the server's user, so the folders' own owner decides.
base::Result<Fd> open_root_folder(const std::string& path) {
  Fd folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder) return fail_errno("open " + path, errno);
  struct stat s{};
  if (fstat(folder.get(), &s) != 0 || s.st_uid != 0 || (s.st_mode & 022) != 0)
    return fail(Fault::kDenied, "UntrustedFile", path + " is not a folder that only root can write; `chown root` and `chmod 700` it");
  return folder;
}

base::Result<Fd> open_copies(const Names& names, const base::DiskId& disk, bool make) {
  if (make) TRY(make_folders(folder_of(names), 0700));
  TRY_ASSIGN(const Fd all, open_root_folder(folder_of(names)));
  if (make && mkdirat(all.get(), disk.str().c_str(), 0700) != 0 && errno != EEXIST) return fail_errno("make the folder of copies", errno);
  Fd own(openat(all.get(), disk.str().c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!own) return fail_errno("open the folder of copies", errno);
  return own;
}

std::vector<std::string> dates_in(const Fd& folder) {
  std::vector<std::string> dates;
  std::unique_ptr<DIR, int (*)(DIR*)> reading(fdopendir(openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)), closedir);
  while (const dirent* entry = reading ? readdir(reading.get()) : nullptr) {
    std::string_view name = entry->d_name;
    if (name.ends_with(".img") && hostlink::is_date(name.substr(0, name.size() - 4))) dates.emplace_back(name.substr(0, name.size() - 4));
  }
  std::ranges::sort(dates, std::greater{});
  return dates;
}

bool same_time(const struct stat& a, const struct stat& b) {
  return a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

// `on`: anything of the file system of the copies.
base::Status room_for(const Fd& on, std::int64_t bytes) {
  TRY_ASSIGN(const auto reserve, HostReserve::of(Fd(fcntl(on.get(), F_DUPFD_CLOEXEC, 0)), kKeepFree));
  if (!reserve.room_for(bytes)) return fail(Fault::kNoRoom, "HostDiskFull", "there is no room on this computer's disk for another copy; free space there");
  return {};
}

constexpr int kLastUserMs = 3'000;  // a file worker that left has let go of its disk within this
constexpr off_t kStep = off_t{256} << 20;

// Only what is written anywhere in the file. Others may take the room that there was at the beginning.
base::Status copy_written(const Fd& from, const Fd& to, off_t size) {
  if (ftruncate(to.get(), size) != 0) return fail_errno("size the copy", errno);
  for (off_t at = 0; at < size;) {
    off_t begin = lseek(from.get(), at, SEEK_DATA);
    if (begin < 0 && errno == ENXIO) break;
    if (begin < 0) return fail_errno("read the disk", errno);
    const off_t end = lseek(from.get(), begin, SEEK_HOLE);
    if (end < 0) return fail_errno("read the disk", errno);
    off_t target = begin;
    while (begin < end) {
      const auto step = std::min(end - begin, kStep);
      TRY(room_for(to, step));
      const auto done = copy_file_range(from.get(), &begin, to.get(), &target, static_cast<std::size_t>(step), 0);
      if (done < 0 && errno == EINTR) continue;
      if (done <= 0) return fail_errno("write the copy", done < 0 ? errno : EIO);
    }
    at = end;
  }
  return {};
}

bool shares_blocks(int error) { return error != EOPNOTSUPP && error != EXDEV && error != EINVAL && error != ENOTTY && error != ENOSYS; }

// A file system that is written out and stands still for as long as the clone takes.
base::Status clone_in_use(const Fd& mounted, const Fd& from, const Fd& to) {
  syncfs(mounted.get());
  if (ioctl(mounted.get(), FIFREEZE, 0) != 0) return fail_errno("freeze the disk", errno);
  const int cloned = ioctl(to.get(), FICLONE, from.get()) == 0 ? 0 : errno;
  ioctl(mounted.get(), FITHAW, 0);
  if (cloned == 0) return {};
  if (!shares_blocks(cloned))
    return fail(Fault::kConflict, "VolumeInUse", "the disk is in use, and this computer's file system cannot share blocks; it is copied when its machine has stopped");
  return fail_errno("copy the disk", cloned);
}

base::Status fill(const Names& names, const base::DiskId& disk, const Fd& from, const Fd& to, const struct stat& source) {
  if (is_mount_point(raw_disk_path(names, disk))) {
    const Fd mounted(open(raw_disk_path(names, disk).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!mounted) return fail_errno("open the mounted disk", errno);
    return clone_in_use(mounted, from, to);
  }
  for (int waited = 0; flock(from.get(), LOCK_EX | LOCK_NB) != 0; waited += 20) {
    if (waited >= kLastUserMs) return fail(Fault::kConflict, "VolumeInUse", "the disk is being attached or looked at; it is copied later");
    usleep(20'000);
  }
  if (ioctl(to.get(), FICLONE, from.get()) == 0) return {};
  if (shares_blocks(errno)) return fail_errno("copy the disk", errno);
  TRY(room_for(to, source.st_blocks * 512));
  return copy_written(from, to, source.st_size);
}

}  // namespace

base::Status take_copy(const Names& names, const base::DiskId& disk, const std::string& date, std::int64_t keep) {
  TRY_ASSIGN(const Fd disks, open_root_folder(names.disks()));
  TRY_ASSIGN(const Fd from, open_trusted(disks.get(), disk.str() + ".img", true));
  TRY_ASSIGN(const Fd folder, open_copies(names, disk, true));
  const std::string name = date + ".img", temporary = kUnfinished;
  struct stat source{}, newest{};
  if (fstat(from.get(), &source) != 0) return fail_errno("look at the disk", errno);
  auto dates = dates_in(folder);
  const bool have = std::ranges::find(dates, date) != dates.end();
  const bool unchanged = !dates.empty() && fstatat(folder.get(), (dates.front() + ".img").c_str(), &newest, AT_SYMLINK_NOFOLLOW) == 0 &&
                         same_time(source, newest);
  if (!have && !unchanged) {
    TRY(room_for(folder, 0));
    unlinkat(folder.get(), temporary.c_str(), 0);
    const auto made = [&]() -> base::Status {
      const Fd to(openat(folder.get(), temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
      if (!to) return fail_errno("make the copy", errno);
      TRY(fill(names, disk, from, to, source));
      const timespec times[2] = {source.st_mtim, source.st_mtim};
      if (futimens(to.get(), times) != 0 || fsync(to.get()) != 0 ||
          renameat(folder.get(), temporary.c_str(), folder.get(), name.c_str()) != 0 || fsync(folder.get()) != 0)
        return fail_errno("finish the copy", errno);
      return {};
    }();
    if (!made) {
      unlinkat(folder.get(), temporary.c_str(), 0);
      return made;
    }
    dates = dates_in(folder);
  }
  for (std::size_t i = static_cast<std::size_t>(std::max<std::int64_t>(keep, 1)); i < dates.size(); ++i)
    unlinkat(folder.get(), (dates[i] + ".img").c_str(), 0);
  return {};
}

void drop_unfinished_copy(const Names& names, const base::DiskId& disk) {
  if (const auto folder = open_copies(names, disk, false)) unlinkat(folder->get(), kUnfinished, 0);
}

base::Result<std::vector<std::string>> list_copies(const Names& names, const base::DiskId& disk) {
  if (!exists(folder_of(names) + "/" + disk.str())) return std::vector<std::string>{};
  TRY_ASSIGN(const Fd folder, open_copies(names, disk, false));
  return dates_in(folder);
}

base::Status delete_copies(const Names& names, const base::DiskId& disk) {
  std::error_code error;
  std::filesystem::remove_all(folder_of(names) + "/" + disk.str(), error);
  if (error) return fail_errno("delete the copies of " + disk.str(), error.value());
  return {};
}

base::Result<std::string> attach_copy(const Names& names, const base::DiskId& disk, const std::string& date, IdRange ids) {
  TRY_ASSIGN(const Fd folder, open_copies(names, disk, false));
  if (faccessat(folder.get(), (date + ".img").c_str(), F_OK, AT_SYMLINK_NOFOLLOW) != 0)
    return fail(Fault::kNotFound, "NoSuchCopy", "There is no copy of that day any more.");
  TRY_ASSIGN(const Fd blocks, open_trusted(folder.get(), date + ".img", true));
  const std::string raw = raw_disk_path(names, disk), clone = names.mounts + "/upper/" + disk.str();
  TRY(make_folders(raw, 0700));
  TRY(make_folders(clone, 0700));
  TRY_ASSIGN(const Loop loop, attach_loop(blocks, true));
  // noload: a machine that was killed left a journal that cannot be replayed on what is only read.
  for (const char* options : {"", "noload"})
    if (mount(loop.device.c_str(), raw.c_str(), "ext4", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME, options) == 0) {
      TRY(mount_idmapped(raw, clone, ids));
      return clone;
    }
  return fail_errno("mount the copy", errno);
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
