// A client's WebSocket of binary frames joined to a plain TCP port. Internal to net.
#pragma once

#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <string>

#include "net/connection.hpp"
#include "net/frames.hpp"

namespace stipend::net {

class FramePump final : public Live, public std::enable_shared_from_this<FramePump> {
 public:
  // Connects, then answers the handshake; a failure is a plain answer and the connection goes on.
  static awaitable<Connection::After> run(std::shared_ptr<Connection> on, Bridge plan);

  FramePump(Connection& from, std::unique_ptr<Conduit> machine, Bridge plan);
  ~FramePump() override;

  void wind_down() override { cut(); }
  void cut() override;
  std::string_view upstream_key() const override { return plan_.upstream.pool_key; }

 private:
  static awaitable<void> to_machine(std::shared_ptr<FramePump> self, std::string early);
  static awaitable<void> to_client(std::shared_ptr<FramePump> self);
  static awaitable<void> ping(std::shared_ptr<FramePump> self);
  awaitable<bool> take(std::span<char> bytes);             // false: it is over
  awaitable<bool> send(FrameKind kind, std::string_view payload);  // one at a time, in the order of the calls

  std::shared_ptr<ServerState> state_;
  Lane& lane_;
  std::unique_ptr<Conduit> client_, machine_;
  std::unique_ptr<Place> place_;
  std::list<Live*>::iterator listed_;
  Bridge plan_;
  FrameReader reader_;
  boost::asio::steady_timer next_ping_, turn_;
  bool sending_ = false, over_ = false;
};

}  // namespace stipend::net
