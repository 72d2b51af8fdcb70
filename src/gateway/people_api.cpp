#include "gateway/people_api.hpp"

#include "gateway/people_call.hpp"

namespace stipend::gateway {
namespace {

constexpr std::string_view kApi = "/api/v1";
constexpr std::size_t kMaxCommandBytes = 512 * 1024;  // ten thousand account numbers
constexpr std::size_t kMaxVisitorBytes = 4 * 1024;
constexpr std::size_t kMaxRosterBytes = 2 * 1024 * 1024 + 1;

std::string_view below(std::string_view path, std::string_view prefix) {
  if (!path.starts_with(prefix)) return {};
  const auto rest = path.substr(prefix.size());
  return rest.empty() || rest.starts_with('/') ? rest : std::string_view();
}

bool is_under(std::string_view path, std::string_view prefix) {
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

awaitable<net::Response> signed_in(PeopleCall call) {
  const std::string path(call.request.path().substr(kApi.size()));
  const auto who = co_await call.ports.who(call.session);
  if (!who) co_return problem(who.error(), call.request_id);
  if (call.request.method == "POST" && call.request.headers.get("x-stipend-csrf") != csrf_token(call.session))
    co_return problem({base::Fault::kDenied, "CsrfRefused", "This page is out of date. Load it again."}, call.request_id);
  if (is_under(path, "/class")) {
    const std::string rest(below(path, "/class"));
    co_return co_await class_call(std::move(call), *who, rest);
  }
  if (is_under(path, "/go")) {
    const std::string rest(below(path, "/go"));
    co_return co_await go_call(std::move(call), *who, rest);
  }
  if (path == "/rules" && call.request.method == "GET") co_return co_await rules_call(std::move(call), *who);
  if (path == "/own-link" && call.request.method == "POST") {
    const auto token = co_await call.people.coming.own_link(who->account, call.request_id);
    if (!token) co_return problem(token.error(), call.request_id);
    co_return ok({{"url", own_origin(call.origins, call.request) + "/sign-in#" + *token}});
  }
  co_return problem(nothing_at_this_address(), call.request_id);
}

awaitable<net::Response> whole(PeopleCall call) {
  const std::string path(call.request.path().substr(kApi.size()));
  if (is_under(path, "/join")) {
    const std::string rest(below(path, "/join"));
    co_return co_await join_call(std::move(call), rest);
  }
  co_return co_await signed_in(std::move(call));
}

}  // namespace

Json body_of(const net::Request& request) {
  auto json = Json::parse(request.body, nullptr, false);
  return json.is_object() ? json : Json::object();
}

std::string word(const Json& body, const char* name) {
  const auto at = body.find(name);
  return at != body.end() && at->is_string() ? at->get<std::string>() : "";
}

bool truth(const Json& body, const char* name) {
  const auto at = body.find(name);
  return at != body.end() && at->is_boolean() && at->get<bool>();
}

base::Result<Money> amount(const Json& body, const char* name, bool needed) {
  auto text = word(body, name);
  if (text.starts_with('$')) text.erase(0, 1);
  if (text.empty() && !needed) return Money{};
  auto parsed = base::parse_decimal(text);
  if (!parsed) return base::fail(base::Fault::kInvalid, "InvalidAmount", "Give an amount of dollars like 20 or 12.50.");
  return parsed;
}

bool is_people_path(std::string_view path) {
  if (!path.starts_with(kApi)) return false;
  const auto rest = path.substr(kApi.size());
  return is_under(rest, "/class") || is_under(rest, "/join") || is_under(rest, "/go") || rest == "/own-link" || rest == "/rules";
}

awaitable<net::Decision> people_decision(PeopleCall call) {
  const std::string path(call.request.path().substr(kApi.size()));
  if (call.request.method != "GET" && call.request.method != "POST")
    co_return problem({base::Fault::kInvalid, "MethodNotAllowed", "Only GET and POST."}, call.request_id);
  std::size_t most = kMaxVisitorBytes;
  if (is_under(path, "/class")) {
    // Two megabytes are taken from staff alone, so that is asked before they come.
    const auto who = co_await call.ports.who(call.session);
    if (!who) co_return problem(who.error(), call.request_id);
    if (who->role == "student") co_return problem({base::Fault::kDenied, "StaffOnly", "This page is for the staff of the course."}, call.request_id);
    most = path == "/class/roster" ? kMaxRosterBytes : kMaxCommandBytes;
  }
  net::Request waiting = call.request;
  auto rest = std::make_shared<PeopleCall>(std::move(call));
  co_return net::WithBody{std::move(waiting), most, [rest](net::Request request) {
                            rest->request = std::move(request);
                            return whole(std::move(*rest));
                          }};
}

}  // namespace stipend::gateway
