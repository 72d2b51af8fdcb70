#include "host/flow_logger.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/log.hpp"
#include "host/files.hpp"
#include "host/flow_events.hpp"
#include "host/flow_query.hpp"
#include "host/packet.hpp"
#include "host/record_files.hpp"
#include "host/spawn.hpp"
#include "hostlink/fields.hpp"
#include "hostlink/names.hpp"

namespace stipend::host {
namespace {

namespace log = base::log;

constexpr int kEventBuffer = 64 << 20;  // some 60 000 connections' beginnings while a disk is slow
constexpr std::int64_t kFlushMs = 1'000, kPruneMs = 60'000, kDumpAgainMs = 10'000, kComplainMs = 60'000;
constexpr int kPredecessorMs = 5'000;

std::int64_t wall_ms() {
  timespec t{};
  clock_gettime(CLOCK_REALTIME, &t);
  return static_cast<std::int64_t>(t.tv_sec) * 1000 + t.tv_nsec / 1'000'000;
}

std::string lock_of(const Names& names) { return names.state + "/host/flows.lock"; }

// No folder but the log's, no capability but the one that reads the kernel's connections, no way to more.
base::Status confine(const std::string& folder) {
  if (::chroot(folder.c_str()) != 0 || ::chdir("/") != 0) return base::fail_errno("enter " + folder, errno);
  for (int c = 0; c <= cap_max_bits() - 1; ++c)
    if (c != CAP_NET_ADMIN && cap_get_bound(c) > 0 && cap_drop_bound(c) != 0) return base::fail_errno("give up capabilities", errno);
  cap_t wanted = cap_from_text("cap_net_admin=ep");
  const int set = wanted == nullptr ? -1 : cap_set_proc(wanted);
  const int why = errno;
  cap_free(wanted);
  if (set != 0) return base::fail_errno("give up capabilities", why);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return base::fail_errno("forbid new privileges", errno);
  return {};
}

std::int64_t free_bytes() {
  struct statvfs s{};
  if (::statvfs("/", &s) != 0) return 0;
  return static_cast<std::int64_t>(s.f_bavail) * static_cast<std::int64_t>(s.f_frsize);
}

class Logger {
 public:
  Logger(FlowEvents events, FlowLimits limits, Fd orders)
      : events_(std::move(events)), store_("/", limits, free_bytes), book_([this](const FlowRecord& r) {
          if (recording_) store_.add(r);
        }),
        orders_(std::move(orders)) {}

  int run() {
    take_orders();
    if (!dump()) return hostlink::kCannotServe;  // what is open begins the first segment
    recording_ = true;
    roll();
    while (!end_) {
      pollfd fds[] = {{orders_.get(), POLLIN, 0}, {events_.fd(), POLLIN, 0}};
      const auto wait = std::max<std::int64_t>(next_flush_ms_ - monotonic_ms(), 0);
      ::poll(fds, 2, static_cast<int>(std::min<std::int64_t>(wait, kFlushMs)));
      take_orders();
      take_events();
      if (monotonic_ms() >= next_flush_ms_) tick();
    }
    take_events();
    report(store_.flush());
    return 0;
  }

 private:
  void take_orders() {
    while (!end_) {
      auto packet = receive_packet(orders_, 4096);
      if (!packet) end_ = true;
      if (!packet || !*packet) return;
      if (const auto order = decode_hold(**packet)) book_.hold(order->address, order->run, wall_ms());
    }
  }

  void take_events() {
    const auto lost = events_.read([this](const FlowEvent& e) { take(e); });
    if (!lost) return complain("the kernel's connections are not told any more", lost.error().message);
    if (!*lost) return;
    ++overruns_;
    store_.add(FlowSign{FlowMark::kLost, wall_ms()});
    complain("more connections began and ended than the log could follow; some are missing in it", std::to_string(overruns_));
    dump_wanted_ = true;
  }

  void take(const FlowEvent& event) {
    if (book_.full()) roll();
    book_.take(event, wall_ms());
  }

