// A bound, listening socket. Made before privileges are dropped, given to a Server afterwards.
// Any thread; blocking only for microseconds.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace stipend::net {

class Listener {
 public:
  Listener(int fd, std::string name, bool is_unix, std::uint16_t port)
      : fd_(fd), name_(std::move(name)), is_unix_(is_unix), port_(port) {}
  Listener(Listener&& other) noexcept;
  Listener& operator=(Listener&& other) noexcept;
  ~Listener();  // closes what was not released

  int fd() const { return fd_; }
  int release();
  const std::string& name() const { return name_; }  // "127.0.0.1:8080", "/run/x/admin.sock"
  bool is_unix() const { return is_unix_; }
  std::uint16_t port() const { return port_; }  // the real one when 0 was asked for

 private:
  int fd_ = -1;
  std::string name_;
  bool is_unix_ = false;
  std::uint16_t port_ = 0;
};

// `address` is an IP literal ("127.0.0.1", "::", "0.0.0.0"); port 0 takes a free one.
// Errors name the cure: AddressInUse, AddressNotAvailable, PortNotPermitted, InvalidAddress.
base::Result<Listener> listen(std::string address, std::uint16_t port);
// A Unix socket file with this mode. A stale file of a dead server is replaced; a live one is AddressInUse.
base::Result<Listener> listen_unix(std::string path, unsigned mode = 0660);
// A socket that listens already (inherited, or passed over a Unix socket).
base::Result<Listener> adopt_listener(int fd);

struct HostPort {
  std::string host;
  std::uint16_t port = 0;
};
// "127.0.0.1:8080", "[::1]:8080", ":8080" (all addresses). The port is required.
base::Result<HostPort> parse_host_port(std::string_view text);
bool is_loopback_address(std::string_view ip_literal);

}  // namespace stipend::net
