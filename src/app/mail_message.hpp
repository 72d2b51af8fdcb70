// A mail as it goes over the wire (RFC 5322, plain text, UTF-8). Header values hold nothing that could end a line: what is a
// control character becomes a space. Pure.
#pragma once

#include <string>
#include <string_view>

#include "domain/rows.hpp"

namespace stipend::app {

// `from`: as configured, NAME@DOMAIN. The id in it is the mail's own: who gets a mail twice sees that it is one.
std::string mail_message(const domain::Mail& mail, std::string_view from, base::WallTime now);

}  // namespace stipend::app