  void tick() {
    const std::int64_t now = monotonic_ms(), wall = wall_ms();
    next_flush_ms_ = now + kFlushMs;
    if (dump_wanted_ && now >= next_dump_ms_) dump();
    if (wall - alive_ms_ >= kAliveEveryMs || wall < alive_ms_) {
      store_.add(FlowSign{FlowMark::kAlive, wall});
      alive_ms_ = wall;
    }
    if (now >= next_prune_ms_) {
      next_prune_ms_ = now + kPruneMs;
      store_.prune(wall);
    }
    if (store_.due(wall)) roll();
    report(store_.flush());
  }

  void roll() {
    const std::int64_t wall = wall_ms();
    report(store_.begin(wall));
    book_.list(wall);
    store_.listed();
    report(store_.flush());
  }

  bool dump() {
    dump_wanted_ = false;
    next_dump_ms_ = monotonic_ms() + kDumpAgainMs;
    book_.begin_dump();
    if (const auto told = events_.dump([this](const FlowEvent& e) { take(e); }); !told) {
      complain("the open connections could not be listed, and it may not be recorded whose connections are whose", told.error().message);
      return false;
    }
    book_.end_dump(wall_ms());
    return true;
  }

  void report(const base::Status& written) {
    if (written) return;
    complain("the log of connections has a hole", written.error().message);
    dump_wanted_ = true;
  }
  // Once a minute is enough for a reader.
  void complain(const char* what, const std::string& why) {
    if (monotonic_ms() < next_complaint_ms_) return;
    next_complaint_ms_ = monotonic_ms() + kComplainMs;
    log::error(what, {{"error", why}, {"lost_records", store_.lost_records()}, {"overruns", overruns_}});
  }

  FlowEvents events_;
  FlowStore store_;
  FlowBook book_;
  Fd orders_;
  bool end_ = false, dump_wanted_ = false, recording_ = false;
  std::int64_t overruns_ = 0, alive_ms_ = 0;
  std::int64_t next_flush_ms_ = 0, next_prune_ms_ = 0, next_dump_ms_ = 0, next_complaint_ms_ = 0;
};

}  // namespace

std::string flow_folder(const Names& names) { return names.state + "/host/flows"; }

std::string encode(const HoldOrder& order) {
  return nlohmann::json{{"address", order.address}, {"instance", order.run.instance.str()}, {"generation", order.run.generation}}.dump();
}

base::Result<HoldOrder> decode_hold(std::string_view packet) {
  const auto j = nlohmann::json::parse(packet, nullptr, /*allow_exceptions=*/false);
  if (!j.is_object()) return base::fail(base::Fault::kInvalid, "InvalidMessage", "not an order");
  hostlink::Fields f(j);
  HoldOrder order;
  order.address = static_cast<std::uint32_t>(f.integer("address", 0, UINT32_MAX));
  f.id("instance", order.run.instance);
  order.run.generation = f.integer("generation", 1, INT64_MAX);
  TRY(f.fault());
  return order;
}

bool flows_ended(const Names& names, int wait_ms) {
  return !exists(lock_of(names)) || lock_file(lock_of(names), wait_ms).has_value();
}

int keep_flows(const Names& names, const Cidr& machines, const FlowLimits& limits, Fd orders) {
  const auto refuse = [](const base::Error& error) {
    log::error("it is not recorded whose a connection was", {{"error", error.message}});
    return hostlink::kCannotServe;
  };
  if (const auto made = make_root_folder(flow_folder(names)); !made) return refuse(made.error());
  auto lock = lock_file(lock_of(names), kPredecessorMs);  // until this process ends
  if (!lock) return refuse(lock.error());
  auto events = FlowEvents::open(machines, kEventBuffer);
  if (!events) return refuse(events.error());
  if (const auto confined = confine(flow_folder(names)); !confined) return refuse(confined.error());
  return Logger(*std::move(events), limits, std::move(orders)).run();
}

}  // namespace stipend::host
