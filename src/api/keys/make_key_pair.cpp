#include <openssl/crypto.h>
#include <openssl/rsa.h>

#include "api/keys/base64.hpp"
#include "api/keys/key_pair.hpp"
#include "api/keys/private_text.hpp"

namespace stipend::api {
namespace {
constexpr unsigned kRsaBits = 2048;

base::Result<EvpKey> make_key(base::Random& random, KeyType type) {
  EvpKey key;
  if (type == KeyType::kRsa) {
    key.reset(EVP_RSA_gen(kRsaBits));
  } else {
    unsigned char seed[32];
    random.fill(seed, sizeof seed);
    key.reset(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed, sizeof seed));
    OPENSSL_cleanse(seed, sizeof seed);
  }
  if (!key)
    return base::fail(base::Fault::kInternal, "InternalError", "The key could not be made; try again.");
  return key;
}

std::string without_padding(std::string text) {
  while (text.ends_with('=')) text.pop_back();
  return text;
}

std::string made_fingerprint(const EVP_PKEY* key, KeyType type) {
  if (type == KeyType::kRsa) return colon_hex(digest(EVP_sha1(), pkcs8_der(key)));
  return without_padding(base64(digest(EVP_sha256(), ssh_blob(key))));
}
}  // namespace

std::string_view to_text(KeyType type) {
  return type == KeyType::kRsa ? "rsa" : "ed25519";
}

base::Result<MadeKeyPair> make_key_pair(base::Random& random, KeyType type, KeyFormat format,
                                        std::string_view comment) {
  TRY_ASSIGN(const EvpKey key, make_key(random, type));
  MadeKeyPair made;
  made.public_key.type = type;
  made.public_key.line = (type == KeyType::kRsa ? "ssh-rsa " : "ssh-ed25519 ") + base64(ssh_blob(key.get()));
  made.public_key.line.append(" ").append(comment);
  made.public_key.fingerprint = made_fingerprint(key.get(), type);
  if (format == KeyFormat::kPpk) {
    made.private_text = ppk(key.get(), comment);
  } else if (type == KeyType::kRsa) {
    made.private_text = pkcs1_pem(key.get());
  } else {
    std::uint32_t check = 0;
    random.fill(reinterpret_cast<unsigned char*>(&check), sizeof check);
    made.private_text = openssh_pem(key.get(), comment, check);
  }
  return made;
}

}  // namespace stipend::api
