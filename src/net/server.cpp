#include "net/server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.hpp"
#include "base/log.hpp"
#include "net/connection.hpp"
#include "net/tls.hpp"

namespace stipend::net {

namespace asio = boost::asio;

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::string_view kFull =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 21\r\n"
    "Retry-After: 1\r\nConnection: close\r\n\r\ntoo many connections\n";

void read_address(const sockaddr_storage& from, std::string& address, std::uint16_t& port) {
  char text[INET6_ADDRSTRLEN] = {};
  if (from.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(from);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    port = ntohs(v4.sin_port);
  } else if (from.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(from);
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    port = ntohs(v6.sin6_port);
  }
  address = text;
}

Peer describe(int fd, bool is_unix, bool tls, const sockaddr_storage& from) {
  Peer peer;
  peer.tls = tls;
  if (is_unix) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0)
      peer.unix_peer = UnixPeer{credentials.uid, credentials.gid, credentials.pid};
    peer.loopback = true;
    return peer;
  }
  read_address(from, peer.address, peer.port);
  peer.loopback = is_loopback_address(peer.address);
  sockaddr_storage local{};
  socklen_t size = sizeof local;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&local), &size) == 0)
    read_address(local, peer.local_address, peer.local_port);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return peer;
}

struct Accepting {
  Accepting(Executor on, Listener from, std::shared_ptr<TlsContext> context)
      : descriptor(on, from.fd()), is_unix(from.is_unix()), name(from.name()), tls(std::move(context)) {
    from.release();
  }
  asio::posix::stream_descriptor descriptor;
  bool is_unix;
  std::string name;
  std::shared_ptr<TlsContext> tls;
};

awaitable<void> serve_one(std::shared_ptr<ServerState> state, Lane* lane, int fd, bool is_unix,
                          std::shared_ptr<TlsContext> tls, std::unique_ptr<Place> place, Peer peer) {
  const int family = is_unix ? AF_UNIX : peer.address.contains(':') ? AF_INET6 : AF_INET;
  Conduit::Socket socket(lane->executor, asio::generic::stream_protocol(family, 0), fd);
  auto conduit = std::make_unique<Conduit>(std::move(socket), lane->deadlines);
  const auto connection = std::make_shared<Connection>(std::move(state), *lane, std::move(conduit),
                                                       std::move(place), std::move(peer));
  try {
    co_await connection->serve(std::move(tls));
  } catch (const std::exception& failure) {
    base::log::error("a connection failed", {{"what", failure.what()}});
  }
}

