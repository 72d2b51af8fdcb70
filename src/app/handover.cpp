#include "app/handover.hpp"

#include <openssl/crypto.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>

#include "base/log.hpp"

namespace stipend::app {

using Json = nlohmann::ordered_json;

base::Result<HandoverEnds> make_handover() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return base::fail_errno("make a socket pair", errno);
  const int room = static_cast<int>(kMaxHandoverBytes);
  if (setsockopt(ends[0], SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room) != 0)
    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  return HandoverEnds{ends[0], ends[1]};
}

std::string to_packet(const Handover& what) {
  Json json = Json::object();
  if (what.pair) json["pair"] = {{"certificate", what.pair->certificate}, {"key", what.pair->key}};
  if (!what.state.is_null()) json["state"] = what.state;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

base::Result<Handover> from_packet(std::string_view bytes) {
  const auto wrong = [] { return base::fail(base::Fault::kInvalid, "InvalidHandover", "a message that the keeper does not send"); };
  auto json = Json::parse(bytes, nullptr, false);
  if (!json.is_object()) return wrong();
  Handover what;
  if (const auto pair = json.find("pair"); pair != json.end()) {
    if (!pair->is_object() || !pair->contains("certificate") || !pair->contains("key") || !(*pair)["certificate"].is_string() ||
        !(*pair)["key"].is_string())
      return wrong();
    what.pair = PemPair{(*pair)["certificate"], (*pair)["key"]};
  }
  if (const auto state = json.find("state"); state != json.end()) what.state = *state;
  return what;
}

base::Status send(int fd, const Handover& what) {
  auto packet = to_packet(what);
  const auto sent = ::send(fd, packet.data(), packet.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  const int error = errno;
  OPENSSL_cleanse(packet.data(), packet.size());
  if (sent < 0) return base::fail_errno("hand a certificate to the server", error);
  return {};
}

net::awaitable<void> receive_handovers(int fd, std::function<void(Handover)> take) {
  namespace asio = boost::asio;
  asio::posix::stream_descriptor from(co_await asio::this_coro::executor, fd);
  for (;;) {
    const auto [ec] = co_await from.async_wait(asio::posix::stream_descriptor::wait_read, asio::as_tuple(asio::use_awaitable));
    if (ec) co_return;
    const auto size = recv(fd, nullptr, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (size <= 0) co_return;  // the keeper is gone
    std::string packet(std::min<std::size_t>(static_cast<std::size_t>(size), kMaxHandoverBytes), '\0');
    const auto got = recv(fd, packet.data(), packet.size(), MSG_DONTWAIT);
    auto what = from_packet(std::string_view(packet).substr(0, static_cast<std::size_t>(std::max<ssize_t>(got, 0))));
    OPENSSL_cleanse(packet.data(), packet.size());
    if (what) take(*std::move(what));
    else base::log::error("the keeper's message is not used", {{"why", what.error().message}});
  }
}

}  // namespace stipend::app
