// The console's host: static pages for anybody, JSON for a session. Every request to /api must come from a page of
// this very origin; what changes something also carries the session's X-Stipend-Csrf.
#include <fmt/format.h>

#include <chrono>

#include "base/ids.hpp"
#include "base/random.hpp"
#include "gateway/assets.hpp"
#include "gateway/console_api.hpp"
#include "gateway/console_credit.hpp"
#include "gateway/console_disks.hpp"
#include "gateway/console_keys.hpp"
#include "gateway/console_statement.hpp"
#include "gateway/entrance.hpp"
#include "gateway/files_api.hpp"
#include "gateway/gateway.hpp"
#include "gateway/pages.hpp"
#include "net/cookies.hpp"
#include "net/runtime.hpp"

namespace stipend::gateway {
namespace {

constexpr std::size_t kMaxCommandBytes = 16 * 1024;
constexpr std::int64_t kSessionMaxAgeS = 7 * 86'400;
constexpr auto kEventPause = std::chrono::seconds(1);
constexpr int kPausesAPing = 15;

// One request to /api/v1 on its way through the handlers.
struct Call {
  Ports& ports;
  const Options& options;
  net::Request request;
  std::string request_id;
  std::string session;  // the cookie, "" without one

  net::Response fail(const base::Error& error) const { return problem(error, request_id); }
};


net::SetCookie session_cookie(const Origins& origins, std::string value, std::int64_t max_age_s) {
  net::SetCookie cookie{.name = origins.session_cookie(), .value = std::move(value)};
  cookie.max_age_s = max_age_s;
  cookie.secure = origins.tls;
  cookie.same_site = "Strict";
  return cookie;
}

Json body_of(const net::Request& request) {
  auto json = Json::parse(request.body, nullptr, false);
  return json.is_object() ? json : Json::object();
}

std::string word(const Json& body, const char* name) {
  const auto at = body.find(name);
  return at != body.end() && at->is_string() ? at->get<std::string>() : "";
}

awaitable<net::Response> sign_in(Call call, bool peek) {
  const auto token = word(body_of(call.request), "token");
  if (peek) {
    const auto name = co_await call.ports.peek_sign_in(token);
    co_return name ? ok({{"name", *name}}) : call.fail(name.error());
  }
  const auto pass = co_await call.ports.sign_in(token);
  if (!pass) co_return call.fail(pass.error());
  auto response = ok(Json::object());
  net::set_cookie(response.headers, session_cookie(call.options.origins, pass->secret, kSessionMaxAgeS));
  co_return response;
}

awaitable<net::Response> sign_out(Call call) {
  if (const auto done = co_await call.ports.sign_out(call.session); !done) co_return call.fail(done.error());
  auto response = ok(Json::object());
  net::set_cookie(response.headers, session_cookie(call.options.origins, "", 0));
  co_return response;
}

template <class T>
awaitable<net::Response> show(Call call, awaitable<base::Result<T>> asked) {
  const auto answer = co_await std::move(asked);
  co_return answer ? ok(to_json(*answer)) : call.fail(answer.error());
}

awaitable<net::Response> show_ssh(Call call, base::AccountId account) {
  const auto path = call.request.path();
  const auto machines = co_await call.ports.instances(account);
  if (!machines) co_return call.fail(machines.error());
  const auto& options = call.options;
  for (const auto& machine : *machines)
    if (path == fmt::format("/api/v1/instances/{}/ssh", machine.id.str()))
      co_return ok(ssh_words(ssh_way(options.ssh, call.request), options.origins, options.ssh, call.request.host(), machine));
  co_return call.fail({base::Fault::kNotFound, "NotFound", "There is no such machine."});
}

awaitable<net::Response> launch(Call call, base::AccountId account) {
  const auto body = body_of(call.request);
  LaunchWish wish;
  const auto image = base::ImageId::parse(word(body, "image"));
  if (!image) co_return call.fail({base::Fault::kInvalid, "InvalidAMIID.Malformed", "Choose an image."});
  wish.image = *image;
  wish.type = word(body, "type");
  wish.name = word(body, "name").substr(0, 255);
  wish.key_name = word(body, "key_pair");
  wish.idempotency_key = std::string(call.request.headers.get("idempotency-key").substr(0, 64));
  const auto made = co_await call.ports.launch(account, wish, call.request_id);
  co_return made ? ok(to_json(*made), made->place.empty() ? 201 : 202) : call.fail(made.error());
}

awaitable<net::Response> act(Call call, base::AccountId account, base::InstanceId instance, Act what) {
  const auto done = co_await call.ports.act(account, instance, what, call.request_id);
  co_return done ? ok(to_json(*done), done->place.empty() ? 200 : 202) : call.fail(done.error());
}

// POST /queue/q-…/cancel
awaitable<net::Response> leave_queue(Call call, base::AccountId account, std::string place) {
  const auto done = co_await call.ports.leave_queue(account, std::move(place), call.request_id);
  co_return done ? ok(Json::object()) : call.fail(done.error());
}

awaitable<net::Response> ticket(Call call, base::InstanceId instance) {
  const auto url = co_await entrance(call.ports, call.options.origins, call.session, std::string(call.request.host()), instance);
  co_return url ? ok({{"url", *url}}) : call.fail(url.error());
}

awaitable<net::Response> command(Call call, base::AccountId account, std::string_view path) {
  if (path == "/sign-out") co_return co_await sign_out(std::move(call));
  if (path == "/instances") co_return co_await launch(std::move(call), account);
  constexpr std::string_view kQueue = "/queue/", kCancel = "/cancel";
  if (path.starts_with(kQueue) && path.ends_with(kCancel) && path.size() > kQueue.size() + kCancel.size())
    co_return co_await leave_queue(std::move(call), account,
                                   std::string(path.substr(kQueue.size(), path.size() - kQueue.size() - kCancel.size())));
  constexpr std::string_view kPrefix = "/instances/";
  const auto slash = path.rfind('/');
  if (path.starts_with(kPrefix) && slash > kPrefix.size()) {
    const auto instance = base::InstanceId::parse(path.substr(kPrefix.size(), slash - kPrefix.size()));
    const auto verb = path.substr(slash + 1);
    if (instance) {
      if (verb == "start") co_return co_await act(std::move(call), account, *instance, Act::kStart);
      if (verb == "stop") co_return co_await act(std::move(call), account, *instance, Act::kStop);
      if (verb == "reboot") co_return co_await act(std::move(call), account, *instance, Act::kReboot);
      if (verb == "terminate") co_return co_await act(std::move(call), account, *instance, Act::kTerminate);
      if (verb == "ticket") co_return co_await ticket(std::move(call), *instance);
    }
  }
  co_return call.fail({base::Fault::kNotFound, "NotFound", "There is nothing at this address."});
}

// Everything under /api/v1 with its body read.
awaitable<net::Response> api(Call call) {
  const std::string path(call.request.path().substr(std::string_view("/api/v1").size()));
  const bool post = call.request.method == "POST";
  if (post && (path == "/sign-in" || path == "/sign-in/peek")) co_return co_await sign_in(std::move(call), path.ends_with("peek"));
  const auto who = co_await call.ports.who(call.session);
  if (!who) co_return call.fail(who.error());
  if (post && call.request.headers.get("x-stipend-csrf") != csrf_token(call.session))
    co_return call.fail({base::Fault::kDenied, "CsrfRefused", "This page is out of date. Load it again."});
  if (call.options.disks && is_disks_path(path))
    co_return co_await disks_api({*call.options.disks, who->account, path, post, call.request.body, call.request_id});
  if (call.options.keys && is_keys_path(path))
    co_return co_await keys_api({*call.options.keys, who->account, path, own_origin(call.options.origins, call.request), post, call.request_id});
  if (call.options.credit && is_credit_path(path))
    co_return co_await credit_api({*call.options.credit, who->account, path, post, call.request.body, call.request.peer.address, call.request_id});
  if (call.options.statements && is_statement_path(path))
    co_return co_await statement_api({*call.options.statements, who->account, path, std::string(call.request.query()), post, call.request_id});
  if (post) co_return co_await command(std::move(call), who->account, path);
  auto& ports = call.ports;
  if (path == "/session") {
    auto body = to_json(*who);
    body["csrf"] = csrf_token(call.session);
    co_return ok(body);
  }
  if (path == "/wallet") co_return co_await show(std::move(call), ports.wallet(who->account));
  if (path == "/instances") co_return co_await show(std::move(call), ports.instances(who->account));
  if (path.starts_with("/instances/") && path.ends_with("/ssh")) co_return co_await show_ssh(std::move(call), who->account);
  if (path == "/key-pairs") {
    const auto names = co_await ports.key_pairs(who->account);
    co_return names ? ok(Json(*names)) : call.fail(names.error());
  }
  if (path == "/queue") co_return co_await show(std::move(call), ports.places(who->account));
  if (path == "/images") co_return co_await show(std::move(call), ports.images(who->account));
  if (path == "/types") co_return co_await show(std::move(call), ports.types(who->account));
  co_return call.fail({base::Fault::kNotFound, "NotFound", "There is nothing at this address."});
}

// What is new since the last look, as events; ends when the browser leaves or the session does.
awaitable<void> stream(Ports& ports, std::string session, std::shared_ptr<net::EventWriter> writer) {
  std::string last_wallet, last_instances, last_queue;
  for (int pauses = 0; !writer->closed(); ++pauses) {
    const auto who = co_await ports.who(session);
    if (!who) co_return;
    const auto wallet = co_await ports.wallet(who->account);
    const auto instances = co_await ports.instances(who->account);
    const auto places = co_await ports.places(who->account);
    if (!wallet || !instances || !places) co_return;
    auto figures = to_json(*wallet);
    std::string out;
    const std::string now_instances = to_json(*instances).dump(-1, ' ', false, Json::error_handler_t::replace);
    Json compared = figures;
    compared.erase("now");
    if (compared.dump() != last_wallet) out += net::sse_event("wallet", figures.dump());
    if (now_instances != last_instances) out += net::sse_event("instances", now_instances);
    const std::string now_queue = to_json(*places).dump(-1, ' ', false, Json::error_handler_t::replace);
    if (now_queue != last_queue) out += net::sse_event("queue", now_queue);
    last_queue = now_queue;
    last_wallet = compared.dump();
    last_instances = now_instances;
    if (out.empty() && pauses % kPausesAPing == 0) out = net::kSsePing;
    if (!out.empty() && !co_await writer->send(std::move(out))) co_return;
    co_await net::sleep_for(kEventPause);
  }
}

std::string_view page_of(std::string_view path) {
  const auto is = [path](std::string_view page) { return path == page || (path.starts_with(page) && path[page.size()] == '/'); };
  if (path == "/sign-in") return "sign-in.html";
  if (is("/class")) return "class.html";
  if (is("/join")) return "join.html";
  if (is("/go")) return "go.html";
  if (is("/files")) return "files.html";
  if (is("/statement")) return "statement.html";
  return "index.html";
}

net::Response asset(std::string_view name) {
  const auto* found = find_asset(name);
  net::Response response;
  if (!found) {
    response = net::text_response(404, "There is nothing at this address.\n");
  } else {
    response.headers.set("Content-Type", found->content_type);
    response.shared_body = found->bytes;
    response.headers.set("Cache-Control", "no-cache");
  }
  add_console_headers(response);
  return response;
}

std::string new_request_id() {
  base::SystemRandom random;
  return base::random_hex(random, 32);
}

}  // namespace

awaitable<net::Decision> Gateway::console(net::Request head) {
  const std::string path(head.path());
  if (!path.starts_with("/api/")) {
    if (head.method != "GET" && head.method != "HEAD") co_return net::text_response(405, "Only GET.\n");
    if (path.starts_with("/assets/")) co_return asset(path.substr(8));
    // Any other path is a view of the one page: the address reaches the page's own script, never a server log.
    co_return asset(page_of(path));
  }
  Call call{ports_, options_, std::move(head), new_request_id(), ""};
  if (!same_origin(options_.origins, call.request) ||
      (call.request.headers.get("sec-fetch-site") == "none"))
    co_return call.fail({base::Fault::kDenied, "ForeignOrigin", "This request comes from another page."});
  if (const auto secret = net::cookie(call.request.headers, options_.origins.session_cookie())) call.session = *secret;
  if (options_.people && is_people_path(path))
    co_return co_await people_decision({ports_, *options_.people, options_.origins, options_.jupyter_port, std::move(call.request), call.request_id, call.session});
  if (options_.files && is_files_path(path))
    co_return co_await files_decision({ports_, *options_.files, std::move(call.request), call.request_id, call.session});
  if (!path.starts_with("/api/v1/")) co_return call.fail({base::Fault::kNotFound, "NotFound", "There is nothing at this address."});
  if (call.request.method != "GET" && call.request.method != "POST")
    co_return call.fail({base::Fault::kInvalid, "MethodNotAllowed", "Only GET and POST."});
  if (path == "/api/v1/events") {
    const auto who = co_await ports_.who(call.session);
    if (!who) co_return call.fail(who.error());
    net::Events events;
    add_console_headers(events.head);
    events.run = [&ports = ports_, session = call.session](std::shared_ptr<net::EventWriter> writer) {
      return stream(ports, session, std::move(writer));
    };
    co_return events;
  }
  net::Request waiting = call.request;
  auto rest = std::make_shared<Call>(std::move(call));
  co_return net::WithBody{std::move(waiting), kMaxCommandBytes, [rest](net::Request whole) {
                            rest->request = std::move(whole);
                            return api(std::move(*rest));
                          }};
}

}  // namespace stipend::gateway
