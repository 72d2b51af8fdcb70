#include "api/keys/ssh_wire.hpp"

namespace stipend::api {
namespace {
std::string_view without_leading_zeros(std::string_view bytes) {
  while (!bytes.empty() && bytes.front() == '\0') bytes.remove_prefix(1);
  return bytes;
}
bool top_bit(std::string_view bytes) {
  return !bytes.empty() && (static_cast<unsigned char>(bytes.front()) & 0x80) != 0;
}
}  // namespace

SshWriter& SshWriter::u32(std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out_ += static_cast<char>(value >> shift & 0xff);
  return *this;
}

SshWriter& SshWriter::text(std::string_view bytes) {
  u32(static_cast<std::uint32_t>(bytes.size()));
  return raw(bytes);
}

SshWriter& SshWriter::number(std::string_view bytes) {
  bytes = without_leading_zeros(bytes);
  u32(static_cast<std::uint32_t>(bytes.size() + (top_bit(bytes) ? 1 : 0)));
  if (top_bit(bytes)) out_ += '\0';
  return raw(bytes);
}

SshWriter& SshWriter::raw(std::string_view bytes) {
  out_ += bytes;
  return *this;
}

std::optional<std::string_view> SshReader::text() {
  if (rest_.size() < 4) return std::nullopt;
  std::uint32_t length = 0;
  for (int i = 0; i < 4; ++i)
    length = length << 8 | static_cast<unsigned char>(rest_[static_cast<std::size_t>(i)]);
  if (rest_.size() - 4 < length) return std::nullopt;
  const auto value = rest_.substr(4, length);
  rest_.remove_prefix(4 + std::size_t{length});
  return value;
}

std::optional<std::string_view> SshReader::number() {
  const auto value = text();
  if (!value || value->empty() || top_bit(*value)) return std::nullopt;  // negative or zero
  const auto digits = without_leading_zeros(*value);
  if (digits.empty()) return std::nullopt;
  return digits;
}

}  // namespace stipend::api
