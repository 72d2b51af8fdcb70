// The grammars of the texts that a Request may carry, each so narrow that the text is safe in a file of
// `NAME=value` lines, in a resolver's file and in a log line.
#pragma once

#include <string_view>

namespace stipend::hostlink {

bool is_ipv4(std::string_view text);      // canonical dotted quad, no leading zeros
bool is_hostname(std::string_view text);  // lower-case labels of letters, digits and '-', at most 63 in all
bool is_token(std::string_view text);     // [A-Za-z0-9_-], at most 128, or none
bool is_boot_id(std::string_view text);   // a UUID as the kernel prints it
bool is_cidr(std::string_view text);
bool is_date(std::string_view text);      // YYYY-MM-DD

}  // namespace stipend::hostlink
