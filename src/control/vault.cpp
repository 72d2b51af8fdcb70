#include "control/vault.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

namespace stipend::control {
namespace {

using base::Fault;

constexpr int kVariant = sodium_base64_VARIANT_ORIGINAL;

struct File {
  int fd = -1;
  ~File() {
    if (fd >= 0) close(fd);
  }
};

base::Result<std::array<unsigned char, Vault::kKeyBytes>> read_key(int fd, const std::string& path) {
  struct stat status {};
  if (fstat(fd, &status) != 0) return base::fail_errno("look at " + path, errno);
  if ((status.st_mode & 077) != 0)
    return base::fail(Fault::kDenied, "MasterKeyExposed", path + " is open to others; run: chmod 600 " + path);
  std::array<unsigned char, Vault::kKeyBytes> key{};
  if (status.st_size != static_cast<off_t>(key.size()) || read(fd, key.data(), key.size()) != static_cast<ssize_t>(key.size()))
    return base::fail(Fault::kInvalid, "MasterKeyBroken",
                      path + " is not a key of 32 bytes; put the saved copy back, the stored secrets need it");
  return key;
}

}  // namespace

base::Result<Vault> Vault::open_file(const std::string& path, base::Random& random) {
  File file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
  if (file.fd < 0 && errno != ENOENT) return base::fail_errno("open " + path, errno);
  if (file.fd >= 0) {
    TRY_ASSIGN(auto key, read_key(file.fd, path));
    return Vault(key);
  }
  std::array<unsigned char, kKeyBytes> key;
  random.fill(key.data(), key.size());
  // Complete or absent: a crash between the two would lock every key out.
  const std::string fresh = path + ".new";
  File made{::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (made.fd < 0) return base::fail_errno("create " + fresh, errno);
  if (write(made.fd, key.data(), key.size()) != static_cast<ssize_t>(key.size()) || fsync(made.fd) != 0)
    return base::fail_errno("write " + fresh, errno);
  if (rename(fresh.c_str(), path.c_str()) != 0) return base::fail_errno("create " + path, errno);
  return Vault(key);
}

Vault::~Vault() { sodium_memzero(key_.data(), key_.size()); }

std::string Vault::seal(std::string_view secret, base::Random& random) const {
  std::vector<unsigned char> sealed(crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + secret.size());
  random.fill(sealed.data(), crypto_secretbox_NONCEBYTES);
  crypto_secretbox_easy(sealed.data() + crypto_secretbox_NONCEBYTES, reinterpret_cast<const unsigned char*>(secret.data()),
                        secret.size(), sealed.data(), key_.data());
  std::string text(sodium_base64_encoded_len(sealed.size(), kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(), sealed.data(), sealed.size(), kVariant);
  text.resize(text.size() - 1);  // its terminating zero
  return text;
}

base::Result<std::string> Vault::open(std::string_view sealed) const {
  const auto broken = [] {
    return base::fail(Fault::kInternal, "SecretBroken",
                      "a stored secret does not open: master.key is not the one it was sealed with");
  };
  std::vector<unsigned char> bytes(sealed.size());
  std::size_t length = 0;
  if (sodium_base642bin(bytes.data(), bytes.size(), sealed.data(), sealed.size(), nullptr, &length, nullptr, kVariant) != 0 ||
      length < crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES)
    return broken();
  std::string secret(length - crypto_secretbox_NONCEBYTES - crypto_secretbox_MACBYTES, '\0');
  if (crypto_secretbox_open_easy(reinterpret_cast<unsigned char*>(secret.data()), bytes.data() + crypto_secretbox_NONCEBYTES,
                                 length - crypto_secretbox_NONCEBYTES, bytes.data(), key_.data()) != 0)
    return broken();
  return secret;
}

std::array<unsigned char, Vault::kKeyBytes> Vault::derive(std::string_view purpose) const {
  std::array<unsigned char, kKeyBytes> out;
  crypto_generichash(out.data(), out.size(), reinterpret_cast<const unsigned char*>(purpose.data()), purpose.size(), key_.data(),
                     key_.size());
  return out;
}

}  // namespace stipend::control
