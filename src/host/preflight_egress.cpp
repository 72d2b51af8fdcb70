#include "host/preflight_egress.hpp"

#include <fmt/core.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "host/files.hpp"
#include "host/flow_events.hpp"

namespace stipend::host {
namespace {

constexpr std::int64_t kSmallestMachineMib = 512, kOwnConnections = 65'536;
constexpr int kConnectMs = 2'000;

std::int64_t number_in(const char* path) {
  const auto text = read_file(path);
  return text ? std::atoll(text->c_str()) : 0;
}

Finding check_events(const hostlink::Egress& egress) {
  if (egress.flow_log_days == 0)
    return {"flow_log", Verdict::kWarn, "it is not recorded whose a connection to the outside was",
            "set [network] flow_log_days, or be sure that nobody will ask"};
  const auto missing = [](std::string why) {
    return Finding{"flow_log", Verdict::kWarn, "the kernel does not tell of connections, so nobody can say later whose one was: " + std::move(why),
                   "`modprobe nf_conntrack_netlink` and `sysctl net.netfilter.nf_conntrack_events=1`, or use Debian's kernel"};
  };
  auto events = FlowEvents::open(Cidr{10U << 24, 8}, 1 << 16);
  if (!events) return missing(events.error().message);
  if (const auto listed = events->dump([](const FlowEvent&) {}); !listed) return missing(listed.error().message);
  if (number_in("/proc/sys/net/netfilter/nf_conntrack_events") == 0) return missing("connection events are switched off");
  return {"flow_log", Verdict::kOk, fmt::format("whose a connection was is known for {} days (`stipend whose`)", egress.flow_log_days), ""};
}

bool answers(const addrinfo& to) {
  Fd s(::socket(to.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (::connect(s.get(), to.ai_addr, to.ai_addrlen) != 0 && errno != EINPROGRESS) return false;
  pollfd p{.fd = s.get(), .events = POLLOUT, .revents = 0};
  int error = 1;
  socklen_t size = sizeof error;
  return ::poll(&p, 1, kConnectMs) == 1 && ::getsockopt(s.get(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

Finding check_proxy(const hostlink::Egress& egress) {
  const auto proxy = hostlink::parse_proxy(egress.proxy);
  addrinfo hints{}, *found = nullptr;
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  if (!proxy || ::getaddrinfo(proxy->host.c_str(), std::to_string(proxy->port).c_str(), &hints, &found) != 0)
    return {"proxy", Verdict::kWarn, fmt::format("the name of the proxy {} is not known", egress.proxy),
            "correct [network] proxy, or this computer's /etc/resolv.conf or /etc/hosts"};
  const bool good = answers(*found);
  ::freeaddrinfo(found);
  if (good) return {"proxy", Verdict::kOk, fmt::format("the proxy {} answers", egress.proxy), ""};
  return {"proxy", Verdict::kWarn, fmt::format("the proxy {} does not answer", egress.proxy),
          "ask the network people whether it admits this computer, whose address machines have there"};
}

}  // namespace

Finding judge_connections(std::int64_t most, std::int64_t memory_mib, std::int64_t per_machine) {
  const std::int64_t machines = std::max<std::int64_t>(memory_mib / kSmallestMachineMib, 1);
  const std::int64_t wanted = machines * per_machine + kOwnConnections;
  if (most >= wanted || most == 0)
    return {"connections", Verdict::kOk, fmt::format("machines' connections fit this computer's table of {}", most), ""};
  const std::int64_t fitting = std::max<std::int64_t>((most - kOwnConnections) / machines, 16);
  return {"connections", Verdict::kWarn,
          fmt::format("this computer follows at most {} connections, and the {} smallest machines that its memory takes may have {} each: "
                      "when they fill it, nobody's connections work",
                      most, machines, per_machine),
          fmt::format("`sysctl net.netfilter.nf_conntrack_max={}`, kept so in /etc/sysctl.d (each takes some 300 bytes when it is open), "
                      "or [network] connections = {}",
                      wanted, fitting)};
}

std::vector<Finding> check_egress(const hostlink::Egress& egress, bool ask_proxy) {
  struct sysinfo memory{};
  ::sysinfo(&memory);
  std::vector<Finding> out{judge_connections(number_in("/proc/sys/net/netfilter/nf_conntrack_max"),
                                             static_cast<std::int64_t>(memory.totalram * memory.mem_unit >> 20), egress.connections),
                           check_events(egress)};
  if (ask_proxy && !egress.proxy.empty()) out.push_back(check_proxy(egress));
  return out;
}

}  // namespace stipend::host
