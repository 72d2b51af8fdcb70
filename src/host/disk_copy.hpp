// The bytes of a disk as they are at one instant, copied into an empty file: blocks are shared where the host's file system can
// (FICLONE), else what is written in the disk is written out, sparsely. Nightly copies, snapshots and roots made of snapshots are
// copied so. Blocking; in a child of its own.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "host/fd.hpp"
#include "host/names.hpp"

namespace stipend::host {

// A disk that nothing has mounted, or it is VolumeInUse: while it is copied nothing can mount it, but others can copy it too.
// HostDiskFull where the copy would leave too little room on `to`'s file system.
base::Status copy_free_disk(const Fd& from, const Fd& to);
// The same, and one that is mounted at raw_disk_path: it is frozen for as long as its blocks are shared, or at most `frozen_ms`
// while they are written out. VolumeInUse where that is not allowed (0); SnapshotNeedsStop where it did not suffice.
base::Status copy_disk(const Names& names, const base::DiskId& disk, const Fd& from, const Fd& to, std::int64_t frozen_ms);
// HostDiskFull when so many bytes more would leave too little.
base::Status room_for_copy(const Fd& on, std::int64_t bytes);

// Whatever a killed copying left frozen goes on, and a copy that is being made fails. Never fails: what is not frozen needs nothing.
void thaw_disk(const Names& names, const base::DiskId& disk);
void thaw_disks(const Names& names);

}  // namespace stipend::host
