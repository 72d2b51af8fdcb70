// The policy of a course, where it binds: what may be launched or started, how much disk an account has, how far leases
// reach. A refusal names the rule and what would do. Engine's strand only.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "control/tx.hpp"
#include "domain/catalogue.hpp"
#include "domain/lease.hpp"
#include "domain/policy.hpp"

namespace stipend::control {

inline constexpr std::size_t kWindowsMost = 1000;      // of one kind, that are not over
inline constexpr std::int64_t kWindowLongestS = 31 * 86400;
// Who runs when a rule changes has this long to save: the supervisor warns ten minutes before the end.
inline constexpr std::int64_t kPolicyWarningS = 660;

domain::Policy policy_of(const domain::State& state, const base::AccountId& account);

// Whether the account may run these machines more, now.
base::Status check_policy(const Tx& tx, const base::AccountId& account, const std::vector<const domain::InstanceType*>& more);
base::Status check_type_allowed(const Tx& tx, const base::AccountId& account, const std::string& type);
// Whether its disks may grow by as much.
base::Status check_disk_policy(const Tx& tx, const base::AccountId& account, std::int64_t more_gib);

// What bounds the account's leases now, and by which rule they would end.
struct LeaseBounds {
  domain::Limits limits;
  domain::Bound bound;
  std::optional<domain::CostLeft> cost;
};
LeaseBounds lease_bounds(const domain::State& state, const base::AccountId& account, base::WallTime now);
std::unexpected<base::Error> over_spending_limit(const domain::State& state, const base::AccountId& account, const domain::CostLeft& cost);

// The newest instant, not after `now`, at which a rule of any course began or ended to hold.
base::WallTime newest_policy_edge(const domain::State& state, base::WallTime now);

// Changes some rules of the course; staff of it or the operator. `change` gets the present policy; what it leaves is
// checked: types that the catalogue has (a free tier of one of them), figures that are not negative, windows that are not over. Windows of the past
// are dropped, and free hours begin now at the earliest: nothing is changed in the past. What runs learns of it at its
// next renewal.
base::Status change_policy(Tx& tx, const std::string& course, const std::function<base::Status(domain::Policy&)>& change);

}  // namespace stipend::control
