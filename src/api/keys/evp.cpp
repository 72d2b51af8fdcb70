#include "api/keys/evp.hpp"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include "api/keys/ssh_wire.hpp"
#include "base/check.hpp"

namespace stipend::api {
namespace {
std::string from_der(unsigned char* der, int size) {
  CHECK(size > 0, "OpenSSL writes the keys it made or read");
  std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_clear_free(der, static_cast<std::size_t>(size));
  return out;
}

BigNumber to_number(std::string_view bytes) {
  return BigNumber(BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()),
                             static_cast<int>(bytes.size()), nullptr));
}
}  // namespace

std::string rsa_number(const EVP_PKEY* key, const char* name) {
  BIGNUM* found = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &found) != 1) return {};
  const BigNumber number(found);
  std::string out(static_cast<std::size_t>(BN_num_bytes(found)), '\0');
  BN_bn2bin(found, reinterpret_cast<unsigned char*>(out.data()));
  return out;
}

std::string ed25519_public(const EVP_PKEY* key) {
  std::string out(32, '\0');
  std::size_t size = out.size();
  CHECK(EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(out.data()), &size) == 1,
        "an ed25519 key has a public half");
  return out;
}

std::string ed25519_private(const EVP_PKEY* key) {
  std::string out(32, '\0');
  std::size_t size = out.size();
  CHECK(EVP_PKEY_get_raw_private_key(key, reinterpret_cast<unsigned char*>(out.data()), &size) == 1,
        "an ed25519 key that we made has a private half");
  return out;
}

EvpKey rsa_public_from(std::string_view modulus, std::string_view exponent) {
  const BigNumber n = to_number(modulus), e = to_number(exponent);
  const std::unique_ptr<OSSL_PARAM_BLD, Freer<OSSL_PARAM_BLD_free>> build(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  const std::unique_ptr<OSSL_PARAM, Freer<OSSL_PARAM_free>> parameters(OSSL_PARAM_BLD_to_param(build.get()));
  const std::unique_ptr<EVP_PKEY_CTX, Freer<EVP_PKEY_CTX_free>> context(
      EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1)
    return nullptr;
  return EvpKey(key);
}

std::string spki_der(const EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  return from_der(der, size);
}

std::string pkcs8_der(const EVP_PKEY* key) {
  const std::unique_ptr<PKCS8_PRIV_KEY_INFO, Freer<PKCS8_PRIV_KEY_INFO_free>> info(EVP_PKEY2PKCS8(key));
  unsigned char* der = nullptr;
  const int size = i2d_PKCS8_PRIV_KEY_INFO(info.get(), &der);
  return from_der(der, size);
}

std::string contents(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string digest(const EVP_MD* algorithm, std::string_view bytes) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  CHECK(EVP_Digest(bytes.data(), bytes.size(), out, &size, algorithm, nullptr) == 1,
        "OpenSSL has the digest");
  return {reinterpret_cast<const char*>(out), size};
}

std::string colon_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (!out.empty()) out += ':';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

std::string ssh_blob(const EVP_PKEY* key) {
  SshWriter out;
  if (EVP_PKEY_is_a(key, "ED25519") == 1)
    out.text("ssh-ed25519").text(ed25519_public(key));
  else
    out.text("ssh-rsa")
        .number(rsa_number(key, OSSL_PKEY_PARAM_RSA_E))
        .number(rsa_number(key, OSSL_PKEY_PARAM_RSA_N));
  return out.str();
}

}  // namespace stipend::api
