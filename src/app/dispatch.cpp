#include "app/dispatch.hpp"

#include "app/ssh_bridge.hpp"

namespace stipend::app {
namespace {

bool is_health(std::string_view path) { return path == "/healthz" || path == "/readyz" || path == "/metrics"; }

net::Response health_answer(const Health& health, const net::Request& head) {
  if (head.path() == "/healthz") return net::text_response(200, "ok\n");
  const auto why = health.degraded();
  if (head.path() == "/readyz") return why.empty() ? net::text_response(200, "ready\n") : net::text_response(503, why + "\n");
  // Figures of the whole server are the operator's: asked from this computer only.
  if (!head.peer.loopback) return net::text_response(404, "There is nothing at this address.\n");
  return net::make_response(200, "text/plain; version=0.0.4", health.metrics());
}

net::awaitable<net::Decision> route(gateway::Gateway& gateway, const net::HeadHandler& aws, const Health& health,
                                    const net::HeadHandler& ssh, net::Request head) {
  const auto target = gateway::target_of(gateway.origins(), head.host(), head.peer.local_port);
  if (const auto* machine = std::get_if<gateway::Machine>(&target))
    co_return co_await gateway.machine(std::move(head), machine->instance);
  if (const auto* at = std::get_if<gateway::MachinePort>(&target)) co_return co_await gateway.machine_at(std::move(head), at->port);
  if (std::holds_alternative<gateway::Unknown>(target))
    co_return net::text_response(421, "This server does not serve that host name.\n");
  if (head.method == "GET" && is_health(head.path())) co_return health_answer(health, head);
  if (head.path() == SshBridge::kPath) co_return co_await ssh(std::move(head));
  if (is_aws_request(head)) co_return co_await aws(std::move(head));
  auto decision = co_await gateway.console(std::move(head));
  // Half a year; without names below, which are the machines' and have no cookie that travels in clear.
  if (auto* response = std::get_if<net::Response>(&decision); response && gateway.origins().strict)
    response->headers.set("Strict-Transport-Security", "max-age=15552000");
  co_return decision;
}

}  // namespace

bool is_aws_request(const net::Request& head) {
  if (head.headers.get("authorization").starts_with("AWS4-") || head.headers.has("x-amz-target") || head.headers.has("smithy-protocol"))
    return true;
  const auto query = head.query();
  if (query.contains("X-Amz-Algorithm=") || query.starts_with("Action=") || query.contains("&Action=")) return true;
  return head.method == "POST" && !head.path().starts_with("/api/");
}

net::HeadHandler dispatch(gateway::Gateway& gateway, net::HeadHandler aws, Health health, net::HeadHandler ssh) {
  return [&gateway, aws = std::move(aws), health = std::move(health), ssh = std::move(ssh)](net::Request head) {
    return route(gateway, aws, health, ssh, std::move(head));
  };
}

}  // namespace stipend::app
