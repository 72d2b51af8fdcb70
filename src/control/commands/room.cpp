#include "control/commands/room.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "control/commands/common.hpp"

namespace stipend::control {
namespace {

using base::Fault;
using nlohmann::json;

constexpr const char* kRoom = "room";
constexpr const char* kAddresses = "addresses";
constexpr std::int64_t kDiskFloorMib = 2048;  // below this no new machine: what runs needs it

struct Range {
  std::uint32_t base = 0, size = 0;
};

base::Result<Range> parse_cidr(const std::string& cidr) {
  const auto slash = cidr.find('/');
  in_addr address{};
  int bits = -1;
  if (slash != cidr.npos && slash + 1 < cidr.size() && cidr.size() - slash <= 3 &&
      cidr.find_first_not_of("0123456789", slash + 1) == cidr.npos)
    bits = std::stoi(cidr.substr(slash + 1));
  if (bits < 8 || bits > 30 || inet_pton(AF_INET, cidr.substr(0, slash).c_str(), &address) != 1)
    return base::fail(Fault::kInvalid, "InvalidAddressRange",
                      fmt::format("'{}' is not an address range; write it like 10.97.16.0/20", cidr));
  const std::uint32_t size = 1u << (32 - bits);
  return Range{ntohl(address.s_addr) & ~(size - 1), size};
}

std::string dotted(std::uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
}

void set(Tx& tx, const char* name, const json& value) {
  const auto text = value.dump();
  const auto* known = tx.state().find<domain::Setting>(name);
  if (!known || known->value != text) tx.save(domain::Setting{name, text});
}

// Begins at a random place and goes round: what was given back lately is unlikely to be next.
base::Result<std::string> take(Tx& tx, const char* which, std::uint32_t skip_low, const std::set<std::string>& also_used) {
  const auto* setting = tx.state().find<domain::Setting>(kAddresses);
  if (!setting)
    return base::fail(Fault::kUnavailable, "ServiceUnavailable",
                      "the host of the machines is not connected yet; try again in some seconds");
  const auto cidr = json::parse(setting->value).at(which).get<std::string>();
  TRY_ASSIGN(const auto range, parse_cidr(cidr));
  const std::uint32_t usable = range.size - skip_low - 1;  // the last one is the broadcast address
  std::uint32_t start = 0;
  tx.random().fill(reinterpret_cast<unsigned char*>(&start), sizeof start);
  for (std::uint32_t i = 0; i < usable; ++i) {
    auto text = dotted(range.base + skip_low + (start % usable + i) % usable);
    if (!tx.state().addresses.contains(text) && !also_used.contains(text)) return text;
  }
  return base::fail(Fault::kNoRoom, "InsufficientAddressCapacity",
                    fmt::format("all {} addresses of {} are in use; stop or terminate a machine, or ask the administrator "
                                "for a larger range in stipend.toml",
                                usable, cidr));
}

}  // namespace

base::Status set_room(Tx& tx, const compute::HostRoom& host, const RoomPolicy& policy) {
  set(tx, kRoom,
      {{"host", host.host.str()},
       {"cpus", host.cpus},
       {"vcpus", host.cpus * policy.vcpu_percent / 100},
       {"memory_mib", host.memory_mib * policy.memory_percent / 100},
       // In steps, so that a disk that fills does not write a row each time.
       {"disk_free_mib", host.disk_free_mib / 256 * 256}});
  return {};
}

base::Status set_addresses(Tx& tx, const compute::AddressRanges& ranges) {
  TRY(parse_cidr(ranges.private_cidr));
  TRY(parse_cidr(ranges.public_cidr));
  set(tx, kAddresses, {{"private", ranges.private_cidr}, {"public", ranges.public_cidr}});
  return {};
}

std::optional<compute::AddressRanges> address_ranges(const domain::State& state) {
  const auto* setting = state.find<domain::Setting>(kAddresses);
  if (!setting) return {};
  const auto value = json::parse(setting->value);
  return compute::AddressRanges{value.at("private").get<std::string>(), value.at("public").get<std::string>()};
}

std::optional<Room> total_room(const domain::State& state) {
  const auto* setting = state.find<domain::Setting>(kRoom);
  if (!setting) return {};
  const auto value = json::parse(setting->value);
  Room room;
  if (auto host = base::HostId::parse(value.at("host").get<std::string>())) room.host = *host;
  room.cpus = value.at("cpus");
  room.vcpus = value.at("vcpus");
  room.memory_mib = value.at("memory_mib");
  room.disk_free_mib = value.at("disk_free_mib");
  return room;
}

std::optional<Room> free_room(const domain::State& state) {
  auto room = total_room(state);
  if (!room) return {};
  room->vcpus -= state.used_vcpus;
  room->memory_mib -= state.used_memory_mib;
  return room;
}

base::Status check_room(const domain::State& state, const std::string& type_name, const compute::Size& size,
                        std::int64_t count) {
  const auto room = free_room(state);
  if (!room) return {};  // the host has not told its size yet: addresses gate the launch
  const auto full = [&](const std::string& why) {
    return base::fail(Fault::kNoRoom, "InsufficientInstanceCapacity",
                      fmt::format("We currently do not have sufficient {} capacity: {}. It costs nothing; choose a smaller "
                                  "type, stop a machine, or try again later.",
                                  type_name, why));
  };
  if (size.vcpus > room->cpus)
    return full(fmt::format("it has {} vCPUs and the host {}", size.vcpus, room->cpus));
  if (size.vcpus * count > room->vcpus)
    return full(fmt::format("{} vCPUs are needed and {} are free", size.vcpus * count, std::max<std::int64_t>(0, room->vcpus)));
  if (size.memory_mib * count > room->memory_mib)
    return full(fmt::format("{} MiB of memory are needed and {} are free", size.memory_mib * count,
                            std::max<std::int64_t>(0, room->memory_mib)));
  if (room->disk_free_mib < kDiskFloorMib)
    return full(fmt::format("the host has {} MiB of disk left", room->disk_free_mib));
  return {};
}

bool is_private_address(const domain::State& state, const std::string& address) {
  const auto ranges = address_ranges(state);
  in_addr parsed{};
  if (!ranges || inet_pton(AF_INET, address.c_str(), &parsed) != 1) return false;
  const auto range = parse_cidr(ranges->private_cidr);
  return range && ntohl(parsed.s_addr) - range->base < range->size;
}

base::Result<std::string> take_private_address(Tx& tx, const std::set<std::string>& also_used) {
  return take(tx, "private", 2, also_used);  // network, gateway
}
base::Result<std::string> take_public_address(Tx& tx, const std::set<std::string>& also_used) {
  return take(tx, "public", 1, also_used);
}

}  // namespace stipend::control
