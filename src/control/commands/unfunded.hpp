// Disks that the credit of their members no longer keeps: the house pays for them, and staff decides what becomes of them.
// More credit keeps a disk (commands/grants.hpp), its files may be fetched, or it is deleted; nothing is deleted unasked.
// Engine's strand only.
#pragma once

#include <vector>

#include "control/tx.hpp"

namespace stipend::control {

struct UnfundedDisk {
  domain::RowPtr<domain::Disk> disk;
  base::WallTime kept_until;  // of its account's disks
  bool house_pays = false;    // now
};

// Those of the course's members and of its folder that the house pays now or will within a week: soonest first, then by account.
std::vector<UnfundedDisk> unfunded_disks(const domain::State& state, const domain::Course& course, base::WallTime now);
// Whether staff of the course may look into a member's disk: only while the house pays for it.
bool house_keeps(const domain::State& state, const domain::Disk& disk, base::WallTime now);

// Deletes a disk that the house pays; a root disk with its stopped machine. Staff of the course or the operator. It can be
// brought back as any deleted disk (trash.hpp). DiskIsPaid when the member's credit keeps it.
base::Status delete_unfunded(Tx& tx, const base::DiskId& disk);
// The audit of whoever fetches what is on it.
base::Status note_export(Tx& tx, const base::DiskId& disk);

}  // namespace stipend::control
