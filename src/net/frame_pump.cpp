#include "net/frame_pump.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.hpp"
#include "net/websocket.hpp"

namespace stipend::net {

namespace asio = boost::asio;

namespace {
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kStep = 16 * 1024;
constexpr std::chrono::seconds kPing{45};           // keeps the connection open on its way, too
constexpr std::chrono::milliseconds kSilence{150'000};  // a client that answers no ping has gone
constexpr std::chrono::milliseconds kEnd{5'000};
}  // namespace

FramePump::FramePump(Connection& from, std::unique_ptr<Conduit> machine, Bridge plan)
    : state_(from.state_),
      lane_(from.lane_),
      client_(std::move(from.client_)),
      machine_(std::move(machine)),
      place_(std::move(from.place_)),
      listed_(lane_.live.insert(lane_.live.end(), this)),
      plan_(std::move(plan)),
      next_ping_(lane_.executor),
      turn_(lane_.executor, asio::steady_timer::time_point::max()) {
  state_->tunnels.fetch_add(1);
}

FramePump::~FramePump() {
  lane_.live.erase(listed_);
  state_->tunnels.fetch_sub(1);
}

awaitable<Connection::After> FramePump::run(std::shared_ptr<Connection> on, Bridge plan) {
  if (!is_valid_upgrade_request(plan.request) || !on->parser_->done()) co_return co_await on->refuse(400);
  const auto& to = plan.upstream;
  auto machine = co_await Conduit::connect(on->lane_.deadlines, on->lane_.executor, to.address, to.port, to.connect);
  if (!machine) {
    Response response = text_response(machine.error().code == "Timeout" ? 504 : 502, machine.error().message + "\n");
    if (plan.on_failure) response = plan.on_failure(machine.error());
    co_return co_await on->respond(std::move(response));
  }
  std::string head;
  append_status_line(head, 101);
  append_field(head, "Sec-WebSocket-Accept", websocket_accept(plan.request.headers.get("sec-websocket-key")));
  head += "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
  if (!co_await on->client_->write(head, on->state_->limits.stall)) co_return Connection::After::kClose;
  std::string early(on->in_.view());
  const auto pump = std::make_shared<FramePump>(*on, std::move(*machine), std::move(plan));
  asio::co_spawn(pump->lane_.executor, to_machine(pump, std::move(early)), asio::detached);
  asio::co_spawn(pump->lane_.executor, to_client(pump), asio::detached);
  asio::co_spawn(pump->lane_.executor, ping(pump), asio::detached);
  co_return Connection::After::kTaken;
}

void FramePump::cut() {
  over_ = true;
  next_ping_.cancel();
  turn_.cancel();
  client_->abort();
  machine_->abort();
}

awaitable<bool> FramePump::send(FrameKind kind, std::string_view payload) {
  while (sending_ && !over_) co_await turn_.async_wait(kAwait);
  if (over_) co_return false;
  sending_ = true;
  const std::string head = frame_head(kind, payload.size());
  const bool sent = co_await client_->write(head, payload, {}, state_->limits.stall);
  sending_ = false;
  turn_.cancel_one();
  co_return sent;
}

awaitable<bool> FramePump::take(std::span<char> bytes) {
  while (!bytes.empty()) {
    const auto piece = reader_.next(bytes);
    if (!piece) {
      base::log::debug("a frame was refused", {{"why", piece.error().message}});
      co_await send(FrameKind::kClose, "\x03\xea");  // 1002: protocol error
      co_return false;
    }
    bytes = bytes.subspan(piece->used);
    if (piece->kind == FrameKind::kData) {
      if (!piece->bytes.empty() && !co_await machine_->write(piece->bytes, state_->limits.stall)) co_return false;
    } else if (piece->kind == FrameKind::kPing) {
      if (!co_await send(FrameKind::kPong, piece->bytes)) co_return false;
    } else if (piece->kind == FrameKind::kClose) {
      co_await send(FrameKind::kClose, piece->bytes.substr(0, 2));
      co_return false;
    }
  }
  co_return true;
}

awaitable<void> FramePump::to_machine(std::shared_ptr<FramePump> self, std::string early) {
  bool going = co_await self->take(early);
  const auto buffer = std::make_unique<char[]>(kStep);
  while (going && !self->over_) {
    self->client_->limit_read(kSilence);
    const auto got = co_await self->client_->read_some(buffer.get(), kStep);
    going = got > 0 && co_await self->take({buffer.get(), static_cast<std::size_t>(got)});
  }
  self->client_->end_of_writing();
  self->cut();
}

awaitable<void> FramePump::to_client(std::shared_ptr<FramePump> self) {
  const auto buffer = std::make_unique<char[]>(kStep);
  for (;;) {
    const auto got = co_await self->machine_->read_some(buffer.get(), kStep);
    if (got <= 0 || !co_await self->send(FrameKind::kData, {buffer.get(), static_cast<std::size_t>(got)})) break;
  }
  // The machine's end is over; the client answers the close, and its own reader then ends the rest.
  if (co_await self->send(FrameKind::kClose, "\x03\xe8")) self->client_->limit_read(kEnd);
  else self->cut();
}

awaitable<void> FramePump::ping(std::shared_ptr<FramePump> self) {
  while (!self->over_) {
    self->next_ping_.expires_after(kPing);
    co_await self->next_ping_.async_wait(kAwait);
    if (self->over_ || !co_await self->send(FrameKind::kPing, "")) co_return;
  }
}

}  // namespace stipend::net
