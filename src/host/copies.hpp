// Nightly copies of disks: STATE/copies/DISK/DATE.img (disk_copy.hpp). Mounted read-only by a file worker. Blocking; in a child
// of its own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "host/idmap.hpp"
#include "host/names.hpp"

namespace stipend::host {

// The copy of that date, if the disk changed since the newest one; then all but the newest `keep` go. A disk in use is
// copied where blocks can be shared: it is frozen for that instant. Where they cannot: VolumeInUse, ask again once it is
// free. HostDiskFull where the copy would leave too little room. Idempotent; nothing half-made has a copy's name.
base::Status take_copy(const Names& names, const base::DiskId& disk, const std::string& date, std::int64_t keep);
// What a copying that was killed left. Not while one runs.
void drop_unfinished_copy(const Names& names, const base::DiskId& disk);
base::Result<std::vector<std::string>> list_copies(const Names& names, const base::DiskId& disk);  // dates, newest first
base::Status delete_copies(const Names& names, const base::DiskId& disk);

// Mounts it for the range, read-only, and answers where. In a mount namespace of its own, like attach_disk.
base::Result<std::string> attach_copy(const Names& names, const base::DiskId& disk, const std::string& date, IdRange ids);

}  // namespace stipend::host
