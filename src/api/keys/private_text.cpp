#include "api/keys/private_text.hpp"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <algorithm>

#include "api/keys/base64.hpp"
#include "api/keys/ssh_wire.hpp"
#include "base/check.hpp"

namespace stipend::api {
namespace {
constexpr std::size_t kOpensshBlock = 8;  // of the cipher "none"

std::string ppk_private_blob(const EVP_PKEY* key) {
  SshWriter out;
  if (EVP_PKEY_is_a(key, "ED25519") == 1) {
    // PuTTY reads the seed as a little-endian mpint; kept bytewise, as its own keys are.
    out.text(ed25519_private(key));
  } else {
    out.number(rsa_number(key, OSSL_PKEY_PARAM_RSA_D))
        .number(rsa_number(key, OSSL_PKEY_PARAM_RSA_FACTOR1))
        .number(rsa_number(key, OSSL_PKEY_PARAM_RSA_FACTOR2))
        .number(rsa_number(key, OSSL_PKEY_PARAM_RSA_COEFFICIENT1));
  }
  return out.str();
}

std::string hmac_sha1_hex(std::string_view key, std::string_view bytes) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  CHECK(HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), out, &size) != nullptr,
        "OpenSSL has HMAC-SHA-1");
  auto hex = colon_hex({reinterpret_cast<const char*>(out), size});
  std::erase(hex, ':');
  return hex;
}

std::string counted_lines(std::string_view label, std::string_view blob) {
  const auto lines = base64_lines(blob, 64);
  return fmt::format("{}-Lines: {}\n{}", label, std::count(lines.begin(), lines.end(), '\n'), lines);
}
}  // namespace

std::string pkcs1_pem(const EVP_PKEY* rsa) {
  const Bio out(BIO_new(BIO_s_secmem()));
  CHECK(PEM_write_bio_PrivateKey_traditional(out.get(), rsa, nullptr, nullptr, 0, nullptr, nullptr) == 1,
        "OpenSSL writes the RSA key it made");
  return contents(out.get());
}

std::string openssh_pem(const EVP_PKEY* ed25519, std::string_view comment, std::uint32_t check) {
  const auto public_half = ed25519_public(ed25519);
  SshWriter secret;
  secret.u32(check).u32(check).text("ssh-ed25519").text(public_half);
  secret.text(ed25519_private(ed25519) + public_half).text(comment);
  for (char pad = 1; secret.str().size() % kOpensshBlock != 0; ++pad) secret.raw({&pad, 1});

  SshWriter file;
  file.raw(std::string_view("openssh-key-v1\0", 15)).text("none").text("none").text("").u32(1);
  file.text(ssh_blob(ed25519)).text(secret.str());
  return "-----BEGIN OPENSSH PRIVATE KEY-----\n" + base64_lines(file.str(), 70) +
         "-----END OPENSSH PRIVATE KEY-----\n";
}

std::string ppk(const EVP_PKEY* key, std::string_view comment) {
  const std::string algorithm = EVP_PKEY_is_a(key, "ED25519") == 1 ? "ssh-ed25519" : "ssh-rsa";
  const auto public_blob = ssh_blob(key), private_blob = ppk_private_blob(key);
  SshWriter signed_part;
  signed_part.text(algorithm).text("none").text(comment).text(public_blob).text(private_blob);
  const auto mac_key = digest(EVP_sha1(), "putty-private-key-file-mac-key");
  return fmt::format("PuTTY-User-Key-File-2: {}\nEncryption: none\nComment: {}\n{}{}Private-MAC: {}\n",
                     algorithm, comment, counted_lines("Public", public_blob),
                     counted_lines("Private", private_blob), hmac_sha1_hex(mac_key, signed_part.str()));
}

}  // namespace stipend::api
