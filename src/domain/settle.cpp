#include "domain/settle.hpp"

#include <algorithm>

#include "domain/charge.hpp"

namespace stipend::domain {

Settlement settle(const Run& run, const RunEnd& end) {
  Settlement result;
  if (end.start_failed) return result;
  RunSeconds ran = end.broken ? std::max(end.ran, run.seen_ran) : end.ran;
  if (run.charge_until) ran = std::min(ran, *run.charge_until);
  // A run that was seen running is a start, however short.
  if (run.running_since && !end.broken) ran = std::max(ran, RunSeconds{1});
  ran = std::min(ran, run.held_run_max);
  result.charged_until = ran;
  result.by_plan = charge_for(run.plan, run.price, run.free, ran, base::Rounding::kFloor);
  result.total = end.broken ? std::min(result.by_plan, charge_for_broken(run.price, run.free, ran)) : result.by_plan;
  return result;
}

}  // namespace stipend::domain
