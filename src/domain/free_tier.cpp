#include "domain/free_tier.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "domain/catalogue.hpp"

namespace stipend::domain {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

std::chrono::year_month month_of_day(WallTime t) {
  const std::chrono::year_month_day day{std::chrono::sys_days{std::chrono::days{t.ms / kDayMs}}};
  return day.year() / day.month();
}
WallTime begin_of(std::chrono::year_month month) { return {std::chrono::sys_days{month / 1}.time_since_epoch().count() * kDayMs}; }

std::string words_of(const FreeTier& tier, std::chrono::year_month month) {
  constexpr std::array kNames = {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"};
  return std::to_string(tier.hours) + " h of " + tier.type + " in " + kNames[static_cast<unsigned>(month.month()) - 1] + " " +
         std::to_string(static_cast<int>(month.year()));
}

}  // namespace

WallTime utc_month(WallTime t) { return begin_of(month_of_day(t)); }
WallTime next_utc_month(WallTime t) { return begin_of(month_of_day(t) + std::chrono::months(1)); }

std::optional<FreeTierGift> free_tier_due(const State& state, const Account& account, WallTime now) {
  if (account.role != Role::kStudent || account.status == AccountStatus::kSuspended) return std::nullopt;
  const auto* course = state.find<Course>(account.course);
  if (!course || course->policy.free_tier.hours <= 0) return std::nullopt;
  const auto& tier = course->policy.free_tier;
  const auto month = month_of_day(now);
  if (account.free_tier >= begin_of(month) || month - month_of_day(account.created) >= std::chrono::months(tier.months)) return std::nullopt;
  const InstanceType* type = nullptr;
  for (const auto at : {std::max(begin_of(month), account.created), now}) {  // a list of this month may have brought the type
    const auto* catalogue = catalogue_at(state, *course, at);
    if (!type && catalogue) type = find_type(*catalogue, tier.type);
  }
  if (!type) return std::nullopt;
  return FreeTierGift{begin_of(month), begin_of(month + std::chrono::months(1)), base::mul_div({type->price.nano_per_hour}, tier.hours, 1, base::Rounding::kFloor),
                      tier.type, words_of(tier, month)};
}

}  // namespace stipend::domain
