// Which cell of a line is what, from the words of a roster's first line. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace stipend::control {

struct RosterColumns {
  std::optional<std::size_t> name, first, last, mail, identifier, section, credit, role;
  std::vector<std::string> titles;   // as the file writes them
  std::vector<std::string> ignored;  // of which nothing is taken
};

// Needs an identifier or a mail column. Several that could be the identifier (as learning platforms export): the most
// telling one is taken. Any other column twice: refused, by name.
base::Result<RosterColumns> find_columns(const std::vector<std::string>& titles);

}  // namespace stipend::control
