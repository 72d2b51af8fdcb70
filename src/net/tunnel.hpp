// Two connections joined byte for byte after a WebSocket handshake. An idle tunnel holds two sockets, two
// small coroutine frames and no buffer. Internal to net.
#pragma once

#include <memory>
#include <string>

#include "net/lane.hpp"

namespace stipend::net {

class Tunnel final : public Live, public std::enable_shared_from_this<Tunnel> {
 public:
  // What each side sent already, behind its handshake, goes first. Lives until both directions ended.
  static void start(std::shared_ptr<ServerState> state, Lane& lane, std::unique_ptr<Conduit> client,
                    std::unique_ptr<Conduit> upstream, std::unique_ptr<Place> place, const Upstream& to,
                    std::string from_client, std::string from_upstream);

  Tunnel(std::shared_ptr<ServerState> state, Lane& lane, std::unique_ptr<Conduit> client,
         std::unique_ptr<Conduit> upstream, std::unique_ptr<Place> place, const Upstream& to);
  ~Tunnel() override;

  void wind_down() override { cut(); }  // it has no end of its own to wait for
  void cut() override;
  std::string_view upstream_key() const override { return key_; }

 private:
  static awaitable<void> pump(std::shared_ptr<Tunnel> self, bool from_client, std::string early);
  void alive();

  std::shared_ptr<ServerState> state_;
  Lane& lane_;
  std::unique_ptr<Conduit> client_, upstream_;
  std::unique_ptr<Place> place_;
  std::list<Live*>::iterator listed_;
  std::string key_;
  std::chrono::milliseconds idle_;
  bool ending_ = false;  // one direction is over; the other has kEndMs
};

}  // namespace stipend::net
