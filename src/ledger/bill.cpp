#include "ledger/bill.hpp"

#include <algorithm>

namespace stipend::ledger {
namespace {

struct Stretch {
  std::int64_t from_s = 0, to_s = 0;
};

// Per-second: seconds of a stretch are not counted; a run that began inside has no minimum.
std::int64_t by_seconds(const RunFacts& run, const std::vector<Stretch>& free, std::int64_t seconds) {
  std::int64_t counted = seconds;
  for (const auto& stretch : free) counted -= std::max<std::int64_t>(0, std::min(seconds, stretch.to_s) - std::clamp<std::int64_t>(stretch.from_s, 0, seconds));
  const bool began_free = !free.empty() && free.front().from_s <= 0;
  return began_free ? broken_run_cost(run.price, counted) : run_cost(run.plan, run.price, counted);
}

// Per-hour: an hour that began goes on to its end; one that would begin inside a stretch begins at its end.
std::int64_t by_hours(const RunFacts& run, const std::vector<Stretch>& free, std::int64_t seconds) {
  std::int64_t hours = 0;
  for (std::int64_t begins = 0; begins < seconds;) {
    const auto inside = std::ranges::find_if(free, [&](const Stretch& one) { return one.from_s <= begins && begins < one.to_s; });
    if (inside != free.end()) {
      begins = inside->to_s;
      continue;
    }
    ++hours;
    begins += 3600;
  }
  return run.price * hours;
}

// `wider_s`: each edge of the free hours so many seconds further out.
std::int64_t cost(const RunFacts& run, std::int64_t seconds, std::int64_t wider_s = 0) {
  seconds = std::clamp<std::int64_t>(seconds, 0, run.held_s);
  std::vector<Stretch> free;
  for (const auto& one : run.free) {
    const Stretch stretch{one.from_ms / 1000 - wider_s, one.to_ms / 1000 + wider_s};
    if (stretch.from_s < stretch.to_s) free.push_back(stretch);
  }
  const auto by_plan = run.plan == Plan::kPerHour ? by_hours(run, free, seconds) : by_seconds(run, free, seconds);
  if (!run.broken) return by_plan;
  std::int64_t counted = seconds;
  for (const auto& stretch : free) counted -= std::max<std::int64_t>(0, std::min(seconds, stretch.to_s) - std::clamp<std::int64_t>(stretch.from_s, 0, seconds));
  return std::min(by_plan, broken_run_cost(run.price, counted));
}

}  // namespace

Bill bill_of(const RunFacts& run) {
  if (run.start_failed) return {};
  std::int64_t ran_s = run.broken ? std::max(run.record_s, run.seen_s) : run.ran_ms / 1000;
  // "A run that was seen running counts as at least one second."
  const auto at_least = [&](std::int64_t seconds) { return run.seen_running && !run.broken ? std::max<std::int64_t>(seconds, 1) : seconds; };
  if (!run.asked) return {cost(run, at_least(ran_s), run.edge_s), cost(run, at_least(ran_s), -run.edge_s)};
  const auto asked_s = run.asked->ran_ms / 1000;
  const auto until = [&](std::int64_t stop_s, std::int64_t wider_s) {
    return cost(run, at_least(std::min(ran_s, std::max<std::int64_t>(stop_s, 0))), wider_s);
  };
  return {until(asked_s - run.asked->before_s, run.edge_s), until(asked_s + run.asked->after_s, -run.edge_s)};
}

std::int64_t bill_of_disk(std::int64_t price, const std::vector<Existence>& times) {
  Wide ms = 0;
  for (const auto& time : times) ms += std::max<std::int64_t>(0, time.to_ms - time.from_ms);
  return disk_cost(price, static_cast<std::int64_t>(ms / 1000));
}

std::int64_t bill_of_address(std::int64_t price, const std::vector<Existence>& idle) {
  std::int64_t seconds = 0;
  for (const auto& time : idle) seconds += std::max<std::int64_t>(0, time.to_ms - time.from_ms) / 1000;
  return disk_cost(price, seconds);
}

}  // namespace stipend::ledger
