#include "net/tunnel.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace stipend::net {

namespace {
constexpr std::chrono::milliseconds kEnd{10'000};

// In a frame of its own, which exists only while one side does not read.
awaitable<bool> write_later(Conduit* to, std::string bytes, std::chrono::milliseconds stall) {
  co_return co_await to->write(bytes, stall);
}
}  // namespace

Tunnel::Tunnel(std::shared_ptr<ServerState> state, Lane& lane, std::unique_ptr<Conduit> client,
               std::unique_ptr<Conduit> upstream, std::unique_ptr<Place> place, const Upstream& to)
    : state_(std::move(state)),
      lane_(lane),
      client_(std::move(client)),
      upstream_(std::move(upstream)),
      place_(std::move(place)),
      listed_(lane_.live.insert(lane_.live.end(), this)),
      key_(to.pool_key),
      idle_(to.tunnel_idle) {
  state_->tunnels.fetch_add(1);
}

Tunnel::~Tunnel() {
  lane_.live.erase(listed_);
  state_->tunnels.fetch_sub(1);
}

void Tunnel::start(std::shared_ptr<ServerState> state, Lane& lane, std::unique_ptr<Conduit> client,
                   std::unique_ptr<Conduit> upstream, std::unique_ptr<Place> place, const Upstream& to,
                   std::string from_client, std::string from_upstream) {
  const auto tunnel = std::make_shared<Tunnel>(std::move(state), lane, std::move(client), std::move(upstream),
                                               std::move(place), to);
  tunnel->alive();
  boost::asio::co_spawn(lane.executor, pump(tunnel, true, std::move(from_client)), boost::asio::detached);
  boost::asio::co_spawn(lane.executor, pump(tunnel, false, std::move(from_upstream)), boost::asio::detached);
}

void Tunnel::cut() {
  ending_ = true;
  client_->abort();
  upstream_->abort();
}

void Tunnel::alive() {
  if (ending_) return;
  client_->limit_read(idle_);
  upstream_->limit_read(idle_);
}

awaitable<void> Tunnel::pump(std::shared_ptr<Tunnel> self, bool from_client, std::string early) {
  Conduit* const from = (from_client ? self->client_ : self->upstream_).get();
  Conduit* const to = (from_client ? self->upstream_ : self->client_).get();
  const auto stall = self->state_->limits.stall;
  bool sound = early.empty() || co_await write_later(to, std::move(early), stall);
  while (sound) {
    auto& scratch = self->lane_.scratch;
    const auto got = from->try_read(scratch.data(), scratch.size());
    if (got == Conduit::kWouldBlock) {
      sound = co_await from->readable();
      continue;
    }
    if (got == Conduit::kEnd) break;
    if (got == Conduit::kFailed) {
      sound = false;
      continue;
    }
    self->alive();
    std::string_view bytes(scratch.data(), static_cast<std::size_t>(got));
    const auto sent = to->try_write(bytes);
    if (sent == Conduit::kFailed) {
      sound = false;
      continue;
    }
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    // The other direction uses the scratch next, so what is left must be copied. Nothing more is read until
    // it is gone: that is the back-pressure.
    sound = bytes.empty() ? co_await from->readable() : co_await write_later(to, std::string(bytes), stall);
  }
  if (!sound) {
    self->cut();
    co_return;
  }
  to->end_of_writing();
  self->ending_ = true;
  self->client_->limit_read(kEnd);
  self->upstream_->limit_read(kEnd);
}

}  // namespace stipend::net
