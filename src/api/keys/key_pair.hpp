// Key pairs as EC2 makes and takes them: CreateKeyPair, ImportKeyPair ("Create a key pair", "Verify the
// fingerprint" of the EC2 User Guide). No state; any thread. Making an RSA key takes tenths of a second of
// CPU: not on a thread that serves connections.
#pragma once

#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace stipend::api {

enum class KeyType : std::uint8_t { kRsa, kEd25519 };
enum class KeyFormat : std::uint8_t { kPem, kPpk };

struct PublicKey {
  KeyType type = KeyType::kRsa;
  std::string line;         // "ssh-ed25519 AAAA… comment", as authorized_keys wants it
  std::string fingerprint;  // as AWS prints it for this type and origin
};

struct MadeKeyPair {
  PublicKey public_key;
  std::string private_text;  // PEM: PKCS#1 (rsa), OpenSSH (ed25519); or PuTTY's format 2. A secret.
};

// `comment` is the key pair's name. `random` makes ed25519 keys; RSA draws from OpenSSL.
base::Result<MadeKeyPair> make_key_pair(base::Random& random, KeyType type, KeyFormat format,
                                        std::string_view comment);

// An OpenSSH line, RFC 4716 text, or SubjectPublicKeyInfo (DER, its base64, PEM); RSA of 1024 to 8192 bits or
// ed25519. Anything else: InvalidKey.Format. `name` becomes the comment when the text has none.
base::Result<PublicKey> read_public_key(std::string_view material, std::string_view name);

std::string_view to_text(KeyType type);  // "rsa", "ed25519"

}  // namespace stipend::api
