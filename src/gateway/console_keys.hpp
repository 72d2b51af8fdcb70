// /api/v1/access-keys: a request with its session, its body read, its CSRF token checked.
//   GET  /access-keys                                  those of the member, without secrets
//   POST /access-keys                                  a new one: its secret, and the lines for an AWS profile, once
//   POST /access-keys/AKIA…/{activate,deactivate,delete}
#pragma once

#include <string>
#include <string_view>

#include "gateway/key_ports.hpp"
#include "net/http.hpp"

namespace stipend::gateway {

bool is_keys_path(std::string_view path);  // below /api/v1

struct KeysCall {
  KeyPorts& ports;
  base::AccountId account;
  std::string path;    // below /api/v1
  std::string origin;  // where the member's browser reaches the server; so does an AWS client
  bool post = false;
  std::string request_id;
};
awaitable<net::Response> keys_api(KeysCall call);

// Pure. A profile as ~/.aws/config has it, and the commands that write the same.
std::string profile_lines(const NewAccessKey& key, std::string_view endpoint);
std::string profile_commands(const NewAccessKey& key, std::string_view endpoint);

}  // namespace stipend::gateway
