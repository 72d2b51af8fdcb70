// The arithmetic of docs/design/money.md once more, for judges: written from that page, in exact fractions of 128 bits,
// and with nothing of src/domain, whose mistakes it is there to find. Amounts are nano-dollars, times whole seconds.
#pragma once

#include <cstdint>

namespace stipend::ledger {

using Wide = __int128;

enum class Plan : std::uint8_t { kPerSecond, kPerHour };

// C(t) of "Rate plans": what a run of so many seconds costs in all. Rounded down, once.
std::int64_t run_cost(Plan plan, std::int64_t price_per_hour, std::int64_t seconds);
// What a run costs that the platform broke: by the second.
std::int64_t broken_run_cost(std::int64_t price_per_hour, std::int64_t seconds);
// What a disk costs from its making until it is so old; a snapshot, or so many seconds of an address's idleness, likewise.
std::int64_t disk_cost(std::int64_t price_per_hour, std::int64_t seconds);
// "Disks and the reserve": the price of a whole disk, and what is set aside to keep it. Rounded up.
std::int64_t disk_price(std::int64_t gib, std::int64_t price_of_gib_month);
// Of a whole snapshot that occupies so much.
std::int64_t snapshot_price(std::int64_t mib, std::int64_t price_of_gib_month);
std::int64_t reserve(std::int64_t price_per_hour, std::int64_t grace_s);
// M9: the smallest thing that the plan still sells to a run, and to a start. Rounded up.
std::int64_t next_unit_cost(Plan plan, std::int64_t price_per_hour);
std::int64_t first_unit_cost(Plan plan, std::int64_t price_per_hour);

}  // namespace stipend::ledger
