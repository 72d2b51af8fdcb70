// Unix SOCK_SEQPACKET sockets: one message a packet. Non-blocking, close-on-exec, in the file system (never
// abstract, which every process of the host could reach).
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"
#include "host/fd.hpp"

namespace stipend::host {

base::Result<Fd> listen_at(const std::string& path, uid_t owner);  // mode 0600; replaces a left-over
base::Result<Fd> listen_stream_at(const std::string& path, uid_t owner);  // a byte stream; else the same
base::Result<Fd> connect_to(const std::string& path);
base::Result<std::pair<Fd, Fd>> packet_pair();
std::optional<Fd> accept_from(const Fd& listener, uid_t& peer);  // none: nobody waits

enum class Sent : unsigned char { kYes, kFull, kGone };
Sent send_packet(const Fd& socket, std::string_view packet);

// The next packet; none: nothing waits. An error: the peer is gone, or the packet is longer than `limit`.
base::Result<std::optional<std::string>> receive_packet(const Fd& socket, std::size_t limit);

}  // namespace stipend::host
