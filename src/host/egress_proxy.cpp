#include "host/egress_proxy.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

namespace stipend::host {
namespace {

constexpr std::int64_t kAgainMs = 60'000, kSoonMs = 5'000, kPatienceMs = 20'000;
constexpr std::size_t kMost = 16, kMostBytes = 4096;

int resolve(const std::string& host, int out) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return 1;
  std::string text;
  for (const auto* a = found; a != nullptr; a = a->ai_next)
    text += to_address(ntohl(reinterpret_cast<const sockaddr_in*>(a->ai_addr)->sin_addr.s_addr)) + "\n";
  freeaddrinfo(found);
  text.resize(std::min(text.size(), kMostBytes));
  return ::write(out, text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1;
}

std::vector<std::uint32_t> parsed(const std::string& text) {
  std::vector<std::uint32_t> out;
  std::istringstream lines(text);
  for (std::string line; out.size() < kMost && std::getline(lines, line);)
    if (const auto address = parse_address(line)) out.push_back(*address);
  std::ranges::sort(out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace

std::vector<std::uint32_t> reachable(std::vector<std::uint32_t> addresses, const std::vector<Cidr>& never) {
  std::erase_if(addresses, [&](std::uint32_t a) {
    return std::ranges::any_of(never, [&](const Cidr& range) { return range.contains(a); });
  });
  return addresses;
}

std::vector<Cidr> own_addresses() {
  std::vector<Cidr> out;
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return out;
  for (const auto* a = list; a != nullptr; a = a->ifa_next)
    if (a->ifa_addr != nullptr && a->ifa_addr->sa_family == AF_INET)
      out.push_back({ntohl(reinterpret_cast<const sockaddr_in*>(a->ifa_addr)->sin_addr.s_addr), 32});
  freeifaddrs(list);
  return out;
}

void ProxyFinder::ask(std::int64_t now_ms) {
  next_ms_ = now_ms + kSoonMs;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return;
  reader_ = Fd(ends[0]);
  const Fd writer(ends[1]);
  auto child = fork_child([&] { return resolve(host_, writer.get()); });
  if (!child) return;
  child_ = *std::move(child);
  child_.deadline_ms = now_ms + kPatienceMs;
}

std::optional<std::vector<std::uint32_t>> ProxyFinder::tick(std::int64_t now_ms) {
  if (host_.empty()) return std::nullopt;
  if (const auto address = parse_address(host_)) {
    if (next_ms_ != 0) return std::nullopt;
    next_ms_ = now_ms;
    return std::vector{*address};
  }
  if (!child_) {
    if (now_ms >= next_ms_) ask(now_ms);
    return std::nullopt;
  }
  if (now_ms > child_.deadline_ms) kill_child(child_);
  int status = 0;
  if (!reap(child_, status)) return std::nullopt;
  char text[kMostBytes];
  const ssize_t n = ::read(reader_.get(), text, sizeof text);
  reader_.reset();
  const auto found = parsed(std::string(text, n > 0 ? static_cast<std::size_t>(n) : 0));
  next_ms_ = now_ms + (found.empty() ? kSoonMs : kAgainMs);
  return found;
}

std::optional<std::vector<std::uint32_t>> ProxyFinder::wait(int ms) {
  const std::int64_t until = monotonic_ms() + ms;
  for (;;) {
    if (auto found = tick(monotonic_ms())) return found;
    const std::int64_t left = until - monotonic_ms();
    if (!child_ || left <= 0) return std::nullopt;
    pollfd p{.fd = child_.pidfd.get(), .events = POLLIN, .revents = 0};
    ::poll(&p, 1, static_cast<int>(left));
  }
}

}  // namespace stipend::host
