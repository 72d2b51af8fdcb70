#include "app/ports_rules.hpp"

#include "app/cli/class_time.hpp"
#include "app/console_actor.hpp"
#include "control/await.hpp"
#include "control/commands/common.hpp"
#include "control/commands/policy.hpp"

namespace stipend::app {

using base::Result;
using gateway::awaitable;
using gateway::RulesView;

namespace {

constexpr std::size_t kShown = 50;

void show(const std::vector<domain::Window>& windows, base::WallTime now, std::vector<gateway::Hours>& shown, std::size_t& count,
          std::optional<base::WallTime>& until) {
  for (const auto& window : windows) {
    if (window.to <= now) continue;
    if (shown.size() < kShown) shown.push_back({window.from, window.to});
    ++count;
    if (!until || *until < window.to) until = window.to;
  }
}

RulesView view(const domain::State& state, const domain::Course& course, base::WallTime now) {
  const auto& policy = course.policy;
  RulesView out;
  out.types = policy.types;
  out.machines = policy.machines_max;
  out.vcpus = policy.vcpus_max;
  out.disk_gib = policy.disk_gib_max;
  out.per_day = policy.day_max;
  out.per_week = policy.week_max;
  show(policy.open, now, out.open, out.open_count, out.open_until);
  show(policy.free, now, out.free, out.free_count, out.free_until);
  out.free_stops = policy.free_end == domain::FreeEnd::kStop;
  if (policy.ends != base::WallTime::never()) out.ends = policy.ends;
  out.emergency = policy.emergency;
  out.emergency_total = policy.emergency_total;
  out.emergency_given = course.emergency_given;
  if (const auto* catalogue = domain::catalogue_at(state, course, now))
    for (const auto& type : catalogue->types)
      if (type.provider.empty()) out.catalogue.push_back(type.name);
  out.now = now;
  return out;
}

base::Status add_hours(const std::string& text, const std::string& zone, base::WallTime now, std::vector<domain::Window>& windows) {
  if (text.empty()) return {};
  TRY_ASSIGN(const auto read, parse_windows(text, zone, now));
  if (read.empty()) return base::fail(base::Fault::kInvalid, "InvalidHours", "These hours are all over.");
  for (const auto& window : read) windows.push_back({window.from, window.to});
  return {};
}

base::Status apply(const gateway::RulesWish& wish, base::WallTime now, domain::Policy& policy) {
  if (wish.types) policy.types = *wish.types;
  for (const auto& [from, into] : {std::pair(&wish.machines, &policy.machines_max), std::pair(&wish.vcpus, &policy.vcpus_max),
                                   std::pair(&wish.disk_gib, &policy.disk_gib_max)})
    *into = from->value_or(*into);
  for (const auto& [from, into] : {std::pair(&wish.per_day, &policy.day_max), std::pair(&wish.per_week, &policy.week_max),
                                   std::pair(&wish.emergency, &policy.emergency), std::pair(&wish.emergency_total, &policy.emergency_total)})
    *into = from->value_or(*into);
  if (wish.free_stops) policy.free_end = *wish.free_stops ? domain::FreeEnd::kStop : domain::FreeEnd::kGoOn;
  policy.ends = wish.ends.value_or(policy.ends);
  if (wish.no_open) policy.open.clear();
  if (wish.no_free) policy.free.clear();
  TRY(add_hours(wish.open, wish.zone, now, policy.open));
  return add_hours(wish.free, wish.zone, now, policy.free);
}

}  // namespace

awaitable<Result<RulesView>> EngineRules::rules(base::AccountId account) {
  return control::read<RulesView>(engine_, console_actor(account), [account](const domain::State& state, base::WallTime now) -> Result<RulesView> {
    return view(state, control::course_of(state, account), now);
  });
}

awaitable<Result<RulesView>> EngineRules::change(base::AccountId staff, gateway::RulesWish wish, std::string request_id) {
  return control::run<RulesView>(engine_, console_actor(staff, std::move(request_id)), [wish = std::move(wish)](control::Tx& tx) -> Result<RulesView> {
    TRY(control::change_policy(tx, "", [&](domain::Policy& policy) { return apply(wish, tx.now(), policy); }));
    return view(tx.state(), control::course_of(tx.state(), tx.actor().account), tx.now());
  });
}

}  // namespace stipend::app