// Takes up to a batch of waiting connections. False: the process is out of descriptors; pause.
bool accept_batch(const std::shared_ptr<ServerState>& state, Accepting& from, std::size_t& next_lane) {
  for (int i = 0; i < 64; ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    const int fd = ::accept4(from.descriptor.native_handle(), reinterpret_cast<sockaddr*>(&address), &size,
                             SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM;
    Peer peer = describe(fd, from.is_unix, from.tls != nullptr, address);
    auto place = Place::take(state, peer);
    if (!place) {
      state->refused.fetch_add(1, std::memory_order_relaxed);
      if (!from.tls) (void)!::send(fd, kFull.data(), kFull.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      ::shutdown(fd, SHUT_WR);
      ::close(fd);
      continue;
    }
    Lane* lane = state->lanes[next_lane++ % state->lanes.size()].get();
    asio::co_spawn(lane->executor,
                   serve_one(state, lane, fd, from.is_unix, from.tls, std::move(place), std::move(peer)),
                   asio::detached);
  }
  return true;
}

awaitable<void> accept_loop(std::shared_ptr<ServerState> state, std::shared_ptr<Accepting> from) {
  std::size_t next_lane = 0;
  bool complained = false;
  while (!state->stopping) {
    auto [ec] = co_await from->descriptor.async_wait(asio::posix::stream_descriptor::wait_read, kAwait);
    if (ec || state->stopping) break;
    if (accept_batch(state, *from, next_lane)) continue;
    if (!std::exchange(complained, true))
      base::log::error("no descriptor left for a connection: raise the limit of open files (ulimit -n)",
                       {{"listener", from->name}});
    asio::steady_timer pause(from->descriptor.get_executor(), std::chrono::milliseconds(100));
    co_await pause.async_wait(kAwait);
  }
  boost::system::error_code ignored;
  from->descriptor.close(ignored);
}

}  // namespace

std::unique_ptr<Place> Place::take(std::shared_ptr<ServerState> state, const Peer& peer) {
  if (state->connections.fetch_add(1) >= state->limits.connections) {
    state->connections.fetch_sub(1);
    return nullptr;
  }
  std::string address = peer.loopback ? std::string{} : peer.address;
  if (!address.empty()) {
    const std::lock_guard lock(state->mutex);
    std::size_t& count = state->per_address[address];
    if (count >= state->limits.connections_per_address) {
      state->connections.fetch_sub(1);
      return nullptr;
    }
    ++count;
  }
  return std::unique_ptr<Place>(new Place(std::move(state), std::move(address)));
}

Place::~Place() {
  state_->connections.fetch_sub(1);
  if (address_.empty()) return;
  const std::lock_guard lock(state_->mutex);
  if (--state_->per_address[address_] == 0) state_->per_address.erase(address_);
}

HeadHandler read_all(Handler handler, std::size_t limit) {
  // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): the server keeps it while it has connections
  return [handler = std::move(handler), limit](Request head) -> awaitable<Decision> {
    co_return WithBody{std::move(head), limit, handler};
  };
}

struct Server::Impl {
  std::shared_ptr<ServerState> state;
  std::mutex mutex;
  std::vector<std::shared_ptr<Accepting>> accepting;
};

Server::Server(std::vector<Executor> executors, Limits limits, HeadHandler handler)
    : impl_(std::make_shared<Impl>()) {
  CHECK(!executors.empty() && handler, "a server has an executor and a handler");
  impl_->state = std::make_shared<ServerState>(limits, std::move(handler));
  for (auto& executor : executors) impl_->state->lanes.push_back(std::make_unique<Lane>(std::move(executor)));
}

Server::~Server() = default;

void Server::accept_on(Listener listener, std::shared_ptr<TlsContext> tls) {
  const Executor& executor = impl_->state->lanes.front()->executor;
  auto accepting = std::make_shared<Accepting>(executor, std::move(listener), std::move(tls));
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->accepting.push_back(accepting);
  }
  asio::co_spawn(executor, accept_loop(impl_->state, std::move(accepting)), asio::detached);
}

awaitable<void> Server::stop(std::chrono::milliseconds bound) {
  const auto impl = impl_;
  const auto state = impl->state;
  state->stopping = true;
  {
    const std::lock_guard lock(impl->mutex);
    for (auto& each : impl->accepting)
      asio::post(each->descriptor.get_executor(), [each] {
        boost::system::error_code ignored;
        each->descriptor.cancel(ignored);
      });
    impl->accepting.clear();
  }
  const auto tell_all = [&state](void (Live::*what)()) {
    for (auto& lane : state->lanes)
      asio::post(lane->executor, [state, at = lane.get(), what] {
        for (Live* live : at->live) (live->*what)();
        at->pool->clear();
      });
  };
  const auto wait_until_empty = [](std::shared_ptr<ServerState> of,
                                   std::chrono::milliseconds at_most) -> awaitable<void> {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    const auto until = std::chrono::steady_clock::now() + at_most;
    while (of->connections > 0 && std::chrono::steady_clock::now() < until) {
      timer.expires_after(std::chrono::milliseconds(10));
      co_await timer.async_wait(kAwait);
    }
  };
  tell_all(&Live::wind_down);
  co_await wait_until_empty(state, bound);
  tell_all(&Live::cut);
  co_await wait_until_empty(state, std::chrono::seconds(1));
}

void Server::end_tunnels(std::string pool_key) {
  const auto state = impl_->state;
  for (auto& lane : state->lanes)
    asio::post(lane->executor, [state, at = lane.get(), pool_key] {
      for (Live* live : at->live)
        if (live->upstream_key() == pool_key) live->cut();
      at->pool->forget(pool_key + '\0');
    });
}

Server::Stats Server::stats() const {
  const ServerState& state = *impl_->state;
  return {state.connections.load(), state.tunnels.load(), state.requests.load(), state.refused.load()};
}

}  // namespace stipend::net
