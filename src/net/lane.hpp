// What the connections of one executor share, without locks. Internal to net.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "net/conduit.hpp"
#include "net/deadlines.hpp"
#include "net/pool.hpp"
#include "net/server.hpp"
#include "net/wire.hpp"

namespace stipend::net {

// A connection in any of its lives (HTTP, events, tunnel), as stop() sees it. Lane's executor only.
class Live {
 public:
  virtual ~Live() = default;
  virtual void wind_down() = 0;  // end soon: now if idle, else after what is in flight
  virtual void cut() = 0;        // end now
  virtual std::string_view upstream_key() const { return {}; }  // of a tunnel
};

struct Lane {
  explicit Lane(Executor on)
      : executor(std::move(on)),
        deadlines(std::make_shared<Deadlines>(executor)),
        pool(std::make_shared<Pool>(executor, deadlines)) {}

  Executor executor;
  std::shared_ptr<Deadlines> deadlines;
  std::shared_ptr<Pool> pool;
  HttpDate date;
  std::list<Live*> live;
  // Relays receive into this and pass it on in the same turn: an idle relay holds no buffer.
  std::array<char, 16 * 1024> scratch;
};

// What all lanes of a server share. The mutex guards the map alone.
struct ServerState {
  ServerState(Limits l, HeadHandler h) : limits(l), handler(std::move(h)) {}

  const Limits limits;
  const HeadHandler handler;
  std::vector<std::unique_ptr<Lane>> lanes;
  std::atomic<bool> stopping{false};
  std::atomic<std::size_t> connections{0};
  std::atomic<std::size_t> tunnels{0};
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> refused{0};
  std::mutex mutex;
  std::unordered_map<std::string, std::size_t> per_address;
};

// One counted place of a connection, given back when it goes.
class Place {
 public:
  static std::unique_ptr<Place> take(std::shared_ptr<ServerState> state, const Peer& peer);  // nullptr: full
  ~Place();
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  Place(std::shared_ptr<ServerState> state, std::string address)
      : state_(std::move(state)), address_(std::move(address)) {}
  std::shared_ptr<ServerState> state_;
  std::string address_;  // empty: counts for no address
};

}  // namespace stipend::net
