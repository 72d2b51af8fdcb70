#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include <algorithm>
#include <vector>

#include "api/keys/base64.hpp"
#include "api/keys/evp.hpp"
#include "api/keys/key_pair.hpp"
#include "api/keys/ssh_wire.hpp"

namespace stipend::api {
namespace {
constexpr std::size_t kMaterialBytesMax = 16 * 1024;
constexpr int kRsaBitsMin = 1024, kRsaBitsMax = 8192;
constexpr std::string_view kSpace = " \t\r\n";

std::unexpected<base::Error> bad_format() {
  return base::fail(base::Fault::kInvalid, "InvalidKey.Format",
                    "Key is not in valid OpenSSH public key format");
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(kSpace);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

struct Found {
  EvpKey key;
  std::string comment;
};

EvpKey from_blob(std::string_view blob) {
  SshReader reader(blob);
  const auto algorithm = reader.text();
  if (!algorithm) return nullptr;
  if (*algorithm == "ssh-ed25519") {
    const auto point = reader.text();
    if (!point || point->size() != 32 || !reader.at_end()) return nullptr;
    return EvpKey(EVP_PKEY_new_raw_public_key(
        EVP_PKEY_ED25519, nullptr, reinterpret_cast<const unsigned char*>(point->data()), point->size()));
  }
  if (*algorithm != "ssh-rsa") return nullptr;
  const auto exponent = reader.number(), modulus = reader.number();
  if (!exponent || !modulus || !reader.at_end() || exponent->size() > 8 || modulus->size() > kRsaBitsMax / 8)
    return nullptr;
  return rsa_public_from(*modulus, *exponent);
}

// "ssh-rsa AAAA… comment", without authorized_keys options: they could forbid or force commands.
Found from_openssh_line(std::string_view line) {
  if (line.find('\n') != line.npos) return {};
  const auto algorithm_end = line.find_first_of(" \t");
  if (algorithm_end == line.npos) return {};
  auto rest = trim(line.substr(algorithm_end));
  const auto blob_end = std::min(rest.find_first_of(" \t"), rest.size());
  const auto blob = from_base64(rest.substr(0, blob_end));
  if (!blob || SshReader(*blob).text() != line.substr(0, algorithm_end)) return {};
  return {from_blob(*blob), std::string(trim(rest.substr(blob_end)))};
}

// RFC 4716: headers ("Comment: …", continued by a backslash at the line's end), then base64.
Found from_rfc4716(std::string_view text) {
  constexpr std::string_view kBegin = "---- BEGIN SSH2 PUBLIC KEY ----",
                             kEnd = "---- END SSH2 PUBLIC KEY ----";
  if (!text.starts_with(kBegin) || !text.ends_with(kEnd)) return {};
  text = text.substr(kBegin.size(), text.size() - kBegin.size() - kEnd.size());
  std::string body;
  bool continued = false;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const bool header = continued || line.find(':') != line.npos;
    continued = header && line.ends_with('\\');
    if (!header) body += line;
  }
  const auto blob = from_base64(body);
  return {blob ? from_blob(*blob) : nullptr, {}};
}

EvpKey from_der(std::string_view der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = at + der.size();
  EvpKey key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
  return at == end ? std::move(key) : nullptr;
}

EvpKey from_spki(std::string_view material) {
  if (auto key = from_der(material)) return key;
  auto text = trim(material);
  constexpr std::string_view kBegin = "-----BEGIN PUBLIC KEY-----", kEnd = "-----END PUBLIC KEY-----";
  if (text.starts_with(kBegin) && text.ends_with(kEnd) && text.size() > kBegin.size() + kEnd.size())
    text = text.substr(kBegin.size(), text.size() - kBegin.size() - kEnd.size());
  const auto der = from_base64(text);
  return der ? from_der(*der) : nullptr;
}

// The comment ends up in the machine's authorized_keys: one line of printable ASCII.
std::string safe_comment(std::string_view comment) {
  std::string out;
  for (const char c : comment.substr(0, 255)) out += c >= 0x20 && c < 0x7f ? c : '_';
  return out;
}

std::string without_padding(std::string text) {
  while (text.ends_with('=')) text.pop_back();
  return text;
}
}  // namespace

base::Result<PublicKey> read_public_key(std::string_view material, std::string_view name) {
  if (material.empty() || material.size() > kMaterialBytesMax) return bad_format();
  const auto text = trim(material);
  Found found = from_openssh_line(text);
  if (!found.key) found = from_rfc4716(text);
  if (!found.key) found.key = from_spki(material);
  ERR_clear_error();  // the tries that failed left theirs on this thread
  if (!found.key) return bad_format();

  PublicKey result;
  if (EVP_PKEY_is_a(found.key.get(), "ED25519") == 1) {
    result.type = KeyType::kEd25519;
    result.fingerprint = without_padding(base64(digest(EVP_sha256(), ssh_blob(found.key.get()))));
  } else if (EVP_PKEY_is_a(found.key.get(), "RSA") == 1) {
    const int bits = EVP_PKEY_get_bits(found.key.get());
    if (bits < kRsaBitsMin || bits > kRsaBitsMax) return bad_format();
    result.fingerprint = colon_hex(digest(EVP_md5(), spki_der(found.key.get())));
  } else {
    return bad_format();
  }
  const auto comment = safe_comment(found.comment.empty() ? name : std::string_view(found.comment));
  result.line =
      (result.type == KeyType::kRsa ? "ssh-rsa " : "ssh-ed25519 ") + base64(ssh_blob(found.key.get()));
  if (!comment.empty()) result.line += " " + comment;
  return result;
}

}  // namespace stipend::api
