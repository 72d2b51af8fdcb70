#include "host/flow_child.hpp"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "base/log.hpp"
#include "host/files.hpp"
#include "host/packet.hpp"

namespace stipend::host {
namespace {

namespace log = base::log;

constexpr std::int64_t kPauseMs = 1'000, kPauseMostMs = 300'000, kWellMs = 60'000;
constexpr int kEndMs = 3'000;

}  // namespace

void FlowChild::begin(const Names& names, const Cidr& machines, const hostlink::Egress& egress, Holders holders) {
  holders_ = std::move(holders);
  if (egress.flow_log_days == 0) return log::warn("it is not recorded whose a connection was: flow_log_days is 0");
  // The kernel then says itself when a connection began; without it, it is when its word of it came.
  (void)write_existing("/proc/sys/net/netfilter/nf_conntrack_timestamp", "1");
  words_ = {"flows", "--state", names.state, "--range", machines.str(), "--days", std::to_string(egress.flow_log_days),
            "--mib", std::to_string(egress.flow_log_mib)};
  start(monotonic_ms());
}

void FlowChild::start(std::int64_t now_ms) {
  started_ms_ = now_ms;
  pause_ms_ = std::clamp(2 * pause_ms_, kPauseMs, kPauseMostMs);
  again_ms_ = now_ms + pause_ms_;
  auto ends = packet_pair();
  if (!ends) return log::error("the log of connections does not start", {{"error", ends.error().message}});
  auto child = spawn_self(words_, ends->second.get(), STDERR_FILENO);
  if (!child) return log::error("the log of connections does not start", {{"error", child.error().message}});
  process_ = *std::move(child);
  orders_ = std::move(ends->first);
  for (const auto& order : holders_()) hold(order);
}

void FlowChild::hold(const HoldOrder& order) {
  // One that does not read is started again, and then told everything.
  if (orders_ && send_packet(orders_, encode(order)) != Sent::kYes) orders_.reset();
}

void FlowChild::tick(std::int64_t now_ms) {
  if (words_.empty()) return;
  int status = 0;
  if (process_ && now_ms - started_ms_ > kWellMs) pause_ms_ = 0;
  if (process_ && reap(process_, status)) {
    orders_.reset();
    again_ms_ = now_ms + std::max(pause_ms_, kPauseMs);
    log::error("the log of connections ended; it is started again", {{"status", status}, {"in_s", (again_ms_ - now_ms) / 1000}});
  }
  if (!process_ && now_ms >= again_ms_) start(now_ms);
}

void FlowChild::end() {
  words_.clear();
  orders_.reset();
  if (!process_) return;
  pollfd p{.fd = process_.pidfd.get(), .events = POLLIN, .revents = 0};
  if (::poll(&p, 1, kEndMs) != 1) kill_child(process_);
  ::waitpid(process_.pid, nullptr, 0);
  process_ = Child{};
}

}  // namespace stipend::host
