// Roster files of strangers: whatever the bytes, what comes out is clean, and survives being exported and read again.
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "control/roster/clean_text.hpp"
#include "control/roster/parse.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stipend;
  const auto roster = control::parse_roster({reinterpret_cast<const char*>(data), size});
  if (roster.rows.empty()) return 0;
  std::string out = control::csv_line({"name", "identifier", "mail", "section"});
  for (const auto& row : roster.rows) out += control::csv_line({row.name, row.identifier, row.mail, row.section});
  const auto again = control::parse_roster(out);
  CHECK(again.wrong.empty() && again.rows.size() == roster.rows.size(), "an exported roster is read as it was");
  for (std::size_t i = 0; i < again.rows.size(); ++i)
    CHECK(again.rows[i].name == roster.rows[i].name && again.rows[i].identifier == roster.rows[i].identifier &&
              again.rows[i].mail == roster.rows[i].mail && again.rows[i].section == roster.rows[i].section,
          "an exported row is read as it was");
  return 0;
}
