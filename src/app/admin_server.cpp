#include "app/admin_server.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "base/log.hpp"

namespace stipend::app {
namespace {

constexpr std::size_t kMaxBodyBytes = 64 * 1024;
constexpr std::size_t kMaxRosterBytes = 8 * 1024 * 1024;  // 2 MiB of text as JSON, at its worst
constexpr std::string_view kPrefix = "/admin/";

net::Response answer(const JsonResult& result) {
  if (result) return net::json_response(200, result->dump(-1, ' ', false, Json::error_handler_t::replace));
  const Json body{{"code", result.error().code}, {"message", result.error().message}};
  return net::json_response(400, body.dump(-1, ' ', false, Json::error_handler_t::replace));
}

net::awaitable<net::Response> serve_command(AdminContext& context, net::Request request) {
  const auto& peer = *request.peer.unix_peer;
  control::Actor actor;
  actor.who = fmt::format("uid:{}", peer.uid);
  actor.via = "admin";
  actor.role = domain::Role::kAdministrator;
  auto arguments = request.body.empty() ? Json::object() : Json::parse(request.body, nullptr, false);
  if (!arguments.is_object()) co_return answer(base::fail(base::Fault::kInvalid, "InvalidJson", "the body is not a JSON object"));
  const std::string name(request.path().substr(kPrefix.size()));
  auto result = co_await admin_call(context, std::move(actor), name, std::move(arguments));
  base::log::info("admin command", {{"command", name}, {"uid", peer.uid}, {"ok", result.has_value()}});
  co_return answer(result);
}

net::awaitable<net::Decision> decide(AdminContext& context, gid_t group, net::Request head) {
  const auto& peer = head.peer.unix_peer;
  if (!peer || (peer->uid != 0 && peer->uid != geteuid() && peer->gid != group))
    co_return net::json_response(403, R"({"code":"Denied","message":"this socket is for root and the server's group"})");
  if (head.method != "POST" || !head.path().starts_with(kPrefix))
    co_return net::json_response(404, R"({"code":"NotFound","message":"POST /admin/COMMAND"})");
  const auto most = head.path().starts_with("/admin/roster.") ? kMaxRosterBytes : kMaxBodyBytes;
  co_return net::WithBody{std::move(head), most,
                          [&context](net::Request whole) { return serve_command(context, std::move(whole)); }};
}

}  // namespace

net::HeadHandler admin_handler(AdminContext& context, gid_t group) {
  return [&context, group](net::Request head) { return decide(context, group, std::move(head)); };
}

}  // namespace stipend::app
