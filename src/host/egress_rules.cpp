#include "host/egress_rules.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace stipend::host {
namespace {

constexpr const char* kRefused = "reject with icmp type admin-prohibited";
constexpr int kBurstSeconds = 5;
// A machine's packets are up to 64 KiB before they are cut: a burst of a few would be no burst.
constexpr std::int64_t kLeastBurstKib = 1024;

std::string list_of(const std::vector<Cidr>& ranges) {
  std::vector<std::string> words;
  for (const auto& range : ranges) words.push_back(range.str());
  return fmt::format("{{ {} }}", fmt::join(words, ", "));
}

std::vector<std::string> proxy_elements(const EgressRules& r) {
  std::vector<std::string> words;
  if (r.proxy_port != 0)
    for (const auto address : r.proxy_addresses) words.push_back(fmt::format("{} . {}", to_address(address), r.proxy_port));
  return words;
}

std::string opened(const EgressRules& r, bool with_ports) {
  std::string text;
  for (const auto& o : r.openings) {
    if ((o.first_port != 0) != with_ports) continue;
    if (!with_ports) text += fmt::format("    ip daddr {} goto fresh\n", o.to.str());
    else
      for (const char* protocol : {"tcp", "udp"})
        text += fmt::format("    ip daddr {} {} dport {}-{} goto fresh\n", o.to.str(), protocol, o.first_port, o.last_port);
  }
  return text;
}

}  // namespace

const std::vector<Cidr>& not_public() {
  static const std::vector<Cidr> ranges = [] {
    std::vector<Cidr> out;
    for (const char* text : {"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
                             "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3"})
      out.push_back(*parse_cidr(text));
    return out;
  }();
  return ranges;
}

std::vector<Cidr> without(const std::vector<Cidr>& ranges, const std::vector<Cidr>& holes) {
  std::vector<Cidr> open = ranges, out;
  while (!open.empty()) {
    const Cidr range = open.back();
    open.pop_back();
    const auto hole = std::ranges::find_if(holes, [&](const Cidr& h) { return h.overlaps(range); });
    if (hole == holes.end()) {
      out.push_back(range);
    } else if (hole->bits > range.bits) {  // it lies inside: look at both halves
      open.push_back({range.first, range.bits + 1});
      open.push_back({range.first + (1U << (31 - range.bits)), range.bits + 1});
    }
  }
  std::ranges::sort(out);
  return out;
}

EgressRules egress_rules(const hostlink::Egress& e, const Cidr& machines, const Cidr& publics) {
  EgressRules r{.machines = machines, .publics = publics, .direct = e.direct, .proxy_port = 0, .proxy_addresses = {}, .openings = {},
                .connections = e.connections, .connections_per_second = e.connections_per_second, .rate_mbit = e.rate_mbit};
  if (const auto proxy = hostlink::parse_proxy(e.proxy)) r.proxy_port = proxy->port;
  for (const auto& entry : e.allow)
    if (const auto opening = hostlink::parse_opening(entry)) r.openings.push_back(*opening);
  return r;
}

std::string egress_text(const EgressRules& r) {
  const auto proxies = proxy_elements(r);
  using namespace fmt::literals;
  return fmt::format(
      R"(
  set proxies {{
    type ipv4_addr . inet_service
    size 64
{proxies}  }}
  set flows {{
    type ipv4_addr
    size 65535
    flags dynamic
  }}
  set starts {{
    type ipv4_addr
    size 65535
    flags dynamic,timeout
    timeout 1m
  }}

  chain fresh {{
    ct status & confirmed == confirmed accept
    update @starts {{ ip saddr limit rate over {per_second}/second burst {burst} packets }} counter drop
    add @flows {{ ip saddr ct count over {connections} }} counter drop
    accept
  }}
  chain leave {{
    ct state established,related accept
    ct state invalid drop
    meta l4proto != {{ tcp, udp, icmp }} {refused}
    ip daddr {{ {machines}, {publics}, 0.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16, 224.0.0.0/3 }} {refused}
    ct status & dnat == dnat ip daddr {not_public} {refused}
    ip daddr . tcp dport @proxies goto fresh
{with_ports}    tcp dport 25 reject with tcp reset
{whole}    ip daddr {not_public} {refused}
    {rest}
  }}
)",
      "proxies"_a = proxies.empty() ? "" : fmt::format("    elements = {{ {} }}\n", fmt::join(proxies, ", ")),
      "per_second"_a = r.connections_per_second, "burst"_a = r.connections_per_second * kBurstSeconds,
      "connections"_a = r.connections, "refused"_a = kRefused, "machines"_a = r.machines.str(), "publics"_a = r.publics.str(),
      "not_public"_a = list_of(not_public()), "with_ports"_a = opened(r, true), "whole"_a = opened(r, false),
      "rest"_a = r.direct ? "goto fresh" : kRefused);
}

std::string rate_text(const EgressRules& r, const std::string& veths) {
  if (r.rate_mbit == 0) return "";
  const std::int64_t kbytes = r.rate_mbit * 1'000'000 / 8 / 1024, burst = std::max(kLeastBurstKib, kbytes / 10);
  const auto limit = fmt::format("limit rate over {} kbytes/second burst {} kbytes }} counter drop", kbytes, burst);
  return fmt::format("    iifname \"{0}\" update @sent {{ ip saddr {1}\n    oifname \"{0}\" update @received {{ ip daddr {1}\n", veths,
                     limit);
}

std::string nft_proxies(const Names& names, const EgressRules& r) {
  std::string text = fmt::format("flush set inet {} proxies\n", names.nft_table);
  const auto words = proxy_elements(r);
  if (!words.empty()) text += fmt::format("add element inet {} proxies {{ {} }}\n", names.nft_table, fmt::join(words, ", "));
  return text;
}

}  // namespace stipend::host
