#include "net/websocket.hpp"

#include <openssl/evp.h>

namespace stipend::net {

std::string websocket_accept(std::string_view key) {
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr) != 1) return {};
  unsigned char encoded[2 * EVP_MAX_MD_SIZE];
  const int length = EVP_EncodeBlock(encoded, digest, static_cast<int>(size));
  return {reinterpret_cast<const char*>(encoded), static_cast<std::size_t>(length)};
}

bool is_valid_upgrade_request(const Request& request) {
  return request.is_websocket() && request.headers.count("sec-websocket-key") == 1 &&
         request.headers.get("sec-websocket-key").size() == 24 &&
         request.headers.get("sec-websocket-version") == "13";
}

bool is_valid_upgrade(const Response& answer, std::string_view key) {
  const std::string expected = websocket_accept(key);
  return answer.status == 101 && answer.headers.has_token("upgrade", "websocket") &&
         answer.headers.has_token("connection", "upgrade") &&
         answer.headers.count("sec-websocket-accept") == 1 && !expected.empty() &&
         answer.headers.get("sec-websocket-accept") == expected;
}

}  // namespace stipend::net
