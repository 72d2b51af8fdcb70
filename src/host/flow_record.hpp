// What the log of connections is made of: records of 40 bytes, little-endian, each with a check of its own, so that a
// torn end costs nothing but itself. No name, no account: addresses, ports, times and the run that held an address. Pure.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "hostlink/messages.hpp"

namespace stipend::host {

inline constexpr std::size_t kFlowBytes = 40;
using FlowBytes = std::array<char, kFlowBytes>;

// As the machine sees it. ICMP: its echo number as source port, no destination port.
struct FlowTuple {
  std::uint8_t protocol = 0;
  std::uint32_t source = 0, destination = 0;
  std::uint16_t source_port = 0, destination_port = 0;
  auto operator<=>(const FlowTuple&) const = default;
};

inline constexpr std::uint16_t kNobody = 0xffff;

struct Flow {
  FlowTuple tuple;
  std::uint32_t outside = 0;        // its source as the outside sees it
  std::uint16_t outside_port = 0;
  std::uint16_t holder = kNobody;   // number of a Holder of the same segment
  std::int64_t start_ms = 0;        // wall clock
  std::int64_t end_ms = 0;          // 0: open; else when its translation was given up
  bool operator==(const Flow&) const = default;
};

// A run that has an address.
struct Holder {
  std::uint16_t number = kNobody;
  std::uint32_t address = 0;
  hostlink::RunKey run;
  std::int64_t since_ms = 0;
  bool operator==(const Holder&) const = default;
};

enum class FlowMark : std::uint8_t {
  kListing,  // all that are open follow, as kListed
  kListed,   // that was all of them
  kAlive,    // nothing happened, but the log was there
  kLost,     // the kernel told more than could be read: some that began or ended just now may be missing
};
struct FlowSign {
  FlowMark mark = FlowMark::kAlive;
  std::int64_t at_ms = 0;
  bool operator==(const FlowSign&) const = default;
};

struct FlowOpened {
  Flow flow;
};
struct FlowEnded {
  Flow flow;
};
struct FlowListed {
  Flow flow;
};
using FlowRecord = std::variant<FlowOpened, FlowEnded, FlowListed, Holder, FlowSign>;

FlowBytes encode(const FlowRecord& record);
std::optional<FlowRecord> decode_flow(std::string_view bytes);  // none: damaged, or not one of ours

}  // namespace stipend::host
