#include "gateway/origins.hpp"

#include <algorithm>
#include <cctype>

namespace stipend::gateway {
namespace {

struct HostPort {
  std::string host;  // lower case, brackets kept
  std::string port;  // with the colon, or ""
};

HostPort split(std::string_view header) {
  std::string lower(header);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto close = lower.rfind(']');
  const auto colon = lower.rfind(':');
  if (colon == std::string::npos || (close != std::string::npos && colon < close)) return {lower, ""};
  return {lower.substr(0, colon), lower.substr(colon)};
}

}  // namespace

Target target_of(const Origins& origins, std::string_view host_header, std::uint16_t local_port) {
  const auto [host, port] = split(host_header);
  if (origins.by_port && origins.by_port->ports.contains(local_port)) {
    if (host == origins.console_hosts.front() && port == ":" + std::to_string(local_port)) return MachinePort{local_port};
    return Unknown{};
  }
  if (std::ranges::find(origins.console_hosts, host) != origins.console_hosts.end()) return Console{};
  const std::string suffix = "." + origins.machines_domain;
  if (!origins.by_port && host.ends_with(suffix)) {
    const auto id = base::InstanceId::parse(std::string_view(host).substr(0, host.size() - suffix.size()));
    if (id) return Machine{*id};
  }
  return Unknown{};
}

std::string own_origin(const Origins& origins, const net::Request& request) {
  const auto [host, port] = split(request.host());
  return origins.scheme() + "://" + host + port;
}

std::string machine_authority(const Origins& origins, std::string_view console_host_header, const base::InstanceId& instance) {
  return instance.str() + "." + origins.machines_domain + split(console_host_header).port;
}

std::string console_authority(const Origins& origins, std::string_view machine_host_header) {
  return origins.console_hosts.front() + split(machine_host_header).port;
}

std::string machine_origin(const Origins& origins, std::string_view console_host_header, const base::InstanceId& instance, std::uint16_t port) {
  if (origins.by_port) return "https://" + origins.console_hosts.front() + ":" + std::to_string(port);
  return origins.scheme() + "://" + machine_authority(origins, console_host_header, instance);
}

std::string console_origin(const Origins& origins, std::string_view machine_host_header) {
  if (origins.by_port) return "https://" + origins.console_hosts.front() + origins.by_port->console_port;
  return origins.scheme() + "://" + console_authority(origins, machine_host_header);
}

bool reads_across(const net::Request& request) {
  const auto site = request.headers.get("sec-fetch-site");
  if (site.empty() || site == "same-origin" || site == "none") return false;
  return request.headers.get("sec-fetch-mode") != "navigate" || request.headers.get("sec-fetch-dest") != "document";
}

bool same_origin(const Origins& origins, const net::Request& request) {
  const auto site = request.headers.find("sec-fetch-site");
  if (site && *site != "same-origin" && *site != "none") return false;
  const auto origin = request.headers.find("origin");
  if (origin && *origin != own_origin(origins, request)) return false;
  return request.headers.count("sec-fetch-site") <= 1 && request.headers.count("origin") <= 1;
}

bool websocket_origin_ok(const Origins& origins, const net::Request& request) {
  const auto origin = request.headers.find("origin");
  return origin && request.headers.count("origin") == 1 && *origin == own_origin(origins, request);
}

}  // namespace stipend::gateway
