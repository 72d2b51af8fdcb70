// The part of the WebSocket handshake (RFC 6455 section 4) that a relay has to understand.
#pragma once

#include <string>
#include <string_view>

#include "net/http.hpp"

namespace stipend::net {

std::string websocket_accept(std::string_view key);  // the Sec-WebSocket-Accept that answers a key
bool is_valid_upgrade_request(const Request& request);
// A 101 to that key, with both upgrade headers.
bool is_valid_upgrade(const Response& answer, std::string_view key);

}  // namespace stipend::net
