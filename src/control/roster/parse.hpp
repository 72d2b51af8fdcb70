// A roster file as a list of people, and everything that is wrong with it line by line. Pure; for bytes of strangers.
#pragma once

#include <optional>

#include "base/money.hpp"
#include "control/roster/csv.hpp"
#include "domain/rows.hpp"

namespace stipend::control {

inline constexpr std::size_t kRosterBytes = 2 * 1024 * 1024;
inline constexpr std::size_t kRosterRows = 10'000;

struct RosterRow {
  std::int64_t line = 0;
  std::string name, mail, identifier, section;  // clean; identifier or mail is there
  std::optional<base::Money> credit;
  std::optional<domain::Role> role;             // student or teacher
};

struct Roster {
  std::vector<RosterRow> rows;  // without those of wrong lines
  std::vector<Wrong> wrong;
  std::vector<std::string> ignored;  // columns of which nothing is taken
  bool has_name = false, has_mail = false, has_section = false;
};

Roster parse_roster(std::string_view bytes);

}  // namespace stipend::control
