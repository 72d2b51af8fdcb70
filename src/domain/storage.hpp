// What a disk costs: by the second of its existence, whether its machine runs or not, until the student deletes
// it. Cumulative like a run's charge.
#pragma once

#include "domain/rows.hpp"

namespace stipend::domain {

// Whole seconds from creation to `at`, or to the deletion if that was earlier. Never negative.
RunSeconds disk_age(const Disk& disk, WallTime at);
Money storage_cost(const Disk& disk, RunSeconds age, base::Rounding rounding);
// What keeping it for the course's grace period costs; set aside when it is created.
Money reserve_for(Price price, std::int64_t grace_s);

// The newest UTC midnight that is not after `t`.
WallTime utc_midnight(WallTime t);

}  // namespace stipend::domain
