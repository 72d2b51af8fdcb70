// What a disk costs: by the second of its existence, whether its machine runs or not, until the student deletes
// it. Cumulative like a run's charge.
#pragma once

#include "domain/rows.hpp"

namespace stipend::domain {

// GiB of the host's that a disk may take: its size, and of a snapshot, which never grows, what it occupies.
std::int64_t occupied_gib(const Disk& disk);

// Whole seconds from creation to `at`, or to the deletion if that was earlier. Never negative.
RunSeconds disk_age(const Disk& disk, WallTime at);
Money storage_cost(const Disk& disk, RunSeconds age, base::Rounding rounding);

// What costs by the second and needs no lease, disks and elastic addresses alike: the seconds that count up to `at`,
// those of them that are posted, whether more come, and what its entries call it.
inline RunSeconds counted(const Disk& disk, WallTime at) { return disk_age(disk, at); }
inline RunSeconds counted_and_posted(const Disk& disk) { return disk_age(disk, disk.posted_at); }
inline bool goes_on(const Disk& disk) { return !disk.deleted; }
const char* kind_word(const Disk& disk);  // "disk", "snapshot"
RunSeconds counted(const Address& address, WallTime at);
inline RunSeconds counted_and_posted(const Address& address) { return address.posted_idle; }
inline bool goes_on(const Address& address) { return address.idle_since.has_value(); }
inline const char* kind_word(const Address&) { return "address"; }

// What keeping it for the course's grace period costs; set aside when it is created.
Money reserve_for(Price price, std::int64_t grace_s);

// The newest UTC midnight that is not after `t`.
WallTime utc_midnight(WallTime t);

}  // namespace stipend::domain
