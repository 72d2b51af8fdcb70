// How people write the terms of credit, as the server takes them; and credit codes as they are printed and mailed.
#pragma once

#include <string>

#include "app/cli/client.hpp"
#include "base/time.hpp"

namespace stipend::app {

// "t2.micro,t2.medium"; "none" and "": an empty list.
Json type_list(const std::string& text);
// {expires?, types?}: "2026-12-04 12:00" in the zone (parse_local), and a type list. What is empty is left out.
base::Result<Json> terms_json(const std::string& expires, const std::string& zone, const std::string& types);
// "14d", "2026-12-20" (the end of that day), "2026-12-20 12:00"; as the server reads instants.
base::Result<std::string> code_expiry(const std::string& text, const std::string& zone, base::WallTime now);

// From what credit-code.create answers. One line a code; cells that a spreadsheet would take for a formula are defused.
std::string codes_csv(const Json& codes);
// A page to print and cut up: it needs nothing beside itself.
std::string codes_cards(const Json& answer, const std::string& zone);

}  // namespace stipend::app
