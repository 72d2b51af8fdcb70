#include "compute/lxc/host_socket.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "hostlink/messages.hpp"

namespace stipend::compute {

base::Result<HostSocket> HostSocket::connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return base::fail(base::Fault::kInvalid, "PathTooLong", "the socket's path is too long: " + path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  HostSocket socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.fd_ < 0) return base::fail_errno("socket", errno);
  if (::connect(socket.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return base::fail_errno("connect to stipend-host at " + path, errno);
  const int buffer = 1 << 20;
  ::setsockopt(socket.fd_, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
  return socket;
}

HostSocket::HostSocket(HostSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
HostSocket& HostSocket::operator=(HostSocket&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
HostSocket::~HostSocket() {
  if (fd_ >= 0) ::close(fd_);
}

base::Result<bool> HostSocket::send(std::string_view packet) {
  for (;;) {
    if (::send(fd_, packet.data(), packet.size(), MSG_NOSIGNAL) >= 0) return true;
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == ENOBUFS) return false;
    return base::fail_errno("send to stipend-host", errno);
  }
}

base::Result<std::optional<std::string>> HostSocket::receive() {
  std::string packet(hostlink::kMaxEventBytes, '\0');
  for (;;) {
    const auto got = ::recv(fd_, packet.data(), packet.size(), MSG_TRUNC);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return std::nullopt;
    if (got < 0) return base::fail_errno("receive from stipend-host", errno);
    if (got == 0)
      return base::fail(base::Fault::kUnavailable, "Disconnected", "stipend-host closed the connection");
    if (static_cast<std::size_t>(got) > packet.size())
      return base::fail(base::Fault::kInvalid, "InvalidMessage", "a packet of stipend-host is too long");
    packet.resize(static_cast<std::size_t>(got));
    return packet;
  }
}

}  // namespace stipend::compute
