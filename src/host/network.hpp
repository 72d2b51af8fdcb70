// The network of one state: two address ranges, a gateway device, one nft table, name service. Machines have
// a routed veth each (no bridge): whatever liblxc makes under Names::veth is held by rules that exist before
// it. Default deny: a machine reaches the outside by NAT and the name server, nothing else (no other machine,
// not the host, no private or link-local range but what is configured, not port 25), and only with its own
// source address. Its
// public address leads to it: port 22 for every process of the host; port 8888 for root and `server_uid`. One
// thread at a time per state, one Network object. Each change is one nft transaction (~1-10 ms).
#pragma once

#include <sys/types.h>

#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "host/dns.hpp"
#include "host/idmap.hpp"
#include "host/names.hpp"
#include "host/network_ranges.hpp"
#include "host/nft_rules.hpp"

namespace stipend::host {

struct NetworkConfig {
  std::string private_cidr;  // "10.97.16.0/20"; empty: chosen
  std::string public_cidr;   // empty: chosen
  uid_t server_uid = 0;
  hostlink::Egress egress = {};
};

struct NetworkRanges {
  std::string private_cidr, public_cidr;
  std::string gateway;  // first address of the private range; the machines' name server too
};

struct MachineNetwork {
  base::InstanceId instance;
  IdRange ids;  // its slot names the veth
  std::string private_address, public_address;
};

class Network {
 public:
  // Chooses or checks the ranges (kept in STATE/network; shared registry /run/stipend/networks), makes the
  // device, the table (replacing one that a crash left; `machines` are those that run now) and the name
  // server. Idempotent. A configured range that clashes is kConflict and says with what.
  static base::Result<Network> open(const Names& names, const NetworkConfig& config,
                                    std::span<const MachineNetwork> machines);
  const NetworkRanges& ranges() const { return ranges_; }
  std::vector<Cidr> own_ranges() const { return {pair_.machines, pair_.publics}; }

  // Before the machine starts. Idempotent; replaces an older entry of the same machine, which is no longer reached at its public
  // address then, also by connections of before. kInvalid for addresses outside the ranges or not unique.
  base::Status add_machine(const MachineNetwork& machine);
  // After it ended: its rules, open connections and a left-over device go. Idempotent.
  base::Status remove_machine(const MachineNetwork& machine);
  // Every few seconds: restarts the name server if it died, restores device and table if somebody removed
  // them.
  base::Status keep_alive();

  // What the proxy's name stands for now. One transaction; nothing when they are the same.
  base::Status set_proxy_addresses(std::vector<std::uint32_t> addresses);

  // Everything this state has on the host. Idempotent; works without open().
  static base::Status teardown(const Names& names);

 private:
  Network(Names names, NetworkConfig config, NetworkRanges ranges, RangePair pair)
      : names_(std::move(names)), config_(std::move(config)), ranges_(std::move(ranges)), pair_(pair),
        egress_(egress_rules(config_.egress, pair.machines, pair.publics)) {}
  base::Result<MachineAddress> check(const MachineNetwork& machine) const;
  base::Status install();
  DnsNames dns_names() const;

  Names names_;
  NetworkConfig config_;
  NetworkRanges ranges_;
  RangePair pair_;
  EgressRules egress_;
  std::map<std::string, MachineAddress> machines_;
};

}  // namespace stipend::host
