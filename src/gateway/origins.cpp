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

Target target_of(const Origins& origins, std::string_view host_header) {
  const auto [host, port] = split(host_header);
  if (std::ranges::find(origins.console_hosts, host) != origins.console_hosts.end()) return Console{};
  const std::string suffix = "." + origins.machines_domain;
  if (host.ends_with(suffix)) {
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
