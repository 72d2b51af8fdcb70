#include "host/network.hpp"

#include <fmt/core.h>
#include <net/if.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "host/dns.hpp"
#include "host/files.hpp"
#include "host/network_ranges.hpp"
#include "host/nft.hpp"
#include "host/process.hpp"

namespace stipend::host {
namespace {

using base::fail;
using base::Fault;

bool has_device(const std::string& name) {
  return if_nametoindex(name.c_str()) != 0;
}

bool has_address(const std::string& device, const std::string& address) {
  const auto shown = run_tool({"ip", "-4", "-o", "addr", "show", "dev", device}, 5000);
  return shown && shown->find(" " + address + "/32 ") != std::string::npos;
}

// A bridge without ports: a device that every kernel has and that only carries the gateway's address. The
// route gives connections to public addresses a way (and a source address) before they are translated, also
// offline.
base::Status make_device(const Names& names, const NetworkRanges& ranges) {
  if (!has_device(names.device)) TRY(run_tool({"ip", "link", "add", names.device, "type", "bridge"}, 5000));
  TRY(run_tool({"ip", "addr", "replace", ranges.gateway + "/32", "dev", names.device}, 5000));
  TRY(run_tool({"ip", "link", "set", names.device, "up"}, 5000));
  TRY(run_tool({"ip", "route", "replace", ranges.public_cidr, "dev", names.device, "src", ranges.gateway},
               5000));
  // Machines' packets pass through; nothing on this host may answer for the gateway's device by IPv6.
  (void)write_existing("/proc/sys/net/ipv6/conf/" + names.device + "/disable_ipv6", "1");
  return write_existing("/proc/sys/net/ipv4/ip_forward", "1");
}

// Translated connections live on without their rule. The tool fails when there are none.
void forget_flows(const std::string& address) {
  (void)run_tool({"conntrack", "-D", "--orig-src", address}, 5000);
  (void)run_tool({"conntrack", "-D", "--reply-src", address}, 5000);
}
void forget_flows_to(const std::string& address) { (void)run_tool({"conntrack", "-D", "--orig-dst", address}, 5000); }

}  // namespace

base::Result<Network> Network::open(const Names& names, const NetworkConfig& config,
                                    std::span<const MachineNetwork> machines) {
  TRY_ASSIGN(RangePair pair, find_ranges(names, config.private_cidr, config.public_cidr));
  NetworkRanges ranges{pair.machines.str(), pair.publics.str(), to_address(pair.machines.first + 1)};
  Network network(names, config, std::move(ranges), pair);
  for (const auto& opening : network.egress_.openings)
    for (const auto& own : network.own_ranges())
      if (own.contains(opening.to.first) && own.contains(opening.to.last()))
        return fail(Fault::kConflict, "RangeClash",
                    fmt::format("[network] allow opens {}, which is inside {}, the machines' own addresses; set another range as "
                                "[network] {} in stipend.toml",
                                opening.to.str(), own.str(), own == pair.machines ? "private" : "public"));
  for (const auto& machine : machines) {
    auto entry = network.check(machine);
    if (!entry)
      return fail(Fault::kConflict, "RangeInUse",
                  entry.error().message + ": machines still run with addresses of before; stop them with `stipend "
                                          "down`, then change [network] in stipend.toml");
    network.machines_[machine.instance.str()] = *entry;
  }
  // Other ranges than the last time: the device must not go on carrying the old ones.
  if (machines.empty() && has_device(names.device) && !has_address(names.device, network.ranges_.gateway))
    TRY(teardown(names));
  TRY(reserve_ranges(names, config.private_cidr, config.public_cidr));
  TRY(make_device(names, network.ranges_));
  TRY(network.install());
  TRY(ensure_dns(names, network.ranges_.gateway, network.dns_names()));
  return network;
}

base::Status Network::install() {
  return run_nft(nft_table(names_, {egress_, pair_.machines.first + 1, config_.server_uid}, machines_));
}

base::Result<MachineAddress> Network::check(const MachineNetwork& m) const {
  const auto own = parse_address(m.private_address), open = parse_address(m.public_address);
  const auto inside = [](const Cidr& range, std::uint32_t a, std::uint32_t reserved) {
    return range.contains(a) && a > range.first + reserved && a != range.last();
  };
  if (!own || !inside(pair_.machines, *own, 1))
    return fail(
        Fault::kInvalid, "InvalidAddress",
        fmt::format("{} is not an address for machines in {}", m.private_address, ranges_.private_cidr));
  if (!open || !inside(pair_.publics, *open, 0))
    return fail(Fault::kInvalid, "InvalidAddress",
                fmt::format("{} is not an address in {}", m.public_address, ranges_.public_cidr));
  const MachineAddress entry{names_.veth(m.ids.slot), *own, *open};
  for (const auto& [id, other] : machines_)
    if (id != m.instance.str() &&
        (other.veth == entry.veth || other.machine == entry.machine || other.publics == entry.publics))
      return fail(Fault::kConflict, "AddressInUse",
                  fmt::format("an address or the device of {} belongs to {}", m.instance.str(), id));
  return entry;
}

base::Status Network::add_machine(const MachineNetwork& machine) {
  TRY_ASSIGN(MachineAddress entry, check(machine));
  const auto known = machines_.find(machine.instance.str());
  if (known != machines_.end() && known->second == entry) return {};
  std::optional<MachineAddress> before;
  if (known != machines_.end()) before = known->second;
  const std::string change = (before ? nft_remove(names_, *before) : std::string()) + nft_add(names_, entry);
  machines_[machine.instance.str()] = entry;
  if (!run_nft(change)) {  // the table is not what it was: all of it again
    if (auto installed = install(); !installed) {
      if (before) machines_[machine.instance.str()] = *before;
      else machines_.erase(machine.instance.str());
      return installed;
    }
  }
  if (before && before->publics != entry.publics) forget_flows_to(to_address(before->publics));
  return {};
}

base::Status Network::remove_machine(const MachineNetwork& machine) {
  const auto known = machines_.find(machine.instance.str());
  if (known != machines_.end()) {
    const MachineAddress entry = known->second;
    machines_.erase(known);
    if (!run_nft(nft_remove(names_, entry))) TRY(install());
    forget_flows(to_address(entry.machine));
  }
  const std::string veth = names_.veth(machine.ids.slot);
  if (has_device(veth)) TRY(run_tool({"ip", "link", "del", veth}, 5000));
  return {};
}

base::Status Network::keep_alive() {
  if (!has_device(names_.device)) TRY(make_device(names_, ranges_));
  if (!nft_table_exists(names_.nft_table)) TRY(install());
  return ensure_dns(names_, ranges_.gateway, dns_names());
}

base::Status Network::set_proxy_addresses(std::vector<std::uint32_t> addresses) {
  std::ranges::sort(addresses);
  if (addresses == egress_.proxy_addresses) return {};
  egress_.proxy_addresses = std::move(addresses);
  if (!run_nft(nft_proxies(names_, egress_))) TRY(install());
  return ensure_dns(names_, ranges_.gateway, dns_names());
}

// Names may stand for what is opened, and the proxy's for what the host knows of it (its /etc/hosts among it).
DnsNames Network::dns_names() const {
  DnsNames names;
  for (const auto& opening : egress_.openings) names.inside.push_back(opening.to);
  for (const auto address : egress_.proxy_addresses) names.inside.push_back({address, 32});
  if (const auto proxy = hostlink::parse_proxy(config_.egress.proxy); proxy && !parse_address(proxy->host))
    if (!egress_.proxy_addresses.empty()) names.known.emplace_back(proxy->host, egress_.proxy_addresses.front());
  return names;
}

base::Status Network::teardown(const Names& names) {
  TRY(stop_dns(names));
  TRY(run_nft(fmt::format("table inet {0}\ndelete table inet {0}\n", names.nft_table)));
  struct Devices {
    struct if_nameindex* list = if_nameindex();
    ~Devices() {
      if (list != nullptr) if_freenameindex(list);
    }
  } devices;
  for (auto* d = devices.list; d != nullptr && d->if_index != 0; ++d) {
    const std::string name = d->if_name;  // deleting one end of a pair deletes the other
    if ((name == names.device || name.starts_with("st" + names.hash)) && has_device(name))
      TRY(run_tool({"ip", "link", "del", name}, 5000));
  }
  return release_ranges(names);
}

}  // namespace stipend::host
