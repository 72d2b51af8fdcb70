#include "host/network_ranges.hpp"

#include <fmt/core.h>
#include <sys/stat.h>

#include <charconv>
#include <optional>
#include <sstream>

#include "host/files.hpp"
#include "host/process.hpp"

namespace stipend::host {
namespace {

using base::fail;
using base::Fault;

constexpr int kBits = 20;
const std::string kRegistry = "/run/stipend/networks";

const Taken* clash(const Cidr& range, const std::vector<Taken>& taken) {
  for (const auto& t : taken)
    if (t.range.overlaps(range)) return &t;
  return nullptr;
}

std::optional<Cidr> pick(std::string_view hash, std::initializer_list<Cidr> pools,
                         const std::vector<Taken>& taken) {
  std::uint32_t start = 0;
  std::from_chars(hash.data(), hash.data() + hash.size(), start, 16);
  for (const auto& pool : pools) {
    const std::uint32_t count = 1U << (kBits - pool.bits);
    for (std::uint32_t i = 0; i < count; ++i) {
      const Cidr range{pool.first + ((start + i) % count << (32 - kBits)), kBits};
      if (clash(range, taken) == nullptr) return range;
    }
  }
  return std::nullopt;
}

// Not addresses of one machine: "this network", loopback, link-local, multicast and what is beyond.
constexpr Cidr kSpecial[] = {{0, 8}, {127U << 24, 8}, {169U << 24 | 254U << 16, 16}, {224U << 24, 3}};

// `allowed` empty: any address that a machine can have.
base::Result<Cidr> configured(std::string_view text, std::string_view key,
                              std::initializer_list<Cidr> allowed, const std::vector<Taken>& taken) {
  const auto range = parse_cidr(text);
  if (!range || range->bits < 16 || range->bits > 28)
    return fail(
        Fault::kInvalid, "InvalidRange",
        fmt::format("[network] {} = \"{}\" is not a range like 10.97.16.0/20 (/16 to /28)", key, text));
  for (const auto& special : kSpecial)
    if (special.overlaps(*range))
      return fail(Fault::kInvalid, "InvalidRange",
                  fmt::format("[network] {} = \"{}\" are not addresses that a machine can have", key, text));
  bool inside = allowed.size() == 0;
  for (const auto& pool : allowed) inside |= pool.contains(range->first) && pool.contains(range->last());
  if (!inside)
    return fail(Fault::kInvalid, "InvalidRange",
                fmt::format("[network] {} = \"{}\" is not inside a private range", key, text));
  if (const Taken* t = clash(*range, taken))
    return fail(
        Fault::kConflict, "RangeClash",
        fmt::format("the address range {} overlaps {} ({}); set another one as [network] {} in stipend.toml",
                    range->str(), t->range.str(), t->by, key));
  return *range;
}

constexpr Cidr kTen{10U << 24 | 64U << 16, 10};
constexpr Cidr kTenAll{10U << 24, 8};
constexpr Cidr kSeventeen{172U << 24 | 16U << 16, 12};
constexpr Cidr kNineteen{192U << 24 | 168U << 16, 16};
constexpr Cidr kShared{100U << 24 | 64U << 16, 10};

// "HASH PRIVATE PUBLIC STATE" a line.
base::Result<std::string> registry_without(const Names& names) {
  std::string kept;
  if (!exists(kRegistry)) return kept;
  TRY_ASSIGN(std::string text, read_file(kRegistry));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (!line.starts_with(names.hash + " ")) kept += line + "\n";
  return kept;
}

std::vector<Taken> parse_registry(std::string_view text) {
  std::vector<Taken> out;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string hash, machines, publics, state;
    words >> hash >> machines >> publics;
    std::getline(words, state);
    for (const auto& range : {parse_cidr(machines), parse_cidr(publics)})
      if (range) out.push_back({*range, "the state" + state});
  }
  return out;
}

// Ours only when root wrote it: the server's user may own the state folder.
std::optional<std::pair<std::string, std::string>> remembered(const Names& names) {
  struct stat s{};
  const std::string path = names.state + "/network";
  if (lstat(path.c_str(), &s) != 0 || !S_ISREG(s.st_mode) || s.st_uid != 0) return std::nullopt;
  auto text = read_file(path, 4096);
  if (!text) return std::nullopt;
  std::istringstream words(*text);
  std::string machines, publics;
  words >> machines >> publics;
  if (!parse_cidr(machines) || !parse_cidr(publics)) return std::nullopt;
  return std::pair(machines, publics);
}

// `ip` writes if7 for a device that went away after its routes were listed, such as that of a machine just
// killed.
bool is_gone(std::string_view device) {
  return device.starts_with("if") && device.size() > 2 &&
         device.find_first_not_of("0123456789", 2) == std::string_view::npos;
}

}  // namespace

