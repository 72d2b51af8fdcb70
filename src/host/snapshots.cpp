#include "host/snapshots.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>

#include "host/disk.hpp"
#include "host/disk_copy.hpp"
#include "host/files.hpp"
#include "host/mounts.hpp"
#include "host/process.hpp"

namespace stipend::host {
namespace {

using base::fail;
using base::fail_errno;
using base::Fault;

constexpr std::int64_t kGib = std::int64_t{1} << 30;
constexpr int kToolMs = 120'000;

// Not create_disk's: a supervisor may be making a disk while stipend-host starts and tidies.
constexpr const char* kUnfinished = ".img.copying";

std::string file_name(const base::DiskId& disk) { return disk.str() + ".img"; }

// The file system grows into its file. Both tools ask for one that was checked since it was mounted, and this replays the journal of
// a machine that was killed; what it repairs ends it with 1, so a second look decides.
base::Status grow(const std::string& path) {
  const std::vector<std::string> check = {"e2fsck", "-f", "-p", path};
  if (!run_tool(check, kToolMs)) TRY(run_tool(check, kToolMs));
  TRY(run_tool({"resize2fs", path}, kToolMs));
  return {};
}

}  // namespace

base::Result<std::int64_t> take_snapshot(const Names& names, const base::DiskId& from, const base::DiskId& to, std::int64_t frozen_ms) {
  if (disk_exists(names, to)) return occupied_mib(names, to);
  if (!disk_exists(names, from)) return fail(Fault::kNotFound, "InvalidVolume.NotFound", from.str() + " has no file on this host");
  TRY_ASSIGN(const Fd disks, open_disks(names));
  TRY_ASSIGN(const Fd blocks, open_trusted(disks.get(), file_name(from), true));
  TRY(make_file(disks, file_name(to), to.str() + kUnfinished,
                [&](const Fd& copy) { return copy_disk(names, from, blocks, copy, frozen_ms); }));
  return occupied_mib(names, to);
}

void drop_unfinished_snapshot(const Names& names, const base::DiskId& to) {
  if (const auto disks = open_disks(names)) unlinkat(disks->get(), (to.str() + kUnfinished).c_str(), 0);
}

void drop_unfinished_snapshots(const Names& names) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(names.disks(), ignored)) {
    const std::string name = entry.path().filename().string();
    const auto dot = name.find('.');
    if (dot == std::string::npos || name.substr(dot) != kUnfinished) continue;
    if (const auto disk = base::DiskId::parse(name.substr(0, dot))) drop_unfinished_snapshot(names, *disk);
  }
}

base::Status create_disk_from(const Names& names, const base::DiskId& disk, std::int64_t gib, const base::DiskId& snapshot) {
  return create_disk(names, disk, gib, [&](const Fd& file, const std::string& path) -> base::Status {
    if (!disk_exists(names, snapshot))
      return fail(Fault::kNotFound, "InvalidSnapshot.NotFound",
                  "the snapshot that its disk is to be made of is not on this computer");
    TRY_ASSIGN(const Fd disks, open_disks(names));
    TRY_ASSIGN(const Fd blocks, open_trusted(disks.get(), file_name(snapshot), true));
    struct stat source{};
    if (fstat(blocks.get(), &source) != 0) return fail_errno("look at the snapshot", errno);
    if (source.st_size > gib * kGib)
      return fail(Fault::kInvalid, "InvalidBlockDeviceMapping",
                  fmt::format("its disk of {} GiB is smaller than the snapshot it is made of, which has {} GiB", gib, source.st_size / kGib));
    TRY(copy_free_disk(blocks, file));
    if (source.st_size == gib * kGib) return {};
    if (ftruncate(file.get(), gib * kGib) != 0) return fail_errno("size " + file_name(disk), errno);
    return grow(path);
  });
}

}  // namespace stipend::host
