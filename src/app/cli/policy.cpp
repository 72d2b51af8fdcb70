// `stipend course policy`
#include <fmt/format.h>

#include <deque>

#include "app/cli/class_time.hpp"
#include "app/cli/parts.hpp"
#include "app/cli/terms.hpp"
#include "base/clock.hpp"
#include "base/money.hpp"

namespace stipend::app {
namespace {

std::vector<std::string>& list_option(CLI::App* command, const std::string& flags, const std::string& what) {
  static std::deque<std::vector<std::string>> values;
  auto& value = values.emplace_back();
  command->add_option(flags, value, what)->type_name("TEXT")->expected(1)->take_all();
  return value;
}

std::string shown(const Json& at, const std::string& zone) {
  const auto parsed = base::parse_iso8601(at.get<std::string>());
  return parsed ? to_local(*parsed, zone) : "-";
}

std::string figure(const Json& j, const char* key, const std::string& one) {
  const auto value = j.value(key, std::int64_t{0});
  return value == 0 ? "no limit" : fmt::format("{}{}", value, one);
}
std::string amount(const Json& j, const char* key) {
  const auto value = j.value(key, std::string("0"));
  return base::parse_decimal(value).value_or(base::Money{}) == base::Money{} ? "no limit" : "$" + value;
}

std::string windows(const Json& list, const std::string& none, const std::string& zone) {
  constexpr std::size_t kShown = 5;
  if (list.empty()) return none;
  std::string out;
  for (std::size_t i = 0; i < std::min(list.size(), kShown); ++i)
    out += fmt::format("{}{} to {}", i == 0 ? "" : "\n               ", shown(list[i]["from"], zone), shown(list[i]["to"], zone));
  if (list.size() > kShown) out += fmt::format("\n               and {} more, the last until {}", list.size() - kShown, shown(list.back()["to"], zone));
  return out;
}

std::string policy_text(const Json& j, const std::string& zone) {
  std::string types;
  for (const auto& type : j["types"]) types += (types.empty() ? "" : ", ") + type.get<std::string>();
  auto out = fmt::format("Course         {}\nTypes          {}\nMachines       {}\nvCPUs          {}\nDisks          {}\n", line(j, "name"),
                         types.empty() ? "all of the catalogue" : types, figure(j, "machines", " at once"), figure(j, "vcpus", " at once"), figure(j, "disk_gib", " GiB"));
  out += fmt::format("Cost a day     {}\nCost a week    {}\nMay run        {}\nFree           {}\n", amount(j, "per_day"), amount(j, "per_week"),
                     windows(j["open"], "always", zone), windows(j["free"], "never", zone));
  if (!j["free"].empty())
    out += fmt::format("               {}\n", j["free_end"] == "stop" ? "then machines stop" : "then machines go on as far as their own credit reaches");
  if (amount(j, "emergency") != "no limit")
    out += fmt::format("Emergency      ${} once for who has less; ${} of ${} given out\n", line(j, "emergency"), line(j, "emergency_given"), line(j, "emergency_total"));
  if (const auto& tier = j["free_tier"]; tier.is_object())
    out += fmt::format("Free tier      {} h of {} in each of a member's first {} months\n", tier.value("hours", 0), line(tier, "type"), tier.value("months", 0));
  out += fmt::format("Ends           {}\n", j["ends"].is_null() ? "never" : shown(j["ends"], zone));
  return out;
}

// "none" takes the rule away.
base::Result<Json> window_json(const std::vector<std::string>& texts, const std::string& zone) {
  Json out = Json::array();
  if (texts.size() == 1 && texts[0] == "none") return out;
  for (const auto& text : texts) {
    TRY_ASSIGN(const auto read, parse_windows(text, zone, base::SystemClock().wall()));
    for (const auto& w : read) out.push_back({{"from", base::to_iso8601(w.from)}, {"to", base::to_iso8601(w.to)}});
  }
  if (out.empty()) return base::fail(base::Fault::kInvalid, "InvalidHours", "these hours are all over");
  return out;
}

base::Result<std::int64_t> limit(const std::string& text) {
  if (text == "none") return 0;
  if (text.empty() || text.size() > 7 || text.find_first_not_of("0123456789") != text.npos)
    return base::fail(base::Fault::kInvalid, "InvalidPolicy", "'" + text + "' is no limit; give a whole number, or none");
  return std::stoll(text);
}

// "t2.micro:750:12"; "none": null.
base::Result<Json> free_tier_json(const std::string& text) {
  if (text == "none") return Json(nullptr);
  const auto first = text.find(':'), last = text.rfind(':');
  if (first == text.npos || last == first)
    return base::fail(base::Fault::kInvalid, "InvalidPolicy", "'" + text + "' is no free tier; write TYPE:HOURS:MONTHS, like t2.micro:750:12, or none");
  TRY_ASSIGN(const auto hours, limit(text.substr(first + 1, last - first - 1)));
  TRY_ASSIGN(const auto months, limit(text.substr(last + 1)));
  return Json{{"type", text.substr(0, first)}, {"hours", hours}, {"months", months}};
}

}  // namespace

void add_policy_commands(CLI::App& app, Cli& cli) {
  auto* policy = sub(*app.get_subcommand("course"), cli, "policy",
                     "what members may run, when, and what it may cost; shows it, or changes the rules that are given (none: no rule)");
  auto& of = option(policy, "NAME", "the course's name or id", true);
  auto& types = option(policy, "--types", "instance types that may be used, t2.micro,t2.medium", false);
  auto& machines = option(policy, "--machines", "machines of a member that run at once", false);
  auto& vcpus = option(policy, "--vcpus", "vCPUs of a member at once", false);
  auto& disk = option(policy, "--disk-gib", "GiB of all disks of a member", false);
  auto& day = option(policy, "--per-day", "dollars that a member's machines may cost in a UTC day", false);
  auto& week = option(policy, "--per-week", "dollars in a week from Monday on", false);
  auto& emergency = option(policy, "--emergency", "dollars that a member who has less can take at once, once in the course", false);
  auto& emergency_total = option(policy, "--emergency-total", "dollars of all that together", false);
  auto& free_tier = option(policy, "--free-tier", "TYPE:HOURS:MONTHS, t2.micro:750:12: hours of a type that cost nothing in each of a member's first months", false);
  auto& open = list_option(policy, "--open", "hours in which machines may run, \"Mon-Fri 08:00/20:00 until 2027-02-10\" or \"2026-12-01 09:55/11:30\"; may be repeated");
  auto& free = list_option(policy, "--free", "hours that cost nothing, written the same way");
  auto& free_end = option(policy, "--free-end", "what machines do when free hours end: go-on (on their credit) or stop", false);
  auto& ends = option(policy, "--ends", "\"2027-02-12 18:00\": nothing runs after it; or never", false);
  auto& zone = option(policy, "--zone", "whose clocks these are, like Europe/Berlin; else this computer's", false);
  policy->callback([&] {
    Json arguments{{"course", of}};
    if (!types.empty()) arguments["types"] = type_list(types);
    for (const auto& [key, value] : {std::pair("machines", &machines), std::pair("vcpus", &vcpus), std::pair("disk_gib", &disk)}) {
      if (value->empty()) continue;
      const auto read = limit(*value);
      if (!read) return cli.fail(read.error());
      arguments[key] = *read;
    }
    for (const auto& [key, value] : {std::pair("per_day", &day), std::pair("per_week", &week), std::pair("emergency", &emergency),
                                     std::pair("emergency_total", &emergency_total)})
      if (!value->empty()) arguments[key] = *value == "none" ? "0" : *value;
    if (!free_tier.empty()) {
      const auto read = free_tier_json(free_tier);
      if (!read) return cli.fail(read.error());
      arguments["free_tier"] = *read;
    }
    for (const auto& [key, value] : {std::pair("open", &open), std::pair("free", &free)}) {
      if (value->empty()) continue;
      const auto read = window_json(*value, zone);
      if (!read) return cli.fail(read.error());
      arguments[key] = *read;
    }
    if (!free_end.empty()) arguments["free_end"] = free_end;
    if (!ends.empty()) {
      const auto at = ends == "never" || ends == "none" ? base::Result<base::WallTime>(base::WallTime::never()) : parse_local(ends, zone);
      if (!at) return cli.fail(at.error());
      arguments["ends"] = *at == base::WallTime::never() ? "never" : base::to_iso8601(*at);
    }
    cli.ask("course.policy", arguments, [&](const Json& j) { return policy_text(j, zone); });
  });
}

}  // namespace stipend::app
