// What the keeper tells the running server over their socket pair (SOCK_SEQPACKET, one message a packet): a certificate
// with its key, and how the certificate fares, for `stipend status`. The server never answers.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "app/certificates.hpp"
#include "net/server.hpp"

namespace stipend::app {

inline constexpr std::size_t kMaxHandoverBytes = 1 << 20;

struct Handover {
  std::optional<PemPair> pair;
  nlohmann::ordered_json state;  // null: nothing new
};

struct HandoverEnds {
  int keeper = -1, server = -1;
};
base::Result<HandoverEnds> make_handover();

// Never waits: a server that does not read is told later, with the next message.
base::Status send(int fd, const Handover& what);

// Pure; refuses what is not a message of ours.
std::string to_packet(const Handover& what);
base::Result<Handover> from_packet(std::string_view bytes);

// Calls `take` for each message, until the keeper's end closes.
net::awaitable<void> receive_handovers(int fd, std::function<void(Handover)> take);

}  // namespace stipend::app
