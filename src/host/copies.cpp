#include "host/copies.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>

#include "host/disk.hpp"
#include "host/disk_copy.hpp"
#include "host/files.hpp"
#include "host/mounts.hpp"
#include "hostlink/grammar.hpp"

namespace stipend::host {
namespace {

using base::fail;
using base::fail_errno;
using base::Fault;

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

}  // namespace

base::Status take_copy(const Names& names, const base::DiskId& disk, const std::string& date, std::int64_t keep) {
  TRY_ASSIGN(const Fd disks, open_disks(names));
  TRY_ASSIGN(const Fd from, open_trusted(disks.get(), disk.str() + ".img", true));
  TRY_ASSIGN(const Fd folder, open_copies(names, disk, true));
  struct stat source{}, newest{};
  if (fstat(from.get(), &source) != 0) return fail_errno("look at the disk", errno);
  auto dates = dates_in(folder);
  const bool have = std::ranges::find(dates, date) != dates.end();
  const bool unchanged = !dates.empty() && fstatat(folder.get(), (dates.front() + ".img").c_str(), &newest, AT_SYMLINK_NOFOLLOW) == 0 &&
                         same_time(source, newest);
  if (!have && !unchanged) {
    TRY(room_for_copy(folder, 0));
    TRY(make_file(folder, date + ".img", kUnfinished, [&](const Fd& to) -> base::Status {
      TRY(copy_disk(names, disk, from, to, 0));
      const timespec times[2] = {source.st_mtim, source.st_mtim};
      return futimens(to.get(), times) == 0 ? base::Status{} : fail_errno("date the copy", errno);
    }));
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

}  // namespace stipend::host
