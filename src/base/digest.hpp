// SHA-256 for hash chains and for secrets of which only the hash is kept, and comparison without a timing leak.
#pragma once

#include <string>
#include <string_view>

namespace stipend::base {

std::string sha256_hex(std::string_view bytes);  // 64 lower-case hex digits
// Takes as long whether the texts differ early or late; unequal lengths are unequal.
bool same_secret(std::string_view a, std::string_view b);

}  // namespace stipend::base
