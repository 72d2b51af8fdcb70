// stipend-host's side of the process that keeps the log of connections: starts it, tells it who holds which address,
// starts it again when it ends. One thread.
#pragma once

#include <functional>
#include <vector>

#include "host/flow_logger.hpp"
#include "host/spawn.hpp"
#include "hostlink/egress.hpp"

namespace stipend::host {

class FlowChild {
 public:
  using Holders = std::function<std::vector<HoldOrder>()>;  // everybody who has an address now

  void begin(const Names& names, const Cidr& machines, const hostlink::Egress& egress, Holders holders);
  void hold(const HoldOrder& order);
  // Every second, and when a child has ended.
  void tick(std::int64_t now_ms);
  // Lets it write what it has; waits a little.
  void end();

 private:
  void start(std::int64_t now_ms);

  std::vector<std::string> words_;  // empty: no log is kept
  Holders holders_;
  Child process_;
  Fd orders_;
  std::int64_t started_ms_ = 0, again_ms_ = 0, pause_ms_ = 0;
};

}  // namespace stipend::host
