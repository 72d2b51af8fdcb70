#include "domain/charge.hpp"

#include <algorithm>

#include "domain/free_time.hpp"

namespace stipend::domain {

Money charge_for(RatePlan plan, Price price, RunSeconds ran, base::Rounding rounding) {
  if (ran.count <= 0) return {};
  if (plan == RatePlan::kPerHour) return base::cost(price, {(ran.count + 3599) / 3600 * 3600}, rounding);
  return base::cost(price, std::max(ran, first_unit(plan)), rounding);
}

Money charge_for(RatePlan plan, Price price, const FreeTime& free, RunSeconds ran, base::Rounding rounding) {
  const RunSeconds paid = paid_seconds(plan, free, ran);
  if (plan == RatePlan::kPerSecond && free.began_free) return base::cost(price, std::max(paid, RunSeconds{0}), rounding);
  return charge_for(plan, price, paid, rounding);
}

Money charge_for_broken(Price price, const FreeTime& free, RunSeconds ran) {
  return base::cost(price, std::max(paid_seconds(RatePlan::kPerSecond, free, ran), RunSeconds{0}), base::Rounding::kFloor);
}

RunSeconds had_run_at(const Run& run, WallTime instant) {
  const RunSeconds ran{run.seen_ran.count - std::max<std::int64_t>(0, instant.ms_until(*run.seen_at) / 1000)};
  return std::max(run.posted_ran, ran);
}

Money still_held(const Run& run) {
  return std::max(Money{}, charge_for(run.plan, run.price, run.free, run.held_run_max, base::Rounding::kCeil) - run.posted);
}

RunSeconds first_unit(RatePlan plan) { return {plan == RatePlan::kPerHour ? 3600 : 60}; }
Money price_of_first_unit(RatePlan plan, Price price) { return charge_for(plan, price, first_unit(plan), base::Rounding::kCeil); }
RunSeconds next_unit(RatePlan plan) { return {plan == RatePlan::kPerHour ? 3600 : 1}; }

}  // namespace stipend::domain
