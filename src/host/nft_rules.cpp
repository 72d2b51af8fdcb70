#include "host/nft_rules.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <vector>

namespace stipend::host {
namespace {

std::string elements(const std::vector<std::string>& list) {
  return list.empty() ? "" : fmt::format("    elements = {{ {} }}\n", fmt::join(list, ", "));
}

}  // namespace

std::string nft_table(const Names& names, const NftState& s,
                      const std::map<std::string, MachineAddress>& machines) {
  std::vector<std::string> sources, publics;
  for (const auto& [id, m] : machines) {
    sources.push_back(fmt::format("\"{}\" . {}", m.veth, to_address(m.machine)));
    publics.push_back(fmt::format("{} : {}", to_address(m.publics), to_address(m.machine)));
  }
  using namespace fmt::literals;
  return fmt::format(
      R"(table inet {table}
delete table inet {table}
table inet {table} {{
  set sources {{
    type ifname . ipv4_addr
{sources}  }}
  map publics {{
    type ipv4_addr : ipv4_addr
{publics}  }}
  set queries {{
    type ipv4_addr
    size 65535
    flags dynamic
  }}
  set tcp_queries {{
    type ipv4_addr
    size 65535
    flags dynamic
  }}
  set questions {{
    type ipv4_addr
    size 65535
    flags dynamic,timeout
    timeout 1m
  }}
  set sent {{
    type ipv4_addr
    size 65535
    flags dynamic,timeout
    timeout 1m
  }}
  set received {{
    type ipv4_addr
    size 65535
    flags dynamic,timeout
    timeout 1m
  }}

  chain from_machine {{
    meta nfproto ipv6 drop
    iifname . ip saddr != @sources drop
  }}
  chain entering {{
    type filter hook prerouting priority -300; policy accept;
    iifname "{veths}" jump from_machine
  }}

  chain public_of_others {{
    type nat hook prerouting priority -100; policy accept;
    iifname != "{veths}" dnat ip to ip daddr map @publics
  }}
  chain public_of_host {{
    type nat hook output priority -100; policy accept;
    dnat ip to ip daddr map @publics
  }}
  chain outside {{
    type nat hook postrouting priority 100; policy accept;
    ip saddr {range} iifname "{veths}" oifname != "{veths}" masquerade
  }}

{egress}  chain arrive {{
    ct state established,related accept
    ct status dnat tcp dport 22 accept
    drop
  }}
  chain passing {{
    type filter hook forward priority 0; policy accept;
{rate}    iifname "{veths}" jump leave
    oifname "{veths}" jump arrive
  }}

  chain to_host {{
    udp dport 53 update @questions {{ ip saddr limit rate over {questions}/second burst {question_burst} packets }} counter drop
    ct state established,related accept
    tcp dport 53 ct state new add @tcp_queries {{ ip saddr ct count over {tcp_queries} }} drop
    ct state new add @queries {{ ip saddr ct count over {queries} }} drop
    ip daddr {gateway} udp dport 53 accept
    ip daddr {gateway} tcp dport 53 accept
    ip daddr {gateway} icmp type echo-request accept
    drop
  }}
  chain input {{
    type filter hook input priority 0; policy accept;
    iifname "{veths}" jump to_host
  }}

  chain from_host {{
    ct state established,related accept
    ip daddr {gateway} accept
    meta skuid {{ 0, {uid} }} accept
    tcp dport 22 accept
    icmp type echo-request accept
    reject with icmp type admin-prohibited
  }}
  chain output {{
    type filter hook output priority 0; policy accept;
    ip daddr {range} jump from_host
  }}
}}
)",
      "table"_a = names.nft_table, "veths"_a = names.veth_wildcard(), "sources"_a = elements(sources),
      "publics"_a = elements(publics), "range"_a = s.egress.machines.str(), "gateway"_a = to_address(s.gateway),
      "uid"_a = s.server_uid, "egress"_a = egress_text(s.egress), "rate"_a = rate_text(s.egress, names.veth_wildcard()),
      "questions"_a = kQueriesPerSecond, "question_burst"_a = kQueriesBurst, "tcp_queries"_a = kTcpQueriesMax,
      "queries"_a = kQueriesMax);
}

std::string nft_add(const Names& names, const MachineAddress& m) {
  return fmt::format(
      "add element inet {0} sources {{ \"{1}\" . {2} }}\nadd element inet {0} publics {{ {3} : {2} }}\n",
      names.nft_table, m.veth, to_address(m.machine), to_address(m.publics));
}

std::string nft_remove(const Names& names, const MachineAddress& m) {
  return fmt::format(
      "delete element inet {0} sources {{ \"{1}\" . {2} }}\ndelete element inet {0} publics {{ {3} }}\n",
      names.nft_table, m.veth, to_address(m.machine), to_address(m.publics));
}

}  // namespace stipend::host
