// Names of computers as DNS and URLs take them, in lower case. Pure.
#pragma once

#include <string_view>

namespace stipend::base {

bool is_dns_label(std::string_view text);  // [a-z0-9] and inner '-', 1 to 63
// Labels with dots between, at most 200 characters; an IP address is none.
bool is_dns_name(std::string_view text);

}  // namespace stipend::base
