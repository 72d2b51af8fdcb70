#include "host/packet.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace stipend::host {
namespace {

constexpr int kType = SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC;
constexpr int kBuffer = 1 << 20;

base::Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return base::fail(base::Fault::kInvalid, "PathTooLong", "the socket's path is too long: " + path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

void widen(const Fd& socket) {
  setsockopt(socket.get(), SOL_SOCKET, SO_SNDBUF, &kBuffer, sizeof kBuffer);
}

}  // namespace

static base::Result<Fd> listen_as(int type, const std::string& path, uid_t owner) {
  TRY_ASSIGN(const sockaddr_un address, address_of(path));
  ::unlink(path.c_str());
  Fd socket(::socket(AF_UNIX, type, 0));
  if (!socket) return base::fail_errno("socket", errno);
  const mode_t before = umask(0177);
  const int bound = ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  umask(before);
  if (bound != 0) return base::fail_errno("bind " + path, errno);
  if (::chown(path.c_str(), owner, static_cast<gid_t>(-1)) != 0)
    return base::fail_errno("chown " + path, errno);
  if (::listen(socket.get(), 16) != 0) return base::fail_errno("listen " + path, errno);
  return socket;
}

base::Result<Fd> listen_at(const std::string& path, uid_t owner) { return listen_as(kType, path, owner); }
base::Result<Fd> listen_stream_at(const std::string& path, uid_t owner) {
  return listen_as(SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, path, owner);
}

base::Result<Fd> connect_to(const std::string& path) {
  TRY_ASSIGN(const sockaddr_un address, address_of(path));
  Fd socket(::socket(AF_UNIX, kType, 0));
  if (!socket) return base::fail_errno("socket", errno);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return base::fail_errno("connect " + path, errno);
  widen(socket);
  return socket;
}

base::Result<std::pair<Fd, Fd>> packet_pair() {
  int fds[2];
  if (::socketpair(AF_UNIX, kType, 0, fds) != 0) return base::fail_errno("socketpair", errno);
  std::pair<Fd, Fd> both{Fd(fds[0]), Fd(fds[1])};
  widen(both.first);
  widen(both.second);
  return both;
}

std::optional<Fd> accept_from(const Fd& listener, uid_t& peer) {
  Fd socket(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!socket) return std::nullopt;
  ucred who{};
  socklen_t length = sizeof who;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &who, &length) != 0) return std::nullopt;
  peer = who.uid;
  widen(socket);
  return socket;
}

Sent send_packet(const Fd& socket, std::string_view packet) {
  if (!socket) return Sent::kGone;
  for (;;) {
    if (::send(socket.get(), packet.data(), packet.size(), MSG_NOSIGNAL) >= 0) return Sent::kYes;
    if (errno == EINTR) continue;
    return errno == EAGAIN || errno == ENOBUFS ? Sent::kFull : Sent::kGone;
  }
}

base::Result<std::optional<std::string>> receive_packet(const Fd& socket, std::size_t limit) {
  std::string packet(limit, '\0');
  for (;;) {
    const auto got = ::recv(socket.get(), packet.data(), packet.size(), MSG_TRUNC);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return std::nullopt;
    if (got < 0) return base::fail_errno("recv", errno);
    if (got == 0)
      return base::fail(base::Fault::kUnavailable, "Disconnected", "the peer closed the connection");
    if (static_cast<std::size_t>(got) > limit)
      return base::fail(base::Fault::kInvalid, "InvalidMessage", "packet is too long");
    packet.resize(static_cast<std::size_t>(got));
    return packet;
  }
}

}  // namespace stipend::host
