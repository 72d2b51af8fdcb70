// IPv4 addresses and ranges as numbers. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stipend::base {

// Dotted quad without leading zeroes or white space, host byte order.
std::optional<std::uint32_t> parse_address(std::string_view text);
std::string to_address(std::uint32_t address);

struct Cidr {
  std::uint32_t first = 0;
  int bits = 32;
  std::uint32_t last() const {
    return bits == 0 ? 0xffffffffU : first + ((bits == 32 ? 1U : 1U << (32 - bits)) - 1);
  }
  bool contains(std::uint32_t address) const { return address >= first && address <= last(); }
  bool overlaps(const Cidr& o) const { return first <= o.last() && o.first <= last(); }
  std::string str() const;
  auto operator<=>(const Cidr&) const = default;
};
// "A.B.C.D/N" with the host bits zero.
std::optional<Cidr> parse_cidr(std::string_view text);

}  // namespace stipend::base
