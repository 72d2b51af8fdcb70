#include "files/channel.hpp"

#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>

#include "hostlink/file_codec.hpp"

namespace stipend::files {
namespace {
constexpr timeval kStall{.tv_sec = 120, .tv_usec = 0};
constexpr int kBuffer = 1 << 20;
constexpr std::int64_t kSendStep = 4 << 20;
}  // namespace

Channel::Channel(host::Fd socket) : socket_(std::move(socket)) {
  setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &kStall, sizeof kStall);
  setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &kStall, sizeof kStall);
  setsockopt(socket_.get(), SOL_SOCKET, SO_SNDBUF, &kBuffer, sizeof kBuffer);
}

bool Channel::read_all(char* into, std::size_t size) {
  while (size > 0) {
    const auto got = ::recv(socket_.get(), into, size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    into += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

base::Result<std::string> Channel::read_frame(std::size_t limit) {
  char head[hostlink::kFrameHead];
  const auto gone = [] { return base::fail(base::Fault::kUnavailable, "Disconnected", "the server has gone"); };
  if (!read_all(head, sizeof head)) return gone();
  const auto length = hostlink::frame_length({head, sizeof head});
  if (length > limit) return base::fail(base::Fault::kInvalid, "InvalidMessage", "a frame is too long");
  std::string payload(length, '\0');
  if (!read_all(payload.data(), length)) return gone();
  return payload;
}

bool Channel::send_all(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty()) {
    iovec parts[2] = {{const_cast<char*>(a.data()), a.size()}, {const_cast<char*>(b.data()), b.size()}};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    const auto sent = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    const auto of_a = std::min(static_cast<std::size_t>(sent), a.size());
    a.remove_prefix(of_a);
    b.remove_prefix(static_cast<std::size_t>(sent) - of_a);
  }
  return true;
}

bool Channel::send(const hostlink::FileAnswer& answer) { return send_chunk(hostlink::encode(answer)); }

bool Channel::send_chunk(std::string_view bytes) {
  const auto head = hostlink::frame_head(bytes.size());
  return send_all({head.data(), head.size()}, bytes);
}

bool Channel::send_file(const host::Fd& file, std::int64_t offset, std::int64_t length) {
  off_t at = offset;
  while (length > 0) {
    const auto sent = ::sendfile(socket_.get(), file.get(), &at, static_cast<std::size_t>(std::min(length, kSendStep)));
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    length -= sent;
  }
  return true;
}

}  // namespace stipend::files
