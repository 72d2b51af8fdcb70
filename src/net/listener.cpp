#include "net/listener.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include <fmt/format.h>

namespace stipend::net {

namespace {

using base::Fault;

union Address {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
  sockaddr_un local;
  sockaddr_storage room;
};

socklen_t parse_ip(const std::string& text, std::uint16_t port, Address& out) {
  out = {};
  if (inet_pton(AF_INET, text.c_str(), &out.v4.sin_addr) == 1) {
    out.v4.sin_family = AF_INET;
    out.v4.sin_port = htons(port);
    return sizeof out.v4;
  }
  if (inet_pton(AF_INET6, text.c_str(), &out.v6.sin6_addr) == 1) {
    out.v6.sin6_family = AF_INET6;
    out.v6.sin6_port = htons(port);
    return sizeof out.v6;
  }
  return 0;
}

std::string bracketed(const std::string& host, std::uint16_t port) {
  return host.contains(':') ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

std::unexpected<base::Error> bind_failure(const std::string& name, std::uint16_t port, int error) {
  if (error == EADDRINUSE)
    return base::fail(
        Fault::kConflict, "AddressInUse",
        fmt::format("{0} is in use by another program: stop it (`ss -ltnp 'sport = :{1}'` shows it) or "
                    "choose another port with --listen",
                    name, port));
  if (error == EADDRNOTAVAIL)
    return base::fail(Fault::kInvalid, "AddressNotAvailable",
                      name + " is not an address of this machine: `ip address` lists those it has");
  if (error == EACCES || error == EPERM)
    return base::fail(
        Fault::kDenied, "PortNotPermitted",
        name +
            ": ports below 1024 need root or CAP_NET_BIND_SERVICE: choose a higher port, or start as root");
  return base::fail_errno("listen on " + name, error);
}

}  // namespace

Listener::Listener(Listener&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      name_(std::move(other.name_)),
      is_unix_(other.is_unix_),
      port_(other.port_) {}

Listener& Listener::operator=(Listener&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(name_, other.name_);
  std::swap(is_unix_, other.is_unix_);
  std::swap(port_, other.port_);
  return *this;
}

Listener::~Listener() {
  if (fd_ >= 0) ::close(fd_);
}

int Listener::release() {
  return std::exchange(fd_, -1);
}

base::Result<Listener> listen(std::string address, std::uint16_t port) {
  Address where;
  const socklen_t size = parse_ip(address, port, where);
  if (size == 0)
    return base::fail(Fault::kInvalid, "InvalidAddress",
                      "\"" + address + "\" is not an IP address: give one such as 127.0.0.1 or ::1");
  const std::string name = bracketed(address, port);
  Listener listener(::socket(where.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), name, false,
                    port);
  if (listener.fd() < 0) return base::fail_errno("socket for " + name, errno);
  const int on = 1;
  setsockopt(listener.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (where.any.sa_family == AF_INET6) setsockopt(listener.fd(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (::bind(listener.fd(), &where.any, size) != 0) return bind_failure(name, port, errno);
  if (::listen(listener.fd(), 1024) != 0) return bind_failure(name, port, errno);
  return adopt_listener(listener.release());
}

base::Result<Listener> listen_unix(std::string path, unsigned mode) {
  Address where{};
  where.local.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof where.local.sun_path)
    return base::fail(Fault::kInvalid, "InvalidAddress",
                      fmt::format("{}: a socket's path has 1 to {} characters: choose a shorter state folder",
                                  path, sizeof where.local.sun_path - 1));
  std::memcpy(where.local.sun_path, path.data(), path.size());
  Listener listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), path, true, 0);
  if (listener.fd() < 0) return base::fail_errno("socket for " + path, errno);

  struct stat there{};
  if (::lstat(path.c_str(), &there) == 0) {
    if (!S_ISSOCK(there.st_mode))
      return base::fail(Fault::kConflict, "AddressInUse", path + " exists and is no socket: move it away");
    const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const bool refused = ::connect(probe, &where.any, sizeof where.local) != 0 && errno == ECONNREFUSED;
    ::close(probe);
    if (!refused)
      return base::fail(Fault::kConflict, "AddressInUse",
                        path + " is served by a running program: stop it first, or use another state folder");
    ::unlink(path.c_str());
  }
  // Bound with no rights for anybody else, then opened up: no moment with wider ones.
  const mode_t before = ::umask(0177);
  const int bound = ::bind(listener.fd(), &where.any, sizeof where.local);
  const int error = errno;
  ::umask(before);
  if (bound != 0) return base::fail_errno("listen on " + path, error);
  if (::chmod(path.c_str(), mode) != 0) return base::fail_errno("chmod " + path, errno);
  if (::listen(listener.fd(), 128) != 0) return base::fail_errno("listen on " + path, errno);
  return listener;
}

base::Result<Listener> adopt_listener(int fd) {
  Address where{};
  socklen_t size = sizeof where;
  int listening = 0;
  socklen_t listening_size = sizeof listening;
  if (::getsockname(fd, &where.any, &size) != 0 ||
      ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &listening_size) != 0)
    return base::fail_errno("take over a listening socket", errno);
  if (listening == 0)
    return base::fail(Fault::kInvalid, "InvalidAddress", "the socket given does not listen");
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  if (where.any.sa_family == AF_UNIX) return Listener(fd, where.local.sun_path, true, 0);
  char text[INET6_ADDRSTRLEN] = {};
  const bool v4 = where.any.sa_family == AF_INET;
  inet_ntop(where.any.sa_family, v4 ? static_cast<void*>(&where.v4.sin_addr) : &where.v6.sin6_addr, text,
            sizeof text);
  const std::uint16_t port = ntohs(v4 ? where.v4.sin_port : where.v6.sin6_port);
  return Listener(fd, bracketed(text, port), false, port);
}

base::Result<HostPort> parse_host_port(std::string_view text) {
  const auto wrong = [&] {
    return base::fail(
        Fault::kInvalid, "InvalidAddress",
        fmt::format("\"{}\" is not ADDRESS:PORT: write 127.0.0.1:8080, [::1]:8080 or :8080", text));
  };
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong();
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  HostPort parsed;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), parsed.port);
  if (failed != std::errc{} || end != digits.data() + digits.size()) return wrong();
  if (host.starts_with('[') && host.ends_with(']') && host.size() > 2) {
    host = host.substr(1, host.size() - 2);
  } else if (host.contains(':')) {
    return wrong();
  }
  parsed.host = host.empty() ? "0.0.0.0" : std::string(host);
  return parsed;
}

bool is_loopback_address(std::string_view ip_literal) {
  Address where;
  if (parse_ip(std::string(ip_literal), 0, where) == 0) return false;
  if (where.any.sa_family == AF_INET) return (ntohl(where.v4.sin_addr.s_addr) >> 24) == 127;
  const in6_addr& v6 = where.v6.sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

}  // namespace stipend::net
