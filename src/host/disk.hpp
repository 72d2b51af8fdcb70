// Disks: STATE/disks/DISK.img, a sparse ext4 file of exactly the size asked, made by our own mkfs, with file
// owners stored as 0..65535 whatever range a machine has. Root, home and data disks are the same thing.
// Blocking (mkfs ~50 ms); any thread, one call per disk at a time. attach/detach need the private mount
// namespace.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "host/fd.hpp"
#include "host/idmap.hpp"
#include "host/names.hpp"

namespace stipend::host {

inline constexpr std::int64_t kDiskGibMax = 16'384;

// Makes the disk (atomically: temporary name, fsync, rename). The same size again is success; another size is
// kConflict. kNoRoom when the host's file system could not carry even an empty disk and the ballast.
base::Status create_disk(const Names& names, const base::DiskId& disk, std::int64_t gib);
// The same with what `fill` writes into the empty file, also named by `path`, in the place of an empty file system.
using FillDisk = std::function<base::Status(const Fd& file, const std::string& path)>;
base::Status create_disk(const Names& names, const base::DiskId& disk, std::int64_t gib, const FillDisk& fill);
// What a creation that was killed left. Not while one runs.
void drop_unfinished_disk(const Names& names, const base::DiskId& disk);
// The folder of the disks, which only root writes.
base::Result<Fd> open_disks(const Names& names);
bool disk_exists(const Names& names, const base::DiskId& disk);
// What it occupies on the host's file system, in MiB, rounded up. InvalidVolume.NotFound.
base::Result<std::int64_t> occupied_mib(const Names& names, const base::DiskId& disk);
// Deletes the bytes. Idempotent. kConflict while it is attached.
base::Status delete_disk(const Names& names, const base::DiskId& disk);
base::Result<std::vector<base::DiskId>> list_disks(const Names& names);

// Mounts the disk nosuid,nodev,noexec under a 0700 folder: root's own view, ids as stored. Answers its path, which is
// raw_disk_path. VolumeInUse while anything else has it mounted, anywhere. Nothing may be mounted at its path.
base::Result<std::string> mount_disk(const Names& names, const base::DiskId& disk);
base::Status unmount_disk(const Names& names, const base::DiskId& disk);  // idempotent
std::string raw_disk_path(const Names& names, const base::DiskId& disk);
// The same and an idmapped clone of it for the machine; answers the clone's path. Idempotent; replaces what a crash
// left.
base::Result<std::string> attach_disk(const Names& names, const base::DiskId& disk, IdRange ids);
base::Status detach_disk(const Names& names, const base::DiskId& disk);  // idempotent

// From now on the disk gives its machine no new blocks: programs inside see a full disk, what they have written already
// is written. Ends with the mount. Only while attached.
base::Status hold_disk(const Names& names, const base::DiskId& disk);
base::Status release_disk(const Names& names, const base::DiskId& disk);  // ends a hold; idempotent

struct DiskSpace {
  std::int64_t size_bytes = 0, free_bytes = 0;  // of the file system under the state folder
  std::vector<std::int64_t> occupied_bytes;     // of each disk asked for, 0 for one that is not there
};
base::Result<DiskSpace> disk_space(const Names& names, const std::vector<base::DiskId>& disks);

struct DiskRoom {
  std::int64_t free_bytes = 0;      // of the file system under the state folder
  std::int64_t total_bytes = 0;     // of the same
  std::int64_t promised_bytes = 0;  // sizes of all disks minus what they already occupy
};
base::Result<DiskRoom> disk_room(const Names& names);

}  // namespace stipend::host
