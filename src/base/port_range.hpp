// TCP ports in a row, as settings write them: "30000-30999". Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace stipend::base {

struct PortRange {
  static constexpr int kMost = 4'096;

  std::uint16_t first = 0, last = 0;

  bool contains(std::uint16_t port) const { return port >= first && port <= last; }
  bool operator==(const PortRange&) const = default;
};

// FIRST-LAST, both from 1024 to 65535, at most kMost of them.
std::optional<PortRange> parse_port_range(std::string_view text);

}  // namespace stipend::base
