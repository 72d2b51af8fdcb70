#include "base/port_range.hpp"

#include <charconv>

namespace stipend::base {
namespace {

std::optional<std::uint16_t> port(std::string_view text) {
  std::uint16_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size() || value < 1024) return std::nullopt;
  return value;
}

}  // namespace

std::optional<PortRange> parse_port_range(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = port(text.substr(0, dash)), last = port(text.substr(dash + 1));
  if (!first || !last || *last < *first || *last - *first >= PortRange::kMost) return std::nullopt;
  return PortRange{*first, *last};
}

}  // namespace stipend::base
