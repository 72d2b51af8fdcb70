// The process that keeps the log of connections: `stipend-host flows`, a child of stipend-host that holds nothing but
// CAP_NET_ADMIN and sees no folder but its own. When it is overrun or dies no machine notices: what was open is asked
// for anew, what began and ended unseen is lost, and both are told in the log and by `stipend whose`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "host/address.hpp"
#include "host/fd.hpp"
#include "host/flow_store.hpp"
#include "host/names.hpp"
#include "hostlink/messages.hpp"

namespace stipend::host {

std::string flow_folder(const Names& names);  // STATE/host/flows

// What stipend-host tells it, one packet each, over the descriptor it was started with. The end of it ends the process.
struct HoldOrder {
  std::uint32_t address = 0;
  hostlink::RunKey run;
};
std::string encode(const HoldOrder& order);
base::Result<HoldOrder> decode_hold(std::string_view packet);

// The exit status of the process. `orders` is descriptor 3 there.
int keep_flows(const Names& names, const Cidr& machines, const FlowLimits& limits, Fd orders);

// Waits until no process keeps the log of this state; after a while false.
bool flows_ended(const Names& names, int wait_ms);

}  // namespace stipend::host
