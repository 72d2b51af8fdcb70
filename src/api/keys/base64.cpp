#include "api/keys/base64.hpp"

#include <openssl/evp.h>

#include <algorithm>

namespace stipend::api {
namespace {
const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
}  // namespace

std::string base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');  // OpenSSL writes a NUL behind
  const int written = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes_of(bytes),
                                      static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(written));
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string dense;
  dense.reserve(text.size());
  for (const char c : text)
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t') dense += c;
  if (dense.size() % 4 != 0) return std::nullopt;
  const auto end = dense.find('=');
  const std::size_t padding = end == dense.npos ? 0 : dense.size() - end;
  if (padding > 2 || std::any_of(dense.end() - static_cast<std::ptrdiff_t>(padding), dense.end(),
                                 [](char c) { return c != '='; }))
    return std::nullopt;
  std::string out(dense.size() / 4 * 3 + 1, '\0');
  const int written = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes_of(dense),
                                      static_cast<int>(dense.size()));
  if (written < 0) return std::nullopt;
  out.resize(static_cast<std::size_t>(written) - padding);
  return out;
}

std::string base64_lines(std::string_view bytes, std::size_t columns) {
  const std::string dense = base64(bytes);
  std::string out;
  for (std::size_t at = 0; at < dense.size(); at += columns) {
    out.append(dense, at, columns);
    out += '\n';
  }
  return out;
}

}  // namespace stipend::api
