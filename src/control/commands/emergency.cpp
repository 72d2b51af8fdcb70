#include "control/commands/emergency.hpp"

#include <fmt/format.h>

#include "control/commands/common.hpp"
#include "control/commands/policy.hpp"
#include "domain/figures.hpp"

namespace stipend::control {

using base::Fault;
using base::Money;

base::Result<Money> emergency_offer(const domain::State& state, base::WallTime now, const base::AccountId& account) {
  const auto* row = state.find<domain::Account>(account);
  const auto policy = row && row->role == domain::Role::kStudent ? policy_of(state, account) : domain::Policy{};
  if (policy.emergency == Money{})
    return base::fail(Fault::kDenied, "EmergencyNotOffered", "Your course offers no emergency credit. Ask your teacher for more credit.");
  if (const auto of = state.grants_of.find(account); of != state.grants_of.end())
    for (const auto& id : of->second)
      if (const auto* grant = state.find<domain::Grant>(id); grant->source == kEmergencySource)
        return base::fail(Fault::kConflict, "EmergencyTaken",
                          fmt::format("You had your emergency credit on {}; each member has it once. Ask your teacher for more credit.",
                                      base::to_iso8601(grant->created).substr(0, 10)));
  if (course_of(state, account).emergency_given + policy.emergency > policy.emergency_total)
    return base::fail(Fault::kConflict, "EmergencyUsedUp", "The emergency credit of your course has been given out. Ask your teacher for more credit.");
  // With what its machines hold: nobody comes under the amount by starting some.
  const auto f = domain::figures_without_runway(state, account, now);
  if (f.available - domain::free_tier_left(state, account, now) + f.held >= policy.emergency)
    return base::fail(Fault::kConflict, "EmergencyNotNeeded",
                      fmt::format("Emergency credit is for whoever has less than {}.", base::to_display(policy.emergency, base::Rounding::kFloor)));
  return policy.emergency;
}

base::Result<domain::RowPtr<domain::Grant>> take_emergency(Tx& tx) {
  TRY_ASSIGN(const auto* account, own_account(tx));
  const auto id = account->id;
  TRY_ASSIGN(const auto amount, emergency_offer(tx.state(), tx.now(), id));
  domain::Course course = course_of(tx.state(), id);
  course.emergency_given += amount;
  tx.save(std::move(course));
  tx.audit("emergency-credit", id.str(), base::to_decimal(amount));
  return give(tx, {id, amount, kEmergencySource});
}

}  // namespace stipend::control
