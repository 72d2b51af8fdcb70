// What goes out: the proxy's addresses as they are now, and the log of whose a connection was.
#include <algorithm>

#include "base/log.hpp"
#include "host/daemon.hpp"

namespace stipend::host {
namespace {

namespace log = base::log;

constexpr int kFirstAnswerMs = 3'000;

}  // namespace

void Daemon::find_proxy(bool at_start, std::int64_t now) {
  if (!network_ || options_.egress.proxy.empty()) return;
  if (at_start) proxy_ = ProxyFinder(hostlink::parse_proxy(options_.egress.proxy)->host);
  auto found = at_start ? proxy_.wait(kFirstAnswerMs) : proxy_.tick(now);
  if (!found || found == proxy_found_) return;
  proxy_found_ = found;
  if (found->empty())  // its addresses of before stay open
    return log::warn("the name of the configured proxy is not known", {{"proxy", options_.egress.proxy}});
  auto never = own_addresses();
  for (const auto& range : network_->own_ranges()) never.push_back(range);
  for (const char* range : {"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"}) never.push_back(*parse_cidr(range));
  const auto usable = reachable(*found, never);
  if (usable.empty())
    log::error("the configured proxy is this computer itself or another machine, which machines never reach: run it elsewhere",
               {{"proxy", options_.egress.proxy}});
  if (const auto set = network_->set_proxy_addresses(usable); !set)
    log::error("the way to the proxy could not be opened", {{"error", set.error().message}});
}

HoldOrder Daemon::hold_order(const Machine& machine) {
  return {parse_address(machine.network.private_address).value_or(0), machine.key};
}

void Daemon::begin_flow_log() {
  if (!options_.keep_flows) return;
  flows_.begin(names_, network_->own_ranges().front(), options_.egress, [this] {
    std::vector<HoldOrder> all;
    for (const auto& [id, machine] : machines_)
      if (!machine.network.private_address.empty()) all.push_back(hold_order(machine));
    return all;
  });
}

}  // namespace stipend::host
