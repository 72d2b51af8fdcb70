// Percent encoding, query strings and forms. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stipend::net {

// Everything but RFC 3986 unreserved characters and those in `keep` becomes %XX (upper case), as AWS signs
// it.
std::string percent_encode(std::string_view text, std::string_view keep = "");
// nullopt on a broken escape. `plus_is_space` for forms and query strings.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

using Pairs = std::vector<std::pair<std::string, std::string>>;
// "a=1&b=%20&c" -> decoded pairs in order; nullopt on a broken escape or more than `pairs_max` pairs.
std::optional<Pairs> parse_form(std::string_view text, std::size_t pairs_max = 4096);
// The first value of a name in parsed pairs.
std::optional<std::string_view> find(const Pairs& pairs, std::string_view name);

}  // namespace stipend::net
