// A moment as people type it.
#pragma once

#include <string_view>

#include "base/time.hpp"

namespace stipend::app {

// "2026-11-25 03:12", with :SS or :SS.fff, 'T' for the blank, and a zone: Z, +01:00, -0530; without one it is this
// computer's. A local time that a change of the clocks skips or repeats is an error that asks for the zone.
base::Result<base::WallTime> parse_when(std::string_view text);

}  // namespace stipend::app
