// Class hours as people write them, in a time zone, as instants.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace stipend::app {

// "2026-12-01 09:55" as clocks of the zone show it: "Europe/Berlin"; empty: this computer's zone. An hour that the zone
// leaves out is refused; of one that it has twice the first is meant.
base::Result<base::WallTime> parse_local(const std::string& text, const std::string& zone);

struct WrittenHours {
  base::WallTime from, to;
  std::string type;
  std::int64_t machines = 0;
};
// "2026-12-01 09:55/11:30 t2.medium 44"
base::Result<WrittenHours> parse_class_hours(const std::string& text, const std::string& zone);
// Hours of a course as UTC windows, first to last, those that are over left out: "2026-12-01 09:55/11:30", or week by week
// "Mon-Fri 08:00/20:00 until 2027-02-10", "Tue,Thu 10:00/11:30 from 2026-12-01 until 2027-02-10". 24:00 is the day's end.
// An hour that the zone leaves out is its next instant; of one that it has twice the window takes both.
struct UtcWindow {
  base::WallTime from, to;
};
base::Result<std::vector<UtcWindow>> parse_windows(const std::string& text, const std::string& zone, base::WallTime now);
// "2026-12-01 09:55", in the zone.
std::string to_local(base::WallTime at, const std::string& zone);

}  // namespace stipend::app
