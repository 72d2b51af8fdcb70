// Bytes of a text file in whatever encoding a spreadsheet program wrote, as UTF-8. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace stipend::control {

// UTF-8 or UTF-16 by their mark, UTF-16 without one by its zeros, UTF-8 if it is valid, else Windows-1252 (of which
// Latin-1's letters are a part). Workbooks and other binary files are refused with what to do.
base::Result<std::string> decode_text(std::string_view bytes);

}  // namespace stipend::control
