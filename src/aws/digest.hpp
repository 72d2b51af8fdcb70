// HMAC-SHA-256 as raw bytes. Any thread.
#pragma once

#include <string>
#include <string_view>

namespace stipend::aws {

std::string hmac_sha256(std::string_view key, std::string_view bytes);

}  // namespace stipend::aws
