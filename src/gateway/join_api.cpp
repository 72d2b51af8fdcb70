// Join codes for visitors, course links for members.
#include <boost/asio/steady_timer.hpp>
#include <chrono>

#include "gateway/people_call.hpp"
#include "net/client.hpp"
#include "net/cookies.hpp"

namespace stipend::gateway {
namespace {

constexpr std::int64_t kSessionMaxAgeS = 7 * 86'400;
constexpr auto kJupyterPatience = std::chrono::milliseconds(1'500);

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

net::Response with_session(net::Response response, const Origins& origins, const std::string& secret) {
  net::SetCookie cookie{.name = origins.session_cookie(), .value = secret};
  cookie.max_age_s = kSessionMaxAgeS;
  cookie.secure = origins.tls;
  cookie.same_site = "Strict";
  net::set_cookie(response.headers, cookie);
  return response;
}

Json to_json(const JoinOffer& offer) {
  return {{"course", offer.course}, {"teachers", offer.teachers}, {"credit_shown", base::to_display(offer.credit, base::Rounding::kFloor)}};
}

Json to_json(const GoView& go) {
  return {{"title", go.title},
          {"image", go.image},
          {"type", go.type},
          {"repository", go.repository},
          {"price_shown", base::to_rate_display(go.price_per_hour)},
          {"instance", go.instance.str()},
          {"instance_name", go.instance_name},
          {"instance_type", go.instance_type},
          {"state", go.state},
          {"landing", go.landing},
          {"broken", go.broken},
          {"queue", go.place ? to_json(*go.place) : Json(nullptr)}};
}

// Whether the machine's Jupyter answers. Its own page would say so too, but not before the browser has left ours.
awaitable<net::Response> ready(PeopleCall call, base::AccountId account, GoView go) {
  bool answers = false;
  if (go.state == "running") {
    const auto machines = co_await call.ports.instances(account);
    if (!machines) co_return problem(machines.error(), call.request_id);
    for (const auto& machine : *machines) {
      if (machine.id != go.instance) continue;
      net::Request request;
      request.target = "/api";
      const auto answer = co_await net::fetch(net::Endpoint::on_tcp(machine.private_address, call.jupyter_port), std::move(request), {kJupyterPatience});
      answers = answer && answer->status == 200;
    }
  }
  co_return ok({{"state", go.state}, {"instance", go.instance.str()}, {"jupyter", answers}, {"queue", go.place ? to_json(*go.place) : Json(nullptr)}});
}

}  // namespace

awaitable<net::Response> join_call(PeopleCall call, std::string path) {
  if (call.request.method != "POST" || (!path.empty() && path != "/peek")) co_return problem(nothing_at_this_address(), call.request_id);
  auto& guesses = call.people.guesses;
  const auto address = call.request.peer.address;
  if (!guesses.may_try(address, now_ms()))
    co_return problem({base::Fault::kThrottled, "TooManyGuesses", "Too many wrong codes were tried. Wait ten minutes, then look at the code again."},
                      call.request_id);
  const auto body = body_of(call.request);
  const auto code = word(body, "code");
  if (path == "/peek") {
    const auto offer = co_await call.people.coming.look_at_code(code);
    if (offer) co_return ok(to_json(*offer));
    if (offer.error().code == "JoinCodeUnknown") guesses.failed(address, now_ms());
    co_return problem(offer.error(), call.request_id);
  }
  const auto joined = co_await call.people.coming.join(code, word(body, "identifier"), call.request_id);
  if (!joined) {
    if (joined.error().code == "JoinCodeUnknown") guesses.failed(address, now_ms());
    co_return problem(joined.error(), call.request_id);
  }
  auto response = ok({{"sign_in_url", own_origin(call.origins, call.request) + "/sign-in#" + joined->sign_in_token}}, 201);
  co_return with_session(std::move(response), call.origins, joined->session.secret);
}

awaitable<net::Response> go_call(PeopleCall call, Who who, std::string path) {
  if (path.empty() && call.request.method == "GET") {
    const auto links = co_await call.people.coming.course_links(who.account);
    if (!links) co_return problem(links.error(), call.request_id);
    Json out = Json::array();
    for (const auto& link : *links) out.push_back({{"code", link.code}, {"title", link.title}, {"image", link.image}, {"type", link.type}});
    co_return ok(out);
  }
  if (!path.starts_with('/')) co_return problem(nothing_at_this_address(), call.request_id);
  path.erase(0, 1);
  const bool asks_ready = path.ends_with("/ready");
  const std::string code = asks_ready ? path.substr(0, path.size() - 6) : path;
  const auto link = co_await call.people.coming.look_at_link(who.account, code);
  if (!link) co_return problem(link.error(), call.request_id);
  if (asks_ready) co_return co_await ready(std::move(call), who.account, *link);
  if (call.request.method == "GET") co_return ok(to_json(*link));
  const auto begun = co_await call.people.coming.open_link(who.account, code, call.request_id);
  if (!begun) co_return problem(begun.error(), call.request_id);
  co_return ok({{"instance", begun->instance ? begun->instance->str() : ""}, {"place", begun->place}, {"landing", link->landing}},
               begun->place.empty() ? 200 : 202);
}

}  // namespace stipend::gateway
