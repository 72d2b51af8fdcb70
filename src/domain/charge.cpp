#include "domain/charge.hpp"

#include <algorithm>

namespace stipend::domain {

Money charge_for(RatePlan plan, Price price, RunSeconds ran, base::Rounding rounding) {
  if (ran.count <= 0) return {};
  if (plan == RatePlan::kPerHour) return base::cost(price, {(ran.count + 3599) / 3600 * 3600}, rounding);
  return base::cost(price, std::max(ran, first_unit(plan)), rounding);
}

Money charge_for_broken(Price price, RunSeconds ran) {
  return base::cost(price, {std::max<std::int64_t>(ran.count, 0)}, base::Rounding::kFloor);
}

Money still_held(const Run& run) {
  return std::max(Money{}, charge_for(run.plan, run.price, run.held_run_max, base::Rounding::kCeil) - run.posted);
}

RunSeconds first_unit(RatePlan plan) { return {plan == RatePlan::kPerHour ? 3600 : 60}; }
Money price_of_first_unit(RatePlan plan, Price price) { return charge_for(plan, price, first_unit(plan), base::Rounding::kCeil); }
RunSeconds next_unit(RatePlan plan) { return {plan == RatePlan::kPerHour ? 3600 : 1}; }

}  // namespace stipend::domain
