// Class hours as people write them, in a time zone, as instants.
#pragma once

#include <string>

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
// "2026-12-01 09:55", in the zone.
std::string to_local(base::WallTime at, const std::string& zone);

}  // namespace stipend::app
