// Base64 of RFC 4648, standard alphabet. Pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stipend::api {

std::string base64(std::string_view bytes);  // with padding, one line
// White space is skipped; nothing for any other foreign character or wrong padding.
std::optional<std::string> from_base64(std::string_view text);
// As PEM and PuTTY write it: lines of `columns`, each ended by '\n'.
std::string base64_lines(std::string_view bytes, std::size_t columns);

}  // namespace stipend::api
