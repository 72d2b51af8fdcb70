// Deleted disks that can still be brought back (docs/design/disks.md). A disk that is deleted costs its account nothing
// from that commit on; its bytes go at purge_at, or earlier when the host's disk runs low. Whether it may still be
// brought back is decided here, on the strand, by server time, which never runs backwards: before purge_at only
// restore_disk can win, from then on only the deletion. Engine's strand only.
#pragma once

#include <string>

#include "control/commands/common.hpp"

namespace stipend::control {

struct TrashPolicy {
  std::int64_t keep_s = 7 * 86'400;        // 0: bytes go at once
  std::int64_t low_disk_free_mib = 10'240;  // with less on the host, deleted disks go before their time
};
base::Status set_trash(Tx& tx, const TrashPolicy& policy);

// When the bytes of a disk that is deleted now go.
base::WallTime purge_time(const Tx& tx);
bool is_purged(const domain::Disk& disk, base::WallTime now);  // deleted, and its bytes go or are gone

struct RestoreRequest {
  base::DiskId disk;
  std::string type;  // of the machine that a root disk comes back as; empty: as it was, while that is still known
};
struct Restored {
  base::DiskId disk;
  base::InstanceId instance;  // of a root disk: a new, stopped machine
};
// Charged again from now, with a reserve as when it was made: InsufficientCredit when that cannot be set aside.
// A root disk comes back as a stopped machine over the image it belongs to.
base::Result<Restored> restore_disk(Tx& tx, const RestoreRequest& request);

// The host's disk runs low: the disk that was deleted first goes now. False: there is none, or one is going already.
base::Result<bool> purge_oldest(Tx& tx);

}  // namespace stipend::control
