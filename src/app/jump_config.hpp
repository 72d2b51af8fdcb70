// The jump host's sshd_config: OpenSSH's own server, of which nothing is left but local forwarding to what the key's
// line permits. Pure.
#pragma once

#include <string>

#include "net/listener.hpp"

namespace stipend::app {

struct JumpSettings {
  net::HostPort listen;
  std::string user;        // the one system user that may sign in
  std::string host_key;    // file
  std::string keys_socket; // where the server says what a key opens, as sshd sees it
};

enum class SshdAge : std::uint8_t { kAny, kRecent };  // kRecent: also what only OpenSSH 9.8 and later know

std::string sshd_config(const JumpSettings& settings, SshdAge age);

}  // namespace stipend::app
