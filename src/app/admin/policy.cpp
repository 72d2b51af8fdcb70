// course.policy: shows a course's policy, and changes the rules that are named.
#include "app/admin/admin.hpp"
#include "control/await.hpp"
#include "control/commands/people.hpp"
#include "control/commands/policy.hpp"

namespace stipend::app {
namespace {

using boost::asio::awaitable;
using domain::Policy;

Json to_json(const std::vector<domain::Window>& windows) {
  Json out = Json::array();
  for (const auto& w : windows) out.push_back({{"from", base::to_iso8601(w.from)}, {"to", base::to_iso8601(w.to)}});
  return out;
}

Json policy_json(const domain::Course& course) {
  const auto& policy = course.policy;
  return {{"course_id", course.id.str()},
          {"name", course.name},
          {"types", policy.types},
          {"machines", policy.machines_max},
          {"vcpus", policy.vcpus_max},
          {"disk_gib", policy.disk_gib_max},
          {"per_day", base::to_decimal(policy.day_max)},
          {"per_week", base::to_decimal(policy.week_max)},
          {"emergency", base::to_decimal(policy.emergency)},
          {"emergency_total", base::to_decimal(policy.emergency_total)},
          {"emergency_given", base::to_decimal(course.emergency_given)},
          {"open", to_json(policy.open)},
          {"free", to_json(policy.free)},
          {"free_end", policy.free_end == domain::FreeEnd::kStop ? "stop" : "go-on"},
          {"free_tier", policy.free_tier.hours == 0 ? Json(nullptr) : Json{{"type", policy.free_tier.type}, {"hours", policy.free_tier.hours}, {"months", policy.free_tier.months}}},
          {"ends", policy.ends == base::WallTime::never() ? Json(nullptr) : Json(base::to_iso8601(policy.ends))}};
}

base::Result<std::vector<domain::Window>> windows_of(const Json& list, const char* name) {
  const auto wrong = [&] { return base::fail(base::Fault::kInvalid, "InvalidArgument", std::string(name) + " must be a list of {from, to}"); };
  if (!list.is_array()) return wrong();
  std::vector<domain::Window> out;
  for (const auto& one : list) {
    if (!one.is_object()) return wrong();
    TRY_ASSIGN(const auto from, text(one, "from"));
    TRY_ASSIGN(const auto to, text(one, "to"));
    domain::Window window;
    TRY_ASSIGN(window.from, base::parse_iso8601(from));
    TRY_ASSIGN(window.to, base::parse_iso8601(to));
    out.push_back(window);
  }
  return out;
}

base::Status apply(const Json& arguments, Policy& policy) {
  if (const auto at = arguments.find("types"); at != arguments.end()) {
    policy.types.clear();
    if (!at->is_array()) return base::fail(base::Fault::kInvalid, "InvalidArgument", "types must be a list of names");
    for (const auto& type : *at) {
      if (!type.is_string()) return base::fail(base::Fault::kInvalid, "InvalidArgument", "types must be a list of names");
      policy.types.push_back(type);
    }
  }
  TRY_ASSIGN(policy.machines_max, whole_number(arguments, "machines", policy.machines_max));
  TRY_ASSIGN(policy.vcpus_max, whole_number(arguments, "vcpus", policy.vcpus_max));
  TRY_ASSIGN(policy.disk_gib_max, whole_number(arguments, "disk_gib", policy.disk_gib_max));
  for (const auto& [name, into] : {std::pair("per_day", &policy.day_max), std::pair("per_week", &policy.week_max),
                                   std::pair("emergency", &policy.emergency), std::pair("emergency_total", &policy.emergency_total)}) {
    if (!arguments.contains(name)) continue;
    TRY_ASSIGN(*into, money(arguments, name));
  }
  if (const auto at = arguments.find("open"); at != arguments.end()) {
    TRY_ASSIGN(policy.open, windows_of(*at, "open"));
  }
  if (const auto at = arguments.find("free"); at != arguments.end()) {
    TRY_ASSIGN(policy.free, windows_of(*at, "free"));
  }
  if (arguments.contains("free_end")) {
    TRY_ASSIGN(const auto end, text(arguments, "free_end"));
    if (end != "stop" && end != "go-on") return base::fail(base::Fault::kInvalid, "InvalidArgument", "free hours end with stop or go-on");
    policy.free_end = end == "stop" ? domain::FreeEnd::kStop : domain::FreeEnd::kGoOn;
  }
  if (const auto at = arguments.find("free_tier"); at != arguments.end()) {
    policy.free_tier = {};
    if (!at->is_null() && !at->is_object()) return base::fail(base::Fault::kInvalid, "InvalidArgument", "free_tier must be {type, hours, months}, or null");
    if (at->is_object()) {
      TRY_ASSIGN(policy.free_tier.type, text(*at, "type"));
      TRY_ASSIGN(policy.free_tier.hours, whole_number(*at, "hours", 0));
      TRY_ASSIGN(policy.free_tier.months, whole_number(*at, "months", 0));
    }
  }
  if (arguments.contains("ends")) {
    TRY_ASSIGN(const auto ends, text(arguments, "ends"));
    policy.ends = base::WallTime::never();
    if (ends != "never") {
      TRY_ASSIGN(policy.ends, base::parse_iso8601(ends));
    }
  }
  return {};
}

awaitable<JsonResult> policy(AdminContext& context, control::Actor actor, Json arguments) {
  const auto course = text(arguments, "course");
  if (!course) co_return std::unexpected(course.error());
  if (arguments.size() == 1)
    co_return co_await control::read<Json>(context.engine(), std::move(actor), [course = *course](const domain::State& state, base::WallTime) -> JsonResult {
      const auto* found = control::find_course(state, course);
      if (!found) return base::fail(base::Fault::kNotFound, "NoSuchCourse", "there is no course '" + course + "': `stipend course list` shows them");
      return policy_json(*found);
    });
  co_return co_await control::run<Json>(context.engine(), std::move(actor), [course = *course, arguments](control::Tx& tx) -> JsonResult {
    TRY(control::change_policy(tx, course, [&](Policy& policy) { return apply(arguments, policy); }));
    return policy_json(*control::find_course(tx.state(), course));
  });
}

constexpr AdminCommand kCommands[] = {{"course.policy", policy}};

}  // namespace

std::span<const AdminCommand> policy_commands() { return kCommands; }

}  // namespace stipend::app
