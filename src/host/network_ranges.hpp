// Which two address ranges a state uses. Pure except find_, reserve_ and release_ranges.
// Chosen by the state's hash, /20 each: machines' private addresses out of 10.64.0.0/10 (then 172.16.0.0/12,
// 192.168.0.0/16), public ones out of 100.64.0.0/10; configured public ones may be real addresses that are routed
// to this host. A range that overlaps a route of the host, a name server
// or another state is passed over. What was chosen stays in STATE/network.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "host/address.hpp"
#include "host/names.hpp"

namespace stipend::host {

struct Taken {
  Cidr range;
  std::string by;  // "route via eth0", "state /var/lib/stipend", ...
};

// `ip -4 -o route show table all`, without the default route and without devices whose name holds `own_hash`.
std::vector<Taken> parse_routes(std::string_view text, std::string_view own_hash);
std::vector<Taken> parse_name_servers(std::string_view resolv_conf);

struct RangePair {
  Cidr machines, publics;
};
// Empty strings: chosen. A given range that is taken, of the wrong kind or not /16 to /28 is an error that says by
// what.
base::Result<RangePair> choose_ranges(std::string_view hash, std::string_view machines,
                                      std::string_view publics, const std::vector<Taken>& taken);

// Looks at the host and chooses, changing nothing.
base::Result<RangePair> find_ranges(const Names& names, const std::string& machines,
                                    const std::string& publics);
// find_ranges, then writes STATE/network and the registry of all states. Idempotent.
base::Result<RangePair> reserve_ranges(const Names& names, const std::string& machines,
                                       const std::string& publics);
base::Status release_ranges(const Names& names);

}  // namespace stipend::host
