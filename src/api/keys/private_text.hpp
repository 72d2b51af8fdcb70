// A private key as text. For this folder only; what it returns is a secret.
#pragma once

#include <string>
#include <string_view>

#include "api/keys/evp.hpp"

namespace stipend::api {

// "-----BEGIN RSA PRIVATE KEY-----"
std::string pkcs1_pem(const EVP_PKEY* rsa);
// "-----BEGIN OPENSSH PRIVATE KEY-----", unencrypted (openssh-portable, PROTOCOL.key). `check` is any number.
std::string openssh_pem(const EVP_PKEY* ed25519, std::string_view comment, std::uint32_t check);
// "PuTTY-User-Key-File-2", unencrypted: the one format that every PuTTY reads (PuTTY manual, appendix C).
std::string ppk(const EVP_PKEY* key, std::string_view comment);

}  // namespace stipend::api
