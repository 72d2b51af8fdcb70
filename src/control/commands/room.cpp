#include "control/commands/room.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "control/commands/common.hpp"
#include "control/commands/queue.hpp"

namespace stipend::control {
namespace {

using base::Fault;
using nlohmann::json;

constexpr const char* kRoom = "room";
constexpr const char* kAddresses = "addresses";

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

// What the setting's text says, read once for each text: rooms are looked at hundreds of times in a step.
const json* parsed(const domain::State& state, const char* name) {
  const auto at = state.settings.find(name);
  if (at == state.settings.end()) return nullptr;
  struct Read {
    domain::RowPtr<domain::Setting> row;
    json value;
  };
  thread_local std::map<std::string, Read, std::less<>> read;
  auto& known = read[name];
  if (known.row != at->second) known = {at->second, json::parse(at->second->value)};
  return &known.value;
}

void set(Tx& tx, const char* name, const json& value) {
  const auto text = value.dump();
  const auto* known = tx.state().find<domain::Setting>(name);
  if (!known || known->value != text) tx.save(domain::Setting{name, text});
}

// Begins at a random place and goes round: what was given back lately is unlikely to be next.
base::Result<std::string> take(Tx& tx, const char* which, std::uint32_t skip_low, const std::set<std::string>& also_used) {
  const auto* setting = parsed(tx.state(), kAddresses);
  if (!setting)
    return base::fail(Fault::kUnavailable, "ServiceUnavailable",
                      "the host of the machines is not connected yet; try again in some seconds");
  const auto cidr = setting->at(which).get<std::string>();
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

// The room that waits for the place which was passed over too often; a place that could not fit even if all ended that
// runs holds nothing up.
domain::Space held_for_queue(const domain::State& state, const domain::Room& room, base::WallTime now) {
  const domain::QueuePlace* first = nullptr;
  domain::Space held;
  for (const auto& [id, place] : state.queue) {
    if (place->passed < domain::kPassedMost || !place->refused.empty() || (first && !(place->since < first->since))) continue;
    const auto wish = wish_of(state, *place, now);
    if (!wish || wish->vcpus > room.host.cpus || !room.most_for(wish->course).holds(wish->space)) continue;
    first = place.get();
    held = wish->space;
  }
  return held;
}

}  // namespace

std::int64_t disk_steps(std::int64_t mib) { return mib / 256 * 256; }

base::Status set_room(Tx& tx, const compute::HostRoom& told, const RoomPolicy& policy) {
  const auto host = domain::allow(policy, told.host, told.cpus, told.memory_mib, told.disk_free_mib, told.disk_total_mib);
  set(tx, kRoom,
      {{"host", host.id.str()},
       {"cpus", host.cpus},
       {"cpu_milli", host.space.cpu_milli},
       {"vcpu_milli", domain::vcpu_milli(policy.vcpu_percent)},
       {"memory_mib", host.space.memory_mib},
       // In steps, so that a disk that fills does not write a row each time.
       {"disk_free_mib", disk_steps(host.disk_free_mib)},
       {"disk_total_mib", host.disk_total_mib}});
  serve_queue(tx);
  return {};
}

base::Status set_addresses(Tx& tx, const compute::AddressRanges& ranges) {
  TRY(parse_cidr(ranges.private_cidr));
  TRY(parse_cidr(ranges.public_cidr));
  set(tx, kAddresses, {{"private", ranges.private_cidr}, {"public", ranges.public_cidr}});
  return {};
}

std::optional<compute::AddressRanges> address_ranges(const domain::State& state) {
  const auto* value = parsed(state, kAddresses);
  if (!value) return {};
  return compute::AddressRanges{value->at("private").get<std::string>(), value->at("public").get<std::string>()};
}

std::optional<domain::Host> total_room(const domain::State& state) {
  const auto* setting = parsed(state, kRoom);
  if (!setting) return {};
  const auto& value = *setting;
  if (!value.contains("cpu_milli")) return {};  // of an older build: the host tells it again in a moment
  domain::Host host;
  if (auto id = base::HostId::parse(value.at("host").get<std::string>())) host.id = *id;
  host.cpus = value.at("cpus");
  host.space = {value.at("cpu_milli"), value.at("memory_mib")};
  host.disk_free_mib = value.at("disk_free_mib");
  host.disk_total_mib = value.at("disk_total_mib");
  return host;
}

std::int64_t vcpu_milli(const domain::State& state) {
  const auto* setting = parsed(state, kRoom);
  const std::int64_t none = domain::vcpu_milli(RoomPolicy{}.vcpu_percent);
  return setting ? setting->value("vcpu_milli", none) : none;
}

std::optional<domain::Room> room_now(const domain::State& state, base::WallTime now) {
  const auto host = total_room(state);
  if (!host) return {};
  domain::Room room;
  room.host = *host;
  room.disks_gib = state.disks_gib;
  room.used = {state.used_cpu_milli, state.used_memory_mib};
  const auto milli = vcpu_milli(state);
  for (const auto& [id, course] : state.courses)
    if (const auto kept = domain::kept_for(*course, domain::catalogue_at(state, *course, now), *host, milli, now); kept != domain::Space{}) room.kept[id] = kept;
  if (!room.kept.empty()) {
    for (const auto& id : state.with_run) {
      const auto& instance = *state.find<domain::Instance>(id);
      room.used_by[state.find<domain::Account>(instance.account)->course] += {instance.run->cpu_milli, instance.run->memory_mib};
    }
  }
  room.held = held_for_queue(state, room, now);
  return room;
}

std::unexpected<base::Error> no_room(const std::string& what, const domain::Lack& lack) {
  return base::fail(Fault::kNoRoom, "InsufficientInstanceCapacity",
                    fmt::format("We currently do not have sufficient {} capacity: {}. It costs nothing; choose a smaller "
                                "type, stop a machine, or try again later.",
                                what, domain::sentence(lack)));
}

base::Status check_room(const Tx& tx, RoomRule rule, const std::string& what, const domain::Wish& wish) {
  if (rule == RoomRule::kIgnore) return {};
  auto room = room_now(tx.state(), tx.now());
  if (!room) return {};  // the host has not told its size yet: addresses gate the launch
  if (rule == RoomRule::kTurn) room->held = {};
  if (const auto missing = domain::lack(*room, wish)) return no_room(what, *missing);
  return {};
}

domain::Wish wish_for(const domain::State& state, const base::CourseId& course, const domain::InstanceType& type, std::int64_t count,
                      std::int64_t new_disks_gib) {
  return {course, type.vcpus, domain::space_of(type, vcpu_milli(state)) * count, new_disks_gib};
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
