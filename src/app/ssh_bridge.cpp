#include "app/ssh_bridge.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "aws/sigv4.hpp"
#include "base/log.hpp"
#include "control/await.hpp"
#include "net/runtime.hpp"
#include "net/url.hpp"

namespace stipend::app {
namespace {

namespace log = base::log;
using base::Fault;

constexpr auto kLookEvery = std::chrono::seconds(1);
constexpr std::uint16_t kSshPort = 22;

int status_of(const base::Error& error) {
  switch (error.fault) {
    case Fault::kNotFound: return 404;
    case Fault::kConflict: return 409;
    case Fault::kThrottled: return 429;
    case Fault::kUnavailable: return 503;
    case Fault::kInvalid: return 400;
    default: return 403;
  }
}

net::Response refusal(const base::Error& error) {
  const nlohmann::ordered_json body{{"code", error.code}, {"message", error.message}};
  auto response = net::json_response(status_of(error), body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.headers.set("Cache-Control", "no-store");
  return response;
}

control::Actor actor_of(const base::AccountId& account) {
  control::Actor actor;
  actor.who = account.empty() ? "ssh" : account.str();
  actor.via = "ssh";
  actor.account = account;
  return actor;
}

}  // namespace

net::HeadHandler SshBridge::handler() {
  return [this](net::Request head) { return decide(std::move(head)); };
}

// The account whose key signed the request's head. Presigned ones are refused: they live long and travel in addresses.
base::Result<base::AccountId> SshBridge::signer(const net::Request& head, std::string& access_key) const {
  constexpr auto kProtocol = aws::Protocol::kJson11;
  std::vector<aws::Header> headers;
  for (const auto& [name, value] : head.headers) headers.push_back({name, value});
  const aws::HttpView view{head.method, head.target, headers, head.body};
  TRY_ASSIGN(const auto authorization, aws::parse_authorization(view, kProtocol));
  if (authorization.presigned) return base::fail(Fault::kDenied, "Presigned", "Sign the request's header; a presigned address is not taken here.");
  const auto key = parts_.engine.access_key(authorization.access_key_id);
  if (!key || !key->active || !authorization.session_token.empty()) return std::unexpected(aws::unknown_access_key(kProtocol));
  TRY_ASSIGN(const std::string secret, parts_.open_secret(*key));
  TRY(aws::verify_signature(authorization, view, secret, {parts_.region, kService}, parts_.clock.wall(), kProtocol));
  access_key = authorization.access_key_id;
  parts_.key_used(access_key);
  return key->account;
}

net::awaitable<net::Decision> SshBridge::decide(net::Request head) {
  if (head.method != "GET" || !head.is_websocket())
    co_return net::text_response(426, "This address is for ssh: see `stipend ssh --help`.\n");
  std::string access_key;
  const auto account = signer(head, access_key);
  if (!account) {
    log::info("ssh refused", {{"peer", head.peer.address}, {"error", account.error().code}});
    auto error = account.error();
    error.fault = Fault::kDenied;
    co_return refusal(error);
  }
  const auto query = net::parse_form(head.query(), 4).value_or(net::Pairs{});
  const std::string name(net::find(query, "machine").value_or(""));
  auto machine = co_await control::read<control::SshMachine>(
      parts_.engine, actor_of(*account), [id = *account, name](const domain::State& state, base::WallTime) {
        return control::find_ssh_machine(state, id, name);
      });
  if (machine && books_->of_account[*account] >= kOpenMax)
    machine = base::fail(Fault::kThrottled, "TooManyConnections",
                         fmt::format("This account has {} ssh connections open, which is the most. Close some.", kOpenMax));
  if (!machine) {
    log::info("ssh refused", {{"account", account->str()}, {"peer", head.peer.address}, {"error", machine.error().code}});
    co_return refusal(machine.error());
  }
  log::info("ssh to a machine", {{"instance", machine->instance.str()}, {"account", account->str()}, {"via", "websocket"}, {"peer", head.peer.address}});

  net::Bridge bridge;
  const std::string key = fmt::format("ssh {} {} {}", machine->instance.str(), machine->generation, access_key);
  bridge.upstream.pool_key = key;
  bridge.upstream.address = machine->private_address;
  bridge.upstream.port = kSshPort;
  bridge.on_failure = [](const base::Error&) {
    return refusal({Fault::kUnavailable, "NoSshd", "The machine runs, but its ssh server does not answer. If it has just started, try again in some seconds."});
  };
  auto& open = books_->open[key];
  open.machine = *machine;
  open.access_key = access_key;
  ++open.count;
  ++books_->of_account[*account];
  bridge.while_open = std::shared_ptr<void>(nullptr, [books = books_, key, id = *account](void*) {
    if (--books->open[key].count <= 0) books->open.erase(key);
    if (--books->of_account[id] <= 0) books->of_account.erase(id);
  });
  bridge.request = std::move(head);
  co_return bridge;
}

net::awaitable<void> SshBridge::watch(net::Server& server) {
  for (;;) {
    co_await net::sleep_for(kLookEvery);
    if (books_->open.empty()) continue;
    const auto over = co_await control::read<std::vector<std::string>>(
        parts_.engine, actor_of({}), [looked_at = books_->open](const domain::State& state, base::WallTime) -> base::Result<std::vector<std::string>> {
          std::vector<std::string> out;
          for (const auto& [key, open] : looked_at) {
            const auto now = control::find_ssh_machine(state, open.machine.account, open.machine.instance.view());
            const auto* access_key = state.find<domain::AccessKey>(open.access_key);
            const bool same = now && now->generation == open.machine.generation && now->private_address == open.machine.private_address;
            if (!same || !access_key || !access_key->active) out.push_back(key);
          }
          return out;
        });
    if (!over) continue;
    for (const auto& key : *over) server.end_tunnels(key);
  }
}

}  // namespace stipend::app
