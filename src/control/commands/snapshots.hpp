// Snapshots: a disk as it was at one instant, a disk of its own that no machine uses and that costs what it occupies
// (docs/design/disks.md). The reserve of one that is being copied is that of its most; nothing is charged until it is whole.
// Engine's strand only.
#pragma once

#include <string>

#include "control/commands/common.hpp"

namespace stipend::control {

struct SnapshotRequest {
  base::DiskId disk;
  std::string description;
  domain::Tags tags;
  bool dry_run = false;
};
// Of a root, home or data disk, whether a machine runs with it or not. InvalidVolume.NotFound, SnapshotLimitExceeded,
// ConcurrentSnapshotLimitExceeded, VolumeLimitExceeded (the course's), InsufficientCredit with the reserve it needs.
base::Result<domain::RowPtr<domain::Disk>> create_snapshot(Tx& tx, const SnapshotRequest& request);
// Its cost ends now; it can be brought back as any deleted disk (trash.hpp). InvalidSnapshot.InUse while an image is made of it.
base::Status delete_snapshot(Tx& tx, const base::DiskId& id, bool dry_run);

// What its host says. A snapshot that is known to be whole, or was deleted meanwhile, is left as it is.
base::Status snapshot_done(Tx& tx, const base::DiskId& id, std::int64_t stored_mib);
base::Status snapshot_failed(Tx& tx, const base::DiskId& id, const std::string& code);

// The names that clients use, and back.
base::SnapshotId snapshot_id(const base::DiskId& disk);
base::DiskId disk_of(const base::SnapshotId& snapshot);

// A snapshot of this account that is not deleted, or InvalidSnapshot.NotFound.
base::Result<const domain::Disk*> find_snapshot(const domain::State& state, const base::AccountId& account, const base::DiskId& id);

}  // namespace stipend::control
