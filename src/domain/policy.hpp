// What a course's policy means at an instant: until when a lease may reach, and what the runs of a day and a week may
// still cost. Staff is bound by nothing but its credit. Pure; days and weeks are UTC, a week begins on Monday.
#pragma once

#include <optional>

#include "domain/rows.hpp"

namespace stipend::domain {

// The rules that bind this account: the course's, or for staff and the course's own wallet none but the free hours.
Policy policy_for(const Course& course, const Account& account);

// The newest Monday 00:00 UTC that is not after `t`.
WallTime utc_week(WallTime t);

// Free hours that stop machines end their leases so much before them: the run's own seconds and the clock differ by some, and
// no paid hour may begin for a machine that is being stopped.
inline constexpr std::int64_t kFreeEndMarginSeconds = 10;

struct Bound {
  WallTime at = WallTime::never();  // no lease reaches further
  LeaseLimit limit = LeaseLimit::kCredit;
};
// The first of: the end of the course, of the hours in which machines may run, of the free hours, present or next, that
// stop machines. Not after `now`: nothing may start.
Bound bound_at(const Policy& policy, WallTime now);

// `spend` as it is at `now`: a new day or week begins at zero. Null: nothing was charged yet.
Spend spend_at(const Spend* spend, const AccountId& account, WallTime now);
// Counts what a run was charged (or given back: negative) at `at`; an entry at midnight belongs to the day that ends.
Spend with_charge(Spend spend, Money amount, WallTime at, WallTime now);

struct CostLeft {
  Money left, most, used;
  LeaseLimit limit = LeaseLimit::kDay;
};
// What runs may still cost by the limit that is nearest; nullopt: no limit.
std::optional<CostLeft> cost_left(const Policy& policy, const Spend& spend);

}  // namespace stipend::domain
