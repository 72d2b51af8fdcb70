// OpenSSL keys, held and taken apart. For this folder only.
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace stipend::api {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using EvpKey = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using BigNumber = std::unique_ptr<BIGNUM, Freer<BN_clear_free>>;

// A number of an RSA key by OpenSSL's name ("n", "e", "d", "rsa-factor1"…), big-endian; empty when absent.
std::string rsa_number(const EVP_PKEY* key, const char* name);
std::string ed25519_public(const EVP_PKEY* key);
std::string ed25519_private(const EVP_PKEY* key);
EvpKey rsa_public_from(std::string_view modulus, std::string_view exponent);

std::string spki_der(const EVP_PKEY* key);
std::string pkcs8_der(const EVP_PKEY* key);
std::string contents(BIO* memory);

std::string digest(const EVP_MD* algorithm, std::string_view bytes);
std::string colon_hex(std::string_view bytes);

// What SSH puts on the wire for the public half.
std::string ssh_blob(const EVP_PKEY* key);

}  // namespace stipend::api
