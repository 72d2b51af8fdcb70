#include "base/ipv4.hpp"

#include <fmt/core.h>

#include <charconv>

namespace stipend::base {

std::optional<std::uint32_t> parse_address(std::string_view text) {
  std::uint32_t address = 0;
  for (int part = 0; part < 4; ++part) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const auto length = static_cast<std::size_t>(end - text.data());
    if (error != std::errc{} || value > 255 || (length > 1 && text[0] == '0')) return std::nullopt;
    text.remove_prefix(length);
    if (part < 3) {
      if (!text.starts_with('.')) return std::nullopt;
      text.remove_prefix(1);
    }
    address = address << 8 | value;
  }
  if (!text.empty()) return std::nullopt;
  return address;
}

std::string to_address(std::uint32_t a) {
  return fmt::format("{}.{}.{}.{}", a >> 24, (a >> 16) & 255, (a >> 8) & 255, a & 255);
}

std::string Cidr::str() const {
  return fmt::format("{}/{}", to_address(first), bits);
}

std::optional<Cidr> parse_cidr(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto first = parse_address(text.substr(0, slash));
  const auto tail = text.substr(slash + 1);
  int bits = -1;
  const auto [end, error] = std::from_chars(tail.data(), tail.data() + tail.size(), bits);
  if (!first || error != std::errc{} || end != tail.data() + tail.size() || bits < 0 || bits > 32)
    return std::nullopt;
  if (bits < 32 && (*first & ((bits == 0 ? 0xffffffffU : (1U << (32 - bits)) - 1))) != 0) return std::nullopt;
  return Cidr{*first, bits};
}

}  // namespace stipend::base
