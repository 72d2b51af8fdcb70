#include "ledger/bill.hpp"

#include <algorithm>

namespace stipend::ledger {
namespace {

std::int64_t cost(const RunFacts& run, std::int64_t seconds) {
  seconds = std::clamp<std::int64_t>(seconds, 0, run.held_s);
  const auto by_plan = run_cost(run.plan, run.price, seconds);
  return run.broken ? std::min(by_plan, broken_run_cost(run.price, seconds)) : by_plan;
}

}  // namespace

Bill bill_of(const RunFacts& run) {
  if (run.start_failed) return {};
  std::int64_t ran_s = run.broken ? std::max(run.record_s, run.seen_s) : run.ran_ms / 1000;
  // "A run that was seen running counts as at least one second."
  const auto at_least = [&](std::int64_t seconds) { return run.seen_running && !run.broken ? std::max<std::int64_t>(seconds, 1) : seconds; };
  if (!run.asked) return {cost(run, at_least(ran_s)), cost(run, at_least(ran_s))};
  const auto asked_s = run.asked->ran_ms / 1000;
  const auto until = [&](std::int64_t stop_s) { return cost(run, at_least(std::min(ran_s, std::max<std::int64_t>(stop_s, 0)))); };
  return {until(asked_s - run.asked->before_s), until(asked_s + run.asked->after_s)};
}

std::int64_t bill_of_disk(std::int64_t price, const std::vector<Existence>& times) {
  Wide ms = 0;
  for (const auto& time : times) ms += std::max<std::int64_t>(0, time.to_ms - time.from_ms);
  return disk_cost(price, static_cast<std::int64_t>(ms / 1000));
}

}  // namespace stipend::ledger
