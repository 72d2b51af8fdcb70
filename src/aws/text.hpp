// Small text rules the codecs share. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace stipend::aws {

// UTF-8 without control characters other than tab, line feed and carriage return: what XML 1.0 can carry.
bool is_plain_text(std::string_view text);
// Bytes of the well-formed UTF-8 sequence that `s` begins with (Unicode 15, table 3-7; without U+FFFE and
// U+FFFF, which XML cannot carry); 0 when it begins with none.
std::size_t utf8_length(std::string_view s);
// Number of code points of valid UTF-8.
std::size_t count_characters(std::string_view text);

std::string to_base64(std::string_view bytes);
// Standard alphabet; white space between groups is skipped; padding may be left out. Nothing on bad input.
std::optional<std::string> from_base64(std::string_view text);

std::string to_hex(std::string_view bytes);  // lower case

// As base::to_iso8601, without its cost: exactly kIso8601Bytes characters. Years 0 to 9999; outside them
// the nearest of those.
inline constexpr std::size_t kIso8601Bytes = 24;
void write_iso8601(base::WallTime time, char* into);

// The shortest text that reads back as the same number.
void append_double(std::string& out, double number);

}  // namespace stipend::aws
