// Machine origins: a one-use ticket becomes this origin's own cookie; behind it every request goes to the Jupyter of
// exactly this machine's present run, with a token no browser ever sees.
#include <fmt/format.h>

#include <array>
#include <chrono>

#include "base/log.hpp"
#include "gateway/gateway.hpp"
#include "gateway/pages.hpp"
#include "gateway/shared_host.hpp"
#include "net/cookies.hpp"
#include "net/url.hpp"

namespace stipend::gateway {
namespace {

constexpr std::string_view kEnterPath = "/.stipend/enter";
constexpr std::string_view kFirstPage = "/lab";
constexpr std::int64_t kPassMaxAgeS = 7 * 86'400;

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::array<std::string_view, 4> our_cookies() { return {"stipend", "stipend-machine", "__Host-stipend", "__Host-stipend-machine"}; }

// The page to open after entering: a path on this origin and nothing else.
std::string safe_path(std::string_view next) {
  if (next.size() < 2 || next.size() > 2048 || next[0] != '/' || next[1] == '/' || next[1] == '\\') return std::string(kFirstPage);
  for (const unsigned char c : next)
    if (c < 0x20 || c == 0x7f || c == '\\') return std::string(kFirstPage);
  return std::string(next);
}

bool is_navigation(const net::Request& request) {
  return request.method == "GET" && !request.is_websocket() &&
         (request.headers.get("sec-fetch-mode") == "navigate" || request.headers.get("accept").contains("text/html"));
}

// What goes upstream: the client's request without our cookies and without any way to claim another identity.
void prepare_for_jupyter(net::Request& request, const Route& route, bool by_port) {
  auto& headers = request.headers;
  const auto names = our_cookies();
  if (by_port) unseal_request(headers, {route.instance, route.jupyter_token});
  net::remove_cookies(headers, names);
  for (const char* name : {"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Real-IP",
                           "X-Scheme", "Proxy-Authorization"})
    headers.remove(name);
  headers.set("Authorization", "token " + route.jupyter_token);
}

void clean_answer(net::Response& head) {
  const auto names = our_cookies();
  net::clean_set_cookies(head.headers, names);
  // Clear-Site-Data reaches every name of ours: it would sign people out of the console.
  for (const char* name : {"Strict-Transport-Security", "Service-Worker-Allowed", "Clear-Site-Data"}) head.headers.remove(name);
  head.headers.set("Referrer-Policy", "same-origin");
}

}  // namespace

awaitable<net::Decision> Gateway::enter(net::Request head, base::InstanceId instance) {
  const auto query = net::parse_form(head.query(), 16).value_or(net::Pairs{});
  const std::string ticket(net::find(query, "ticket").value_or(""));
  const std::string next(net::find(query, "next").value_or(""));
  const auto pass = co_await ports_.redeem_ticket(ticket, instance);
  if (!pass)
    co_return notice_page(403, "This link is used up", "A link into a machine works once, for 60 seconds. Open Jupyter again from your page.",
                          "Your machines", console_origin(options_.origins, head.host()) + "/");
  auto response = net::redirect_response(safe_path(next));
  net::SetCookie cookie{.name = options_.origins.machine_cookie(instance), .value = pass->secret};
  cookie.max_age_s = kPassMaxAgeS;
  cookie.secure = options_.origins.tls;
  if (options_.origins.by_port) enter_on_shared_host(response.headers, !net::cookie(head.headers, cookie.name));
  net::set_cookie(response.headers, cookie);
  response.headers.set("Referrer-Policy", "no-referrer");
  response.headers.set("Cache-Control", "no-store");
  co_return response;
}

awaitable<base::Result<Route>> Gateway::route(std::string pass, base::InstanceId instance) {
  if (auto kept = routes_.find(pass, instance, now_ms())) co_return *std::move(kept);
  const auto asked_ms = now_ms();  // the second counts from before the engine looked
  auto found = co_await ports_.route(pass, instance);
  if (found) routes_.keep(pass, instance, *found, asked_ms);
  co_return found;
}

awaitable<net::Decision> Gateway::machine_at(net::Request head, std::uint16_t port) {
  auto holder = holders_.find(port, now_ms());
  if (!holder) {
    const auto asked_ms = now_ms();
    const auto found = co_await ports_.origin_at(port);
    if (!found)
      co_return notice_page(404, "There is no machine here", "The machine that had this address is gone, or it never had one.", "Your machines",
                            console_origin(options_.origins, head.host()) + "/");
    holders_.keep(port, *found, asked_ms);
    holder = *found;
  }
  co_return co_await machine(std::move(head), *holder);
}

awaitable<net::Decision> Gateway::machine(net::Request head, base::InstanceId instance) {
  if (head.path() == kEnterPath && head.method == "GET") co_return co_await enter(std::move(head), instance);

  const bool by_port = options_.origins.by_port.has_value();
  if (by_port)
    if (auto refused = refuse_on_shared_host(head)) co_return *std::move(refused);
  const bool websocket = head.is_websocket();
  const bool safe_method = head.method == "GET" || head.method == "HEAD" || head.method == "OPTIONS";
  if (websocket ? !websocket_origin_ok(options_.origins, head)
                : (reads_across(head) || (!safe_method && !same_origin(options_.origins, head))))
    co_return net::text_response(403, "This request comes from another page than this machine's own.\n");

  const std::string console = console_origin(options_.origins, head.host());
  const auto secret = net::cookie(head.headers, options_.origins.machine_cookie(instance));
  base::Result<Route> route = base::fail(base::Fault::kDenied, "PassRefused", "");
  if (secret) route = co_await this->route(std::string(*secret), instance);
  if (!route) {
    if (route.error().code == "NotRunning")
      co_return notice_page(503, "This machine does not run", route.error().message, "Your machines", console + "/");
    if (is_navigation(head))
      co_return net::redirect_response(console + "/t/" + instance.str() + "/jupyter" + safe_path(head.target));
    co_return net::text_response(401, "Open this machine from your page first.\n");
  }

  net::Proxy proxy;
  proxy.upstream.pool_key = fmt::format("{} {} {}", route->instance.str(), route->generation, route->address);
  proxy.upstream.address = route->address;
  proxy.upstream.port = options_.jupyter_port;
  proxy.edit_response = clean_answer;
  if (by_port)
    proxy.edit_response = [seal = Seal{route->instance, route->jupyter_token}](net::Response& answer) {
      clean_answer(answer);
      seal_answer(answer.headers, seal);
    };
  const bool navigation = is_navigation(head);
  proxy.on_failure = [navigation, console](const base::Error& error) {
    base::log::debug("notebook upstream failed", {{"code", error.code}});
    if (navigation)
      return notice_page(503, "Jupyter is starting", "The machine runs; its Jupyter has not answered yet. This page tries again by itself.",
                         "Your machines", console + "/", 2);
    return net::text_response(502, "Jupyter does not answer.\n");
  };
  prepare_for_jupyter(head, *route, by_port);
  proxy.request = std::move(head);
  co_return proxy;
}

}  // namespace stipend::gateway
