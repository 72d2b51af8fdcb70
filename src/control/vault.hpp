// Vault: seals secret access keys for the store and opens them to check a signature. The key is STATE/master.key
// (32 random bytes, mode 0600), kept apart from the store, so a copy of the database alone opens nothing.
// Immutable after it is made; any thread.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace stipend::control {

class Vault {
 public:
  static constexpr std::size_t kKeyBytes = 32;

  // Reads the key file, or makes it when there is none. Refuses a file that others may read.
  static base::Result<Vault> open_file(const std::string& path, base::Random& random);
  explicit Vault(const std::array<unsigned char, kKeyBytes>& key) : key_(key) {}
  ~Vault();
  Vault(const Vault&) = default;
  Vault& operator=(const Vault&) = default;

  // Base64 of nonce and XSalsa20-Poly1305 box.
  std::string seal(std::string_view secret, base::Random& random) const;
  base::Result<std::string> open(std::string_view sealed) const;
  // A key for another purpose, the same after a restart.
  std::array<unsigned char, kKeyBytes> derive(std::string_view purpose) const;

 private:
  std::array<unsigned char, kKeyBytes> key_;
};

}  // namespace stipend::control
