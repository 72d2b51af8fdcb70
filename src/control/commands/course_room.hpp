// What of the room is kept for a course: its share, and its class hours. The operator's; domain/room.hpp says what they
// mean. On the engine's strand only.
#pragma once

#include "control/tx.hpp"
#include "domain/room.hpp"

namespace stipend::control {

inline constexpr std::size_t kClassHoursMost = 300;           // of a course, those that are over forgotten
inline constexpr std::int64_t kClassHoursLongestS = 24 * 3600;

// Percent of the host. All courses' shares are at most 100, and what is kept must fit at every time.
base::Status set_share(Tx& tx, const std::string& course, std::int64_t percent);
// Refused when the host has not that much room beside what other courses keep then.
base::Status add_class_hours(Tx& tx, const std::string& course, const domain::ClassHours& hours);
// Those that begin then.
base::Status remove_class_hours(Tx& tx, const std::string& course, base::WallTime from);

// What a course keeps, uses and cannot be given, now.
struct CourseRoom {
  base::CourseId course;
  domain::Space kept, used, missing;
};
std::vector<CourseRoom> course_rooms(const domain::State& state, base::WallTime now);
// One sentence for each reservation that does not hold now: others run in it, or the host has become smaller.
std::vector<std::string> broken_reservations(const domain::State& state, base::WallTime now);

}  // namespace stipend::control
