#include "control/commands/policy.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "control/commands/common.hpp"
#include "control/commands/people.hpp"
#include "domain/free_tier.hpp"
#include "domain/free_time.hpp"
#include "domain/storage.hpp"

namespace stipend::control {
namespace {

using base::Fault;
using base::Money;
using base::Status;
using domain::Policy;
using domain::Window;

std::unexpected<base::Error> invalid(std::string why) { return base::fail(Fault::kInvalid, "InvalidPolicy", std::move(why)); }

const std::string& course_name(const domain::State& state, const base::AccountId& account) { return course_of(state, account).name; }

// When machines may run again, in words.
std::string opens(const Policy& policy, base::WallTime now) {
  const auto next = domain::next_window(policy.open, now);
  return next && *next < policy.ends ? "; they may again from " + base::to_iso8601(*next) : "";
}

Status check_windows(std::vector<Window>& windows, const char* what, base::WallTime now) {
  // What is over is kept until every run in it was settled.
  std::erase_if(windows, [&](const Window& w) { return w.to.plus_seconds(2 * domain::kLeaseSeconds) <= now; });
  if (windows.size() > kWindowsMost) return invalid(fmt::format("{} {} hours are too many; {} can be set at once", windows.size(), what, kWindowsMost));
  for (const auto& w : windows) {
    if (!(w.from < w.to)) return invalid(fmt::format("{} hours end after they begin", what));
    if (w.from.ms_until(w.to) > kWindowLongestS * 1000) return invalid(fmt::format("{} hours last {} days at most", what, kWindowLongestS / 86400));
  }
  std::ranges::sort(windows, {}, [](const Window& w) { return std::pair(w.from, w.to); });
  const auto same = std::ranges::unique(windows, {}, [](const Window& w) { return std::pair(w.from, w.to); });
  windows.erase(same.begin(), same.end());
  return {};
}

bool same(const std::vector<Window>& a, const std::vector<Window>& b) {
  return std::ranges::equal(a, b, [](const Window& x, const Window& y) { return x.from == y.from && x.to == y.to; });
}

Status check_free_tier(const domain::Catalogue& catalogue, const Policy& policy) {
  const auto& tier = policy.free_tier;
  if (tier.hours == 0 && tier.months == 0 && tier.type.empty()) return {};
  if (!domain::find_type(catalogue, tier.type)) return invalid(fmt::format("the course's catalogue has no instance type '{}'", tier.type));
  if (!policy.types.empty() && std::ranges::find(policy.types, tier.type) == policy.types.end())
    return invalid(fmt::format("a free tier of {} is of no use: the course does not allow that type", tier.type));
  if (tier.hours < 1 || tier.hours > domain::kFreeTierHoursMost || tier.months < 1 || tier.months > domain::kFreeTierMonthsMost)
    return invalid(fmt::format("a free tier has from 1 to {} hours a month, for 1 to {} months", domain::kFreeTierHoursMost, domain::kFreeTierMonthsMost));
  return {};
}

Status check(const domain::State& state, const domain::Course& course, Policy& policy, const Policy& before, base::WallTime now) {
  const auto* catalogue = domain::catalogue_at(state, course, now);
  std::ranges::sort(policy.types);
  const auto twice = std::ranges::unique(policy.types);
  policy.types.erase(twice.begin(), twice.end());
  for (const auto& name : policy.types)
    if (!domain::find_type(*catalogue, name)) return invalid(fmt::format("the course's catalogue has no instance type '{}'", name));
  for (const auto figure : {policy.machines_max, policy.vcpus_max, policy.disk_gib_max})
    if (figure < 0 || figure > 1'000'000) return invalid("a limit is from 1 to 1000000; 0 takes it away");
  for (const auto amount : {policy.day_max, policy.week_max, policy.emergency, policy.emergency_total})
    if (amount < Money{} || amount > Money::dollars(1'000'000)) return invalid("an amount is from $0 to $1000000; 0 takes the rule away");
  if (policy.emergency > policy.emergency_total)
    return invalid(fmt::format("emergency credit of {} needs a total for the course that is at least as much: --emergency-total",
                               base::to_display(policy.emergency, base::Rounding::kCeil)));
  TRY(check_free_tier(*catalogue, policy));
  TRY(check_windows(policy.open, "opening", now));
  TRY(check_windows(policy.free, "free", now));
  // What ran before the rule was made is charged as it was then.
  if (!same(policy.free, before.free))
    for (auto& window : policy.free) {
      const bool known = std::ranges::any_of(before.free, [&](const Window& w) { return w.from <= window.from && window.to <= w.to; });
      if (!known) window.from = std::max(window.from, now);
    }
  std::erase_if(policy.free, [](const Window& w) { return w.to <= w.from; });
  return {};
}

}  // namespace

Policy policy_of(const domain::State& state, const base::AccountId& account) {
  return domain::policy_for(course_of(state, account), *state.find<domain::Account>(account));
}

Status check_type_allowed(const Tx& tx, const base::AccountId& account, const std::string& type) {
  const auto policy = policy_of(tx.state(), account);
  if (policy.types.empty() || std::ranges::find(policy.types, type) != policy.types.end()) return {};
  return base::fail(Fault::kDenied, "UnauthorizedOperation",
                    fmt::format("You are not authorized to perform this operation: the course '{}' allows {}, and not {}.",
                                course_name(tx.state(), account), fmt::join(policy.types, ", "), type));
}

Status check_policy(const Tx& tx, const base::AccountId& account, const std::vector<const domain::InstanceType*>& more) {
  const auto& state = tx.state();
  const auto policy = policy_of(state, account);
  const auto& name = course_name(state, account);
  std::int64_t machines = static_cast<std::int64_t>(more.size()), vcpus = 0;
  for (const auto* type : more) {
    TRY(check_type_allowed(tx, account, type->name));
    vcpus += type->vcpus;
  }
  if (const auto of = state.instances_of.find(account); of != state.instances_of.end())
    for (const auto& id : of->second)
      if (const auto* instance = state.find<domain::Instance>(id); instance->run) {
        ++machines;
        vcpus += instance->run->vcpus;
      }
  if (policy.machines_max > 0 && machines > policy.machines_max)
    return base::fail(Fault::kNoRoom, "InstanceLimitExceeded",
                      fmt::format("The course '{}' lets each member run {} machine{} at once; this would be {}. Stop one first.", name,
                                  policy.machines_max, policy.machines_max == 1 ? "" : "s", machines));
  if (policy.vcpus_max > 0 && vcpus > policy.vcpus_max)
    return base::fail(Fault::kNoRoom, "VcpuLimitExceeded",
                      fmt::format("The course '{}' lets each member use {} vCPUs at once; this would be {}. Stop a machine or take a smaller type.",
                                  name, policy.vcpus_max, vcpus));
  const auto bound = domain::bound_at(policy, tx.now());
  if (bound.at > tx.now()) return {};
  if (bound.limit == domain::LeaseLimit::kCourseEnd)
    return base::fail(Fault::kDenied, "OperationNotPermitted",
                      fmt::format("The course '{}' ended on {}: nothing runs any more. Your files can still be fetched.", name,
                                  base::to_iso8601(policy.ends)));
  if (bound.limit == domain::LeaseLimit::kFreeEnd)
    return base::fail(Fault::kDenied, "OperationNotPermitted",
                      fmt::format("The free hours of the course '{}' end this moment, and machines with them. Start it in some seconds, on your "
                                  "own credit.",
                                  name));
  return base::fail(Fault::kDenied, "OperationNotPermitted",
                    fmt::format("Machines of the course '{}' may not run now{}.", name, opens(policy, tx.now())));
}

Status check_disk_policy(const Tx& tx, const base::AccountId& account, std::int64_t more_gib) {
  const auto policy = policy_of(tx.state(), account);
  if (policy.disk_gib_max == 0) return {};
  std::int64_t gib = more_gib;
  if (const auto of = tx.state().disks_of.find(account); of != tx.state().disks_of.end())
    for (const auto& id : of->second)
      if (const auto* disk = tx.state().find<domain::Disk>(id); !disk->deleted) gib += domain::occupied_gib(*disk);
  if (gib <= policy.disk_gib_max) return {};
  return base::fail(Fault::kNoRoom, "VolumeLimitExceeded",
                    fmt::format("The course '{}' lets each member keep {} GiB of disks; this would be {}. Terminate a machine or delete a volume first.",
                                course_name(tx.state(), account), policy.disk_gib_max, gib));
}

LeaseBounds lease_bounds(const domain::State& state, const base::AccountId& account, base::WallTime now) {
  const auto policy = policy_of(state, account);
  LeaseBounds out;
  out.bound = domain::bound_at(policy, now);
  if (out.bound.at != base::WallTime::never())
    out.limits.lease_s = std::clamp<std::int64_t>(now.ms_until(out.bound.at) / 1000, 0, domain::kLeaseSeconds);
  out.cost = domain::cost_left(policy, domain::spend_at(state.find<domain::Spend>(account), account, now));
  if (out.cost) out.limits.runs_max = out.cost->left;
  return out;
}

std::unexpected<base::Error> over_spending_limit(const domain::State& state, const base::AccountId& account, const domain::CostLeft& cost) {
  return base::fail(Fault::kNoCredit, "SpendingLimitExceeded",
                    fmt::format("The course '{}' lets machines of a member cost {} a {}; {} were used, and what runs holds the rest. It begins anew at "
                                "midnight UTC{}.",
                                course_name(state, account), base::to_display(cost.most, base::Rounding::kFloor),
                                cost.limit == domain::LeaseLimit::kWeek ? "week" : "day", base::to_display(cost.used, base::Rounding::kCeil),
                                cost.limit == domain::LeaseLimit::kWeek ? " on Monday" : ""));
}

base::WallTime newest_policy_edge(const domain::State& state, base::WallTime now) {
  base::WallTime newest{0};
  const auto look = [&](base::WallTime at) {
    if (at <= now) newest = std::max(newest, at);
  };
  for (const auto& [id, course] : state.courses) {
    look(course->policy.ends);
    for (const auto* windows : {&course->policy.open, &course->policy.free})
      for (const auto& window : *windows) {
        look(window.from);
        look(window.to);
      }
  }
  return newest;
}

Status change_policy(Tx& tx, const std::string& name, const std::function<Status(Policy&)>& change) {
  TRY_ASSIGN(const auto* found, managed_course(tx.state(), tx.actor(), name));
  domain::Course course = *found;
  TRY(change(course.policy));
  TRY(check(tx.state(), course, course.policy, found->policy, tx.now()));
  tx.audit("course-policy", course.id.str(), {});
  tx.save(std::move(course));
  return {};
}

}  // namespace stipend::control
