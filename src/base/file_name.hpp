// A file's name as it may be shown, put in a header or into an archive. Pure.
#pragma once

#include <string>
#include <string_view>

namespace stipend::base {

// Valid UTF-8 without separators of any system, control characters, or invisible ones that change how the others are
// shown; never empty, "." or "..". The name itself where it is harmless already.
std::string harmless_name(std::string_view name);

}  // namespace stipend::base
