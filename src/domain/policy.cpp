#include "domain/policy.hpp"

#include <algorithm>

#include "domain/free_time.hpp"
#include "domain/storage.hpp"

namespace stipend::domain {
namespace {
constexpr std::int64_t kDayMs = 86'400'000;
}

Policy policy_for(const Course& course, const Account& account) {
  if (account.role == Role::kStudent) return course.policy;
  Policy policy;
  policy.free = course.policy.free;
  return policy;
}

WallTime utc_week(WallTime t) {
  // 1970-01-01 was a Thursday: three days after a Monday.
  const std::int64_t day = utc_midnight(t).ms / kDayMs;
  const std::int64_t since_monday = ((day + 3) % 7 + 7) % 7;
  return {(day - since_monday) * kDayMs};
}

Bound bound_at(const Policy& policy, WallTime now) {
  Bound bound;
  const auto nearer = [&](WallTime at, LeaseLimit limit) {
    if (at < bound.at) bound = {at, limit};
  };
  nearer(policy.ends, LeaseLimit::kCourseEnd);
  if (!policy.open.empty()) nearer(window_end(policy.open, now).value_or(now), LeaseLimit::kHours);
  if (policy.free_end == FreeEnd::kStop) {
    // Of those that are yet to begin, too: they stop what runs already, and may be shorter than a lease that is there.
    auto end = window_end(policy.free, now);
    if (const auto next = end ? std::nullopt : next_window(policy.free, now)) end = window_end(policy.free, *next);
    if (end) nearer(end->plus_seconds(-kFreeEndMarginSeconds), LeaseLimit::kFreeEnd);
  }
  return bound;
}

Spend spend_at(const Spend* spend, const AccountId& account, WallTime now) {
  Spend out = spend ? *spend : Spend{account, {}, {}, {}, {}};
  const auto day = utc_midnight(now), week = utc_week(now);
  if (out.day != day) out.today = {};
  if (out.week != week) out.this_week = {};
  out.day = day;
  out.week = week;
  return out;
}

Spend with_charge(Spend spend, Money amount, WallTime at, WallTime now) {
  spend = spend_at(&spend, spend.account, now);
  const WallTime instant{at.ms - 1};
  if (utc_midnight(instant) == spend.day) spend.today = std::max(Money{}, spend.today + amount);
  if (utc_week(instant) == spend.week) spend.this_week = std::max(Money{}, spend.this_week + amount);
  return spend;
}

std::optional<CostLeft> cost_left(const Policy& policy, const Spend& spend) {
  std::optional<CostLeft> nearest;
  const auto look = [&](Money most, Money used, LeaseLimit limit) {
    if (most == Money{}) return;
    const Money left = std::max(Money{}, most - used);
    if (!nearest || left < nearest->left) nearest = CostLeft{left, most, used, limit};
  };
  look(policy.day_max, spend.today, LeaseLimit::kDay);
  look(policy.week_max, spend.this_week, LeaseLimit::kWeek);
  return nearest;
}

}  // namespace stipend::domain
