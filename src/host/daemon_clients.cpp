// The server's end of the control socket.
#include <algorithm>

#include "base/log.hpp"
#include "host/daemon.hpp"
#include "hostlink/codec.hpp"

namespace stipend::host {
namespace {

constexpr std::size_t kMaxClients = 8;
constexpr std::size_t kMaxQueued = 20'000;  // packets; a client that reads nothing is dropped and resyncs
constexpr double kRequestsPerSecond = 1'000;
constexpr double kRequestsBurst = 10'000;
constexpr int kRequestsPerTurn = 64;

}  // namespace

void Daemon::accept_clients() {
  uid_t peer = 0;
  while (auto socket = accept_from(listener_, peer)) {
    if ((peer != options_.server_uid && peer != 0) || clients_.size() >= kMaxClients) {
      base::log::warn("connection refused", {{"uid", peer}});
      continue;
    }
    Client client;
    client.socket = *std::move(socket);
    client.tokens = kRequestsBurst;
    client.filled_ms = monotonic_ms();
    clients_.push_back(std::move(client));
  }
}

void Daemon::read_client(Client& client) {
  const std::int64_t now = monotonic_ms();
  client.tokens = std::min(kRequestsBurst, client.tokens + static_cast<double>(now - client.filled_ms) *
                                                               kRequestsPerSecond / 1000);
  client.filled_ms = now;
  // Over its rate a client waits: its packets stay in the socket.
  for (int i = 0; i < kRequestsPerTurn && client.tokens >= 1 && client.socket; ++i) {
    auto packet = receive_packet(client.socket, hostlink::kMaxRequestBytes);
    if (!packet) return client.socket.reset();
    if (!*packet) return;
    client.tokens -= 1;
    auto request = hostlink::decode_request(**packet);
    if (!request) {
      base::log::warn("request refused", {{"error", request.error().message}});
      continue;
    }
    if (!client.greeted && !std::holds_alternative<hostlink::Hello>(*request)) return client.socket.reset();
    std::visit([&](auto& m) { handle(client, std::move(m)); }, *request);
  }
}

void Daemon::write_client(Client& client) {
  while (client.socket && !client.out.empty()) {
    switch (send_packet(client.socket, client.out.front())) {
      case Sent::kYes: client.out.pop_front(); break;
      case Sent::kFull: return;
      case Sent::kGone: return client.socket.reset();
    }
  }
}

void Daemon::say(Client& client, const hostlink::Event& event) {
  if (!client.socket) return;
  if (client.out.size() >= kMaxQueued) return client.socket.reset();
  client.out.push_back(hostlink::encode(event));
  write_client(client);
}

void Daemon::tell_all(const hostlink::Event& event) {
  for (auto& client : clients_)
    if (client.greeted) say(client, event);
}

void Daemon::drop_dead_clients() {
  std::erase_if(clients_, [](const Client& c) { return !c.socket; });
}

}  // namespace stipend::host
