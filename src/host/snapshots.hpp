// Snapshots: whole copies of disks that are disks themselves (STATE/disks/vol-….img), and root disks made of them. Which disk is a
// snapshot only the server knows; here each is a disk that no machine mounts. Blocking; in a child of its own.
#pragma once

#include <cstdint>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "host/names.hpp"

namespace stipend::host {

inline constexpr std::int64_t kFrozenMs = 30'000;      // the most that a machine stands still for a snapshot
inline constexpr std::int64_t kRootCopyMs = 300'000;   // what a start may take longer when its root disk is copied first

// Makes `to` a copy of the disk as it is at one instant, in use or not; answers the MiB that it occupies. There already: the same
// answer. InvalidVolume.NotFound without the disk; else as copy_disk (disk_copy.hpp). In the private mount namespace.
base::Result<std::int64_t> take_snapshot(const Names& names, const base::DiskId& from, const base::DiskId& to,
                                         std::int64_t frozen_ms = kFrozenMs);
// What a taking that was killed left: of one, or of all. Not while one runs.
void drop_unfinished_snapshot(const Names& names, const base::DiskId& to);
void drop_unfinished_snapshots(const Names& names);

// create_disk, with the snapshot's files in it: copied, then grown to `gib`. InvalidSnapshot.NotFound; InvalidBlockDeviceMapping
// where the snapshot is larger.
base::Status create_disk_from(const Names& names, const base::DiskId& disk, std::int64_t gib, const base::DiskId& snapshot);

}  // namespace stipend::host
