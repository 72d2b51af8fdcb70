// The exact words with which a person reaches a machine by ssh from where they are: on the server's own computer by its
// address, from elsewhere through the jump host, or, without one, through the console's own HTTPS. Pure.
#pragma once

#include "gateway/console_api.hpp"
#include "gateway/origins.hpp"

namespace stipend::gateway {

struct SshOptions {
  std::string jump_user;
  std::uint16_t jump_port = 0;  // 0: no jump host
};

enum class SshWay : std::uint8_t { kHere, kJump, kHttps };

// {"way", "key_name", "problem", "line", "config", "script"}: `problem` says what to do when no line can work; `config` is
// for ~/.ssh/config, so that scp, rsync and editors know the machine by its id; `script` is what https needs, or null.
Json ssh_words(SshWay way, const Origins& origins, const SshOptions& options, std::string_view host_header, const InstanceView& machine);

// Where the request came from decides; another computer may ask for `https` where the jump host's port is closed.
SshWay ssh_way(const SshOptions& options, const net::Request& request);

}  // namespace stipend::gateway