std::vector<Taken> parse_routes(std::string_view text, std::string_view own_hash) {
  std::vector<Taken> out;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string destination, word, device = "no device";
    words >> destination;
    for (const char* type : {"unicast", "local", "broadcast", "multicast", "throw", "unreachable", "prohibit",
                             "blackhole", "nat"})
      if (destination == type) {
        words >> destination;
        break;
      }
    while (words >> word)
      if (word == "dev") words >> device;
    if (device.find(own_hash) != std::string::npos || is_gone(device)) continue;
    auto range = parse_cidr(destination);
    if (!range)
      if (const auto address = parse_address(destination)) range = Cidr{*address, 32};
    if (range && range->bits > 0) out.push_back({*range, "a route of this host by " + device});
  }
  return out;
}

std::vector<Taken> parse_name_servers(std::string_view text) {
  std::vector<Taken> out;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word, address;
    if (words >> word >> address && word == "nameserver")
      if (const auto a = parse_address(address)) out.push_back({Cidr{*a, 32}, "this host's name server"});
  }
  return out;
}

base::Result<RangePair> choose_ranges(std::string_view hash, std::string_view machines,
                                      std::string_view publics, const std::vector<Taken>& taken) {
  RangePair pair;
  if (!machines.empty()) {
    TRY_ASSIGN(pair.machines, configured(machines, "private", {kTenAll, kSeventeen, kNineteen}, taken));
  } else if (const auto range = pick(hash, {kTen, kSeventeen, kNineteen}, taken)) {
    pair.machines = *range;
  } else {
    return fail(Fault::kConflict, "RangeClash",
                "every private address range overlaps a route of this host; set a free one as [network] "
                "private in stipend.toml");
  }
  if (!publics.empty()) {
    TRY_ASSIGN(pair.publics, configured(publics, "public", {}, taken));
  } else if (const auto range = pick(hash, {kShared}, taken)) {
    pair.publics = *range;
  } else {
    return fail(Fault::kConflict, "RangeClash",
                "all of 100.64.0.0/10 overlaps routes of this host; set a free range as [network] public in "
                "stipend.toml");
  }
  if (pair.machines.overlaps(pair.publics))
    return fail(Fault::kInvalid, "InvalidRange", "[network] private and public overlap each other");
  return pair;
}

base::Result<RangePair> find_ranges(const Names& names, const std::string& machines,
                                    const std::string& publics) {
  TRY_ASSIGN(std::string others, registry_without(names));
  TRY_ASSIGN(std::string routes, run_tool({"ip", "-4", "-o", "route", "show", "table", "all"}, 5000));
  std::vector<Taken> taken = parse_routes(routes, names.hash);
  for (auto& t : parse_registry(others)) taken.push_back(std::move(t));
  if (auto resolv = read_file("/etc/resolv.conf"))
    for (auto& t : parse_name_servers(*resolv)) taken.push_back(std::move(t));
  std::string want_machines = machines, want_publics = publics;
  if (const auto known = remembered(names)) {
    if (want_machines.empty()) want_machines = known->first;
    if (want_publics.empty()) want_publics = known->second;
  }
  return choose_ranges(names.hash, want_machines, want_publics, taken);
}

base::Result<RangePair> reserve_ranges(const Names& names, const std::string& machines,
                                       const std::string& publics) {
  TRY(make_folders("/run/stipend", 0755));
  TRY_ASSIGN(Fd lock, lock_file(kRegistry + ".lock"));
  TRY_ASSIGN(RangePair pair, find_ranges(names, machines, publics));
  TRY_ASSIGN(std::string others, registry_without(names));
  TRY(write_file_atomic(names.state + "/network", pair.machines.str() + " " + pair.publics.str() + "\n",
                        0644));
  TRY(write_file_atomic(
      kRegistry,
      others + fmt::format("{} {} {} {}\n", names.hash, pair.machines.str(), pair.publics.str(), names.state),
      0644, Keep::kFleeting));
  return pair;
}

base::Status release_ranges(const Names& names) {
  if (!exists(kRegistry)) return {};
  TRY_ASSIGN(Fd lock, lock_file(kRegistry + ".lock"));
  TRY_ASSIGN(std::string others, registry_without(names));
  return write_file_atomic(kRegistry, others, 0644, Keep::kFleeting);
}

}  // namespace stipend::host
