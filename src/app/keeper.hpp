// The foreground process of `stipend serve` and `stipend demo` when started as root: it binds the sockets, runs the
// server as its own user and keeps stipend-host running beside it. It parses nothing from outside and ends with the
// server; machines and stipend-host live on without it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "app/config.hpp"
#include "app/jump.hpp"
#include "app/paths.hpp"
#include "net/tls.hpp"

namespace stipend::app {

struct ServerSockets {
  int http = -1;       // listening
  int plain = -1;      // listening, plain HTTP beside TLS; -1: none
  int admin = -1;      // listening, Unix
  int certificates = -1;  // what the keeper hands over (handover.hpp); -1: plain HTTP
  int ready = -1;      // the server writes kStateOpen when it has the state, kServes when it serves
};
inline constexpr char kStateOpen = 'o', kServes = 's';

// What the server process needs to know; folders are as it sees them.
struct ServerJob {
  Config config;
  std::string listen;         // as people reach it, ADDR:PORT
  std::string folder;         // STATE/server
  std::string images;
  std::string host_socket;    // of stipend-host
  std::string challenges;     // answers to an authority's challenges; empty: none
  std::shared_ptr<net::TlsContext> tls;  // null: plain HTTP
  ServerSockets sockets;
  JumpSockets jump;           // of the ssh jump host; -1 without one
};

struct KeeperHooks {
  std::function<int(ServerJob)> serve;                 // runs in the server's process; its exit status
  std::function<int(const std::string& listen)> when_ready = {};  // in a process of its own, once the server serves
  std::function<void()> before_end = {};               // in the keeper, on the first Ctrl-C, while the server still serves
  std::function<void()> after_end = {};                // in the keeper, when the server is gone
};

// The exit status for main().
int keep(const Paths& paths, const Config& config, const KeeperHooks& hooks);

std::string host_socket_of(const Paths& paths);

}  // namespace stipend::app
