#include "api/describe/cursor.hpp"

#include <sodium.h>

#include "base/check.hpp"

namespace stipend::api {
namespace {
constexpr std::size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kMac = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kTokenBytesMax = 8192;
constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

unsigned char* bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}
const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string bound_to(const CursorScope& scope) {
  std::string out = "1";  // of this format
  for (const auto part : {scope.account, scope.operation, scope.request_hash}) {
    out += '\0';
    out += part;
  }
  return out;
}
}  // namespace

Cursors::Cursors(Key key, base::Random& random) : key_(key), random_(&random) {
  CHECK(sodium_init() >= 0, "libsodium starts");
}

std::string Cursors::seal(const CursorScope& scope, std::string_view last_key) const {
  const auto with = bound_to(scope);
  std::string sealed(kNonce + last_key.size() + kMac, '\0');
  random_->fill(bytes(sealed), kNonce);
  crypto_aead_xchacha20poly1305_ietf_encrypt(bytes(sealed) + kNonce, nullptr, bytes(last_key),
                                             last_key.size(), bytes(with), with.size(), nullptr,
                                             bytes(sealed), key_.data());
  std::string token(sodium_base64_encoded_len(sealed.size(), kVariant), '\0');
  sodium_bin2base64(token.data(), token.size(), bytes(sealed), sealed.size(), kVariant);
  token.pop_back();  // the NUL
  return token;
}

base::Result<std::string> Cursors::open(const CursorScope& scope, std::string_view token) const {
  const auto refused = base::fail(base::Fault::kInvalid, "InvalidNextToken",
                                  "The token is invalid for this request; start again without NextToken.");
  if (token.size() > kTokenBytesMax) return refused;
  std::string sealed(token.size(), '\0');
  std::size_t size = 0;
  const char* end = nullptr;
  if (sodium_base642bin(bytes(sealed), sealed.size(), token.data(), token.size(), nullptr, &size, &end,
                        kVariant) != 0 ||
      end != token.data() + token.size() || size < kNonce + kMac)
    return refused;
  const auto with = bound_to(scope);
  std::string last_key(size - kNonce - kMac, '\0');
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(bytes(last_key), nullptr, nullptr, bytes(sealed) + kNonce,
                                                 size - kNonce, bytes(with), with.size(), bytes(sealed),
                                                 key_.data()) != 0)
    return refused;
  return last_key;
}

}  // namespace stipend::api
