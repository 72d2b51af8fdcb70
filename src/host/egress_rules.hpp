// The part of a state's nft table that says what machines reach outside, how many connections they open and how
// fast their bytes go. Text made of typed values only. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/address.hpp"
#include "host/names.hpp"
#include "hostlink/egress.hpp"

namespace stipend::host {

struct EgressRules {
  Cidr machines, publics;  // this state's own, which nothing opens
  bool direct = true;
  std::uint16_t proxy_port = 0;               // 0: no proxy
  std::vector<std::uint32_t> proxy_addresses; // as resolved now
  std::vector<hostlink::Opening> openings;
  std::int64_t connections = 4096, connections_per_second = 100, rate_mbit = 200;
};

// Of settings that were checked; the proxy's addresses come later.
EgressRules egress_rules(const hostlink::Egress& egress, const Cidr& machines, const Cidr& publics);

// Sets, then the chains `leave` (jumped to with what comes from a machine) and `fresh`.
std::string egress_text(const EgressRules& rules);
// For the forward hook, before everything else: drops what is faster than a machine's rate.
std::string rate_text(const EgressRules& rules, const std::string& veths);
// Another list of the proxy's addresses in the table that stands.
std::string nft_proxies(const Names& names, const EgressRules& rules);

// How many questions a machine may ask the name server: at a time, by TCP at a time, each second.
inline constexpr int kQueriesMax = 512, kTcpQueriesMax = 8, kQueriesPerSecond = 200, kQueriesBurst = 1000;

// What is not the public internet, as ranges.
const std::vector<Cidr>& not_public();
// `ranges` without what `holes` cover.
std::vector<Cidr> without(const std::vector<Cidr>& ranges, const std::vector<Cidr>& holes);

}  // namespace stipend::host
