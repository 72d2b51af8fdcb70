// Which of our origins a request is for, from its Host header, and whether a browser's request comes from where it
// may. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "base/port_range.hpp"
#include "net/http.hpp"

namespace stipend::gateway {

// Where names below the server's own cannot be had: each machine is a port of the console's first host.
struct PortOrigins {
  base::PortRange ports;
  std::string console_port;  // with its colon, or "": where the console is, seen from a machine's page
};

struct Origins {
  std::vector<std::string> console_hosts;  // host names without port, lower case: "localhost", "127.0.0.1"
  std::string machines_domain = "localhost";  // machines are i-….DOMAIN
  bool tls = false;
  std::optional<PortOrigins> by_port = {};  // only over TLS
  bool strict = false;  // browsers are told to come to the console by TLS only (HSTS)

  std::string scheme() const { return tls ? "https" : "http"; }
  // Cookies do not tell ports apart. Where machines are ports of the console's host, ours are ones that browsers which know
  // the prefix take from an answer's head only, so that no machine's page can set them.
  std::string session_cookie() const { return by_port ? "__Host-Http-stipend" : tls ? "__Host-stipend" : "stipend"; }
  std::string machine_cookie(const base::InstanceId& instance) const {
    if (by_port) return "__Host-Http-stipend-machine-" + instance.str().substr(2);
    return tls ? "__Host-stipend-machine" : "stipend-machine";
  }
};

struct Console {};
struct Machine {
  base::InstanceId instance;
};
struct MachinePort {
  std::uint16_t port = 0;
};
struct Unknown {};
using Target = std::variant<Console, Machine, MachinePort, Unknown>;

// `local_port` is where the request came in.
Target target_of(const Origins& origins, std::string_view host_header, std::uint16_t local_port = 0);

// The origin a page of this request's own host has: "http://localhost:8080".
std::string own_origin(const Origins& origins, const net::Request& request);
// The machine's origin for a request that came to the console: "http://i-….localhost:8080" or "https://NAME:30001".
std::string machine_origin(const Origins& origins, std::string_view console_host_header, const base::InstanceId& instance, std::uint16_t port);
// The console's for one that came to a machine.
std::string console_origin(const Origins& origins, std::string_view machine_host_header);
// "i-….localhost:8080" for a request that came to "localhost:8080".
std::string machine_authority(const Origins& origins, std::string_view console_host_header, const base::InstanceId& instance);
std::string console_authority(const Origins& origins, std::string_view machine_host_header);

// A request that may change something: sent by a page of the same origin, or by no page at all.
bool same_origin(const Origins& origins, const net::Request& request);
// A page of another origin that asks for more than to be left for this one: its images, scripts and frames are not ours.
bool reads_across(const net::Request& request);
// Stricter, for WebSockets: Origin must be there and be our own.
bool websocket_origin_ok(const Origins& origins, const net::Request& request);

}  // namespace stipend::gateway
