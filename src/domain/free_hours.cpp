#include "domain/free_hours.hpp"

#include <algorithm>

#include "domain/costs.hpp"
#include "domain/free_tier.hpp"

namespace stipend::domain {
namespace {

// What runs of the type cost since their last posting and the hold pays out of the grant: it names what expires first, first.
Money accrued(const State& state, const Grant& grant, const std::string& type, WallTime now) {
  const auto* hold = state.find<Hold>(grant.account);
  if (!hold) return {};
  Money held, open;
  for (const auto& draw : hold->draws)
    if (draw.grant == grant.id && draw.type == type) held += draw.amount;
  for (const auto& entry : unposted(state, grant.account, now))
    if (entry.kind == EntryKind::kCharge && entry.type == type) open += entry.amount;
  return std::min(held, open);
}

}  // namespace

std::int64_t FreeHours::by_the_end_nano(WallTime now) const {
  const auto passed = std::max<std::int64_t>(1, from.ms_until(std::min(now, until)));
  return base::mul_div({used_nano}, from.ms_until(until), passed, base::Rounding::kFloor).nano;
}

std::optional<FreeHours> free_hours(const State& state, const AccountId& account, WallTime now) {
  const auto* row = state.find<Account>(account);
  const auto* course = row ? state.find<Course>(row->course) : nullptr;
  const auto of = state.grants_of.find(account);
  if (!course || course->policy.free_tier.hours <= 0 || of == state.grants_of.end()) return std::nullopt;
  const auto& tier = course->policy.free_tier;
  for (const auto& id : of->second) {
    const auto& grant = *state.find<Grant>(id);
    if (grant.source != kFreeTierSource || grant.expires <= now || grant.amount <= Money{} || grant.only_types != std::vector{tier.type}) continue;
    const Money spent = grant.spent + accrued(state, grant, tier.type, now);
    // The grant is worth the hours: its part that is spent is the part of them that is used.
    const auto nano_hours = base::mul_div(spent, tier.hours, 1, base::Rounding::kFloor);
    return FreeHours{.type = tier.type, .limit = tier.hours, .used_nano = base::mul_div(nano_hours, 1'000'000'000, grant.amount.nano, base::Rounding::kFloor).nano,
                     .from = row->free_tier, .until = grant.expires, .months = tier.months};
  }
  return std::nullopt;
}

}  // namespace stipend::domain
