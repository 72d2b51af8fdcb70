// The kernel's word of connections that begin and end (conntrack events). Needs CAP_NET_ADMIN. One thread.
#pragma once

#include <functional>

#include "base/result.hpp"
#include "host/address.hpp"
#include "host/fd.hpp"
#include "host/flow_book.hpp"

namespace stipend::host {

class FlowEvents {
 public:
  using Sink = std::function<void(const FlowEvent&)>;
  // Only what comes from `machines` and leaves translated. kUnavailable where the kernel has no such events.
  static base::Result<FlowEvents> open(const Cidr& machines, int buffer_bytes);
  int fd() const { return events_.get(); }
  // Everything that waits, at most some thousands; true: the kernel had to drop some that nobody read in time.
  base::Result<bool> read(const Sink& sink);
  // All connections there are now.
  base::Status dump(const Sink& sink);

 private:
  FlowEvents(Cidr machines, Fd events, Fd asking) : machines_(machines), events_(std::move(events)), asking_(std::move(asking)) {}
  Cidr machines_;
  Fd events_, asking_;
};

}  // namespace stipend::host
