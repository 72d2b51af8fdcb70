// Free hours of a course: what runs in them costs nothing. A stretch of them is fixed in seconds of the run when the
// run enters it, so that a clock that jumps cannot change what a second costs.
//   per-second: its seconds are not counted. A run that began in free hours has no 60 s minimum.
//   per-hour: an hour that began before goes on to its end; one that would begin inside begins at the end of the stretch.
// Pure. Windows are UTC.
#pragma once

#include <optional>
#include <vector>

#include "domain/rows.hpp"

namespace stipend::domain {

// Of `ran` seconds those that count: what charge_for takes.
RunSeconds paid_seconds(RatePlan plan, const FreeTime& free, RunSeconds ran);

// When the window ends in which `now` is, windows that touch taken together; nullopt: in none.
std::optional<WallTime> window_end(const std::vector<Window>& windows, WallTime now);
// When the next one begins after `now`.
std::optional<WallTime> next_window(const std::vector<Window>& windows, WallTime now);

// The run's free time as of `now`: a stretch is entered, prolonged, cut short (never inside what its lease was promised)
// or over. A machine whose charge has ended enters none.
FreeTime free_time_at(const Run& run, const std::vector<Window>& free, WallTime now);
// Of a run whose charge ends at `end`: with every window up to there, whether somebody looked meanwhile or not.
FreeTime free_time_until(const Run& run, const std::vector<Window>& free, WallTime now, RunSeconds end);
// Of a run that is about to start; empty when fewer than the first 60 seconds would be free.
FreeTime free_time_of_start(const std::vector<Window>& free, WallTime now);

}  // namespace stipend::domain
