// The course's rules as JSON: GET /rules for each member, GET and POST /class/rules for staff.
#include "gateway/people_call.hpp"

namespace stipend::gateway {
namespace {

constexpr std::size_t kMostTypes = 200;
constexpr std::size_t kLongestHours = 200;

Json to_json(const std::vector<Hours>& hours) {
  Json out = Json::array();
  for (const auto& one : hours) out.push_back({{"from", base::to_iso8601(one.from)}, {"to", base::to_iso8601(one.to)}});
  return out;
}

Json to_json(const std::optional<WallTime>& t) { return t ? Json(base::to_iso8601(*t)) : Json(nullptr); }

// "" is no rule.
std::string shown(Money amount) { return amount == Money{} ? "" : base::to_display(amount, base::Rounding::kFloor); }

Json to_json(const RulesView& rules) {
  return {{"types", rules.types},
          {"machines", rules.machines},
          {"vcpus", rules.vcpus},
          {"disk_gib", rules.disk_gib},
          {"per_day", base::to_decimal(rules.per_day)},
          {"per_day_shown", shown(rules.per_day)},
          {"per_week", base::to_decimal(rules.per_week)},
          {"per_week_shown", shown(rules.per_week)},
          {"open", to_json(rules.open)},
          {"open_count", rules.open_count},
          {"open_until", to_json(rules.open_until)},
          {"free", to_json(rules.free)},
          {"free_count", rules.free_count},
          {"free_until", to_json(rules.free_until)},
          {"free_stops", rules.free_stops},
          {"ends", to_json(rules.ends)},
          {"now", base::to_iso8601(rules.now)}};
}

// What only staff is told.
Json to_staff_json(const RulesView& rules) {
  auto out = to_json(rules);
  out["emergency"] = base::to_decimal(rules.emergency);
  out["emergency_total"] = base::to_decimal(rules.emergency_total);
  out["emergency_given_shown"] = base::to_display(rules.emergency_given, base::Rounding::kCeil);
  out["catalogue"] = rules.catalogue;
  return out;
}

base::Error invalid(std::string why) { return {base::Fault::kInvalid, "InvalidRules", std::move(why)}; }

// An amount, "" for no rule; nothing when the body does not name it.
base::Status read(const Json& body, const char* name, std::optional<Money>& into) {
  if (!body.contains(name)) return {};
  TRY_ASSIGN(into, amount(body, name, false));
  return {};
}

base::Status read(const Json& body, const char* name, std::optional<std::int64_t>& into) {
  const auto at = body.find(name);
  if (at == body.end()) return {};
  if (!at->is_number_unsigned() || *at > 1'000'000) return std::unexpected(invalid("A limit is a whole number; 0 takes it away."));
  into = at->get<std::int64_t>();
  return {};
}

base::Status read_types(const Json& body, std::optional<std::vector<std::string>>& into) {
  const auto at = body.find("types");
  if (at == body.end()) return {};
  if (!at->is_array() || at->size() > kMostTypes) return std::unexpected(invalid("Types are a list of names."));
  into.emplace();
  for (const auto& one : *at) {
    if (!one.is_string()) return std::unexpected(invalid("Types are a list of names."));
    into->push_back(one);
  }
  return {};
}

base::Result<RulesWish> wish_of(const Json& body) {
  RulesWish wish;
  TRY(read_types(body, wish.types));
  TRY(read(body, "machines", wish.machines));
  TRY(read(body, "vcpus", wish.vcpus));
  TRY(read(body, "disk_gib", wish.disk_gib));
  TRY(read(body, "per_day", wish.per_day));
  TRY(read(body, "per_week", wish.per_week));
  TRY(read(body, "emergency", wish.emergency));
  TRY(read(body, "emergency_total", wish.emergency_total));
  if (body.contains("free_stops")) wish.free_stops = truth(body, "free_stops");
  if (body.contains("ends")) {
    const auto text = word(body, "ends");
    const auto at = text.empty() ? base::Result<WallTime>(WallTime::never()) : base::parse_iso8601(text);
    if (!at) return std::unexpected(invalid("The end of the course is a date and a time."));
    wish.ends = *at;
  }
  wish.no_open = truth(body, "no_open");
  wish.no_free = truth(body, "no_free");
  wish.open = word(body, "open");
  wish.free = word(body, "free");
  wish.zone = word(body, "zone");
  if (wish.open.size() > kLongestHours || wish.free.size() > kLongestHours || wish.zone.size() > kLongestHours)
    return std::unexpected(invalid("Hours are written like Mon-Fri 08:00/20:00 until 2027-02-10."));
  return wish;
}

}  // namespace

awaitable<net::Response> rules_call(PeopleCall call, Who who) {
  const auto rules = co_await call.people.rules.rules(who.account);
  co_return rules ? ok(to_json(*rules)) : problem(rules.error(), call.request_id);
}

awaitable<net::Response> class_rules_call(PeopleCall call, Who who) {
  if (call.request.method == "GET") {
    const auto rules = co_await call.people.rules.rules(who.account);
    co_return rules ? ok(to_staff_json(*rules)) : problem(rules.error(), call.request_id);
  }
  auto wish = wish_of(body_of(call.request));
  if (!wish) co_return problem(wish.error(), call.request_id);
  const auto changed = co_await call.people.rules.change(who.account, *std::move(wish), call.request_id);
  co_return changed ? ok(to_staff_json(*changed)) : problem(changed.error(), call.request_id);
}

}  // namespace stipend::gateway
