// The server's end of stipend-host's Unix SOCK_SEQPACKET socket: one message a packet, non-blocking.
// Not thread-safe; the provider's thread owns it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace stipend::compute {

class HostSocket {
 public:
  static base::Result<HostSocket> connect(const std::string& path);
  HostSocket(HostSocket&& other) noexcept;
  HostSocket& operator=(HostSocket&& other) noexcept;
  ~HostSocket();

  int fd() const { return fd_; }
  // False: its buffer is full, try later. An error: the connection is gone.
  base::Result<bool> send(std::string_view packet);
  base::Result<std::optional<std::string>> receive();  // none: nothing waits

 private:
  explicit HostSocket(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace stipend::compute
