// Which of our origins a request is for, from its Host header, and whether a browser's request comes from where it
// may. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "net/http.hpp"

namespace stipend::gateway {

struct Origins {
  std::vector<std::string> console_hosts;  // host names without port, lower case: "localhost", "127.0.0.1"
  std::string machines_domain = "localhost";  // machines are i-….DOMAIN
  bool tls = false;
  bool strict = false;  // browsers are told to come to the console by TLS only (HSTS)

  std::string scheme() const { return tls ? "https" : "http"; }
  std::string session_cookie() const { return tls ? "__Host-stipend" : "stipend"; }
  std::string machine_cookie() const { return tls ? "__Host-stipend-machine" : "stipend-machine"; }
};

struct Console {};
struct Machine {
  base::InstanceId instance;
};
struct Unknown {};
using Target = std::variant<Console, Machine, Unknown>;

Target target_of(const Origins& origins, std::string_view host_header);

// The origin a page of this request's own host has: "http://localhost:8080".
std::string own_origin(const Origins& origins, const net::Request& request);
// "i-….localhost:8080" for a request that came to "localhost:8080".
std::string machine_authority(const Origins& origins, std::string_view console_host_header, const base::InstanceId& instance);
std::string console_authority(const Origins& origins, std::string_view machine_host_header);

// A request that may change something: sent by a page of the same origin, or by no page at all.
bool same_origin(const Origins& origins, const net::Request& request);
// Stricter, for WebSockets: Origin must be there and be our own.
bool websocket_origin_ok(const Origins& origins, const net::Request& request);

}  // namespace stipend::gateway
