#include "domain/lease.hpp"

#include <algorithm>

#include "domain/charge.hpp"
#include "domain/free_time.hpp"
#include "domain/instance_state.hpp"
#include "domain/storage.hpp"

namespace stipend::domain {
namespace {

Money need_of(const Machine& machine, RunSeconds run_max) {
  return std::max(Money{}, charge_for(machine.plan, machine.price, machine.free, run_max, base::Rounding::kCeil) - machine.posted);
}

// The largest t in [low, high] for which fits(t); fits(low) holds and fits only ever turns false.
template <class Fits>
std::int64_t largest(std::int64_t low, std::int64_t high, Fits fits) {
  while (low < high) {
    const std::int64_t middle = low + (high - low + 1) / 2;
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

std::int64_t longest_left(const std::vector<Machine>& machines, const std::vector<RunSeconds>& run_max) {
  std::int64_t longest = 0;
  for (std::size_t i = 0; i < machines.size(); ++i)
    longest = std::max(longest, run_max[i].count - machines[i].ran.count);
  return longest;
}

}  // namespace

RunSeconds ran_estimate(const Run& run, WallTime now) {
  if (!run.running_since || !run.seen_at) return {};
  // Whole seconds of both clocks, so that the end that is shown stands still between two looks.
  RunSeconds ran{run.seen_ran.count + std::max<std::int64_t>(0, now.ms / 1000 - run.seen_at->ms / 1000)};
  ran = std::max(run.seen_ran, std::min(ran, run.held_run_max));
  return run.charge_until ? std::min(ran, *run.charge_until) : ran;
}

Machine machine_of(const Instance& instance, WallTime now) {
  const Run& run = *instance.run;
  // A machine whose lease ran out is in `stopping` too, and money that comes before its halt still saves it.
  const bool may_go_on = instance.state == InstanceState::kPending || instance.state == InstanceState::kRunning ||
                         (instance.state == InstanceState::kStopping && ended_by_lease(instance.stop_cause));
  return {.id = instance.id,
          .type = instance.type,
          .price = run.price,
          .plan = run.plan,
          .ran = ran_estimate(run, now),
          .held = run.held_run_max,
          .lease = run.lease_run_max,
          .posted = run.posted,
          .free = run.free,
          .renewable = may_go_on && !instance.terminate_wanted,
          .known = run.running_since.has_value()};
}

std::vector<Machine> machines_of(const State& state, const AccountId& account, WallTime now) {
  std::vector<Machine> machines;
  const auto at = state.instances_of.find(account);
  if (at == state.instances_of.end()) return machines;
  const auto* owner = state.find<Account>(account);
  const auto* course = owner ? state.find<Course>(owner->course) : nullptr;
  for (const auto& id : at->second) {
    const auto* instance = state.find<Instance>(id);
    if (!instance->run) continue;
    machines.push_back(machine_of(*instance, now));
    if (course) machines.back().free = free_time_at(*instance->run, course->policy.free, now);
  }
  return machines;
}

namespace {

// One rounding for all disks from now on, so that this costs the same for one disk and for thousands. At least
// what each of them will be charged, at most a nano-dollar a disk more.
Money disks_need(const Wallet& wallet, std::int64_t disks_s) {
  return wallet.storage_due() + base::cost(wallet.storage_rate(), {disks_s}, base::Rounding::kCeil);
}

std::vector<Need> runs_need(const std::vector<Machine>& machines, const std::vector<RunSeconds>& run_max) {
  std::vector<Need> needs;
  for (std::size_t i = 0; i < machines.size(); ++i) needs.push_back({machines[i].type, need_of(machines[i], run_max[i])});
  return needs;
}

// Whether the second after `ran` costs nothing.
bool is_free(const Machine& machine, RunSeconds ran) {
  return machine.free.from && ran >= *machine.free.from && ran < machine.free.to;
}

Money cost_of(const std::vector<Machine>& machines, const std::vector<RunSeconds>& run_max) {
  Money sum;
  for (std::size_t i = 0; i < machines.size(); ++i) sum += need_of(machines[i], run_max[i]);
  return sum;
}

// capacity.carries(needs_of(...)), without making the list where the sum is enough: this is asked very often.
bool carried(const Wallet& wallet, const Wallet::Capacity& capacity, const std::vector<Machine>& machines,
             const std::vector<RunSeconds>& run_max, std::int64_t disks_s) {
  const auto total = capacity.total();
  if (!total) return capacity.carries(needs_of(wallet, machines, run_max, disks_s));
  return disks_need(wallet, disks_s) + cost_of(machines, run_max) <= *total;
}

}  // namespace

std::vector<Need> needs_of(const Wallet& wallet, const std::vector<Machine>& machines,
                           const std::vector<RunSeconds>& run_max, std::int64_t disks_s) {
  auto needs = runs_need(machines, run_max);
  needs.insert(needs.begin(), {{}, disks_need(wallet, disks_s)});
  return needs;
}

Money held_cost(const std::vector<Machine>& machines) {
  Money sum;
  for (const auto& m : machines) sum += need_of(m, m.held);
  return sum;
}

LeasePlan plan_leases(const Wallet& wallet, const std::vector<Machine>& machines, const Limits& limits) {
  const std::int64_t lease_s = limits.lease_s;
  const auto targets = [&](std::int64_t t) {
    std::vector<RunSeconds> run_max;
    for (const auto& m : machines)
      run_max.push_back(m.renewable ? std::max(m.held, m.ran + RunSeconds{t}) : m.held);
    return run_max;
  };
  const Money least = cost_of(machines, targets(0));
  std::optional<Money> most;
  if (limits.runs_max) most = std::max(*limits.runs_max, least);
  const auto capacity = wallet.capacity();
  bool with_disks = true;
  const auto paid = [&](const std::vector<RunSeconds>& run_max) {
    if (with_disks) return carried(wallet, capacity, machines, run_max, longest_left(machines, run_max));
    return cost_of(machines, run_max) <= least && capacity.carries(runs_need(machines, run_max));
  };
  const auto carries = [&](const std::vector<RunSeconds>& run_max) {
    return (!most || cost_of(machines, run_max) <= *most) && paid(run_max);
  };
  const auto fits = [&](std::int64_t t) { return carries(targets(t)); };

  const auto longest_of_all = [&]() -> std::int64_t { return fits(0) ? largest(0, lease_s, fits) : -1; };

  LeasePlan plan;
  plan.together_s = longest_of_all();
  if (plan.together_s < lease_s && std::ranges::any_of(machines, [](const Machine& m) { return m.renewable && is_free(m, m.ran); })) {
    with_disks = false;
    const auto without = longest_of_all();
    with_disks = without <= plan.together_s;
    plan.together_s = std::max(plan.together_s, without);
  }
  plan.funded = plan.together_s >= 0;
  if (!plan.funded) return {};
  plan.run_max = targets(plan.together_s);
  if (plan.together_s == lease_s) {
    for (std::size_t i = 0; i < machines.size(); ++i)
      if (machines[i].held.count - machines[i].ran.count > lease_s - kFreshSeconds) plan.run_max[i] = machines[i].held;
  } else {
    plan.capped = most && paid(targets(plan.together_s + 1));
    for (std::size_t i = 0; i < machines.size(); ++i) {
      if (!machines[i].renewable) continue;
      const std::int64_t now = plan.run_max[i].count;
      const std::int64_t longest = std::max(now, machines[i].ran.count + lease_s);
      plan.run_max[i].count = largest(now, longest, [&](std::int64_t ran) {
        auto longer = plan.run_max;
        longer[i].count = ran;
        return carries(longer);
      });
      auto more = plan.run_max;
      plan.capped = plan.capped || (most && ++more[i].count <= longest && paid(more));
    }
  }
  plan.free_only = !with_disks;
  plan.needs = with_disks ? needs_of(wallet, machines, plan.run_max, longest_left(machines, plan.run_max))
                          : runs_need(machines, plan.run_max);
  return plan;
}

StartPlan plan_start(const Wallet& wallet, const std::vector<Machine>& machines, const Limits& limits) {
  std::int64_t others_s = 0;  // a new disk costs as long as the longest lease, too
  for (const auto& m : machines)
    if (!m.renewable) others_s = std::max(others_s, m.held.count - m.ran.count);
  bool with_disks = true;
  const auto needs = [&](std::int64_t t) {
    std::vector<Need> list;
    const Money disks = disks_need(wallet, std::max(others_s, t + kStartMarginSeconds)) - wallet.held_for("");
    if (with_disks) list.push_back({{}, std::max(Money{}, disks)});
    for (const auto& m : machines)
      if (m.renewable) list.push_back({m.type, need_of(m, {t})});
    return list;
  };
  const auto cost = [&](std::int64_t t) {
    Money sum;
    for (const auto& m : machines) sum += m.renewable ? need_of(m, {t}) : Money{};
    return sum;
  };
  const auto free = wallet.free_capacity();
  const std::int64_t unit = first_unit(machines.back().plan).count;
  StartPlan plan;
  plan.least = needs(unit);
  plan.capped = limits.runs_max && cost(unit) > *limits.runs_max;
  if (plan.capped) return plan;
  const std::int64_t most = std::max(unit, limits.lease_s);
  std::int64_t run_max = -1;
  if (free.carries(plan.least))
    run_max = largest(unit, most, [&](std::int64_t t) { return (!limits.runs_max || cost(t) <= *limits.runs_max) && free.carries(needs(t)); });
  if (run_max < most && cost(unit) == Money{}) {
    const auto without = largest(unit, most, [&](std::int64_t t) { return cost(t) == Money{}; });
    with_disks = without <= run_max;
    run_max = std::max(run_max, without);
  }
  plan.funded = run_max >= 0;
  if (!plan.funded) return plan;
  plan.run_max = {std::min(run_max, std::max<std::int64_t>(limits.lease_s, 1))};  // the unit is sold whole, and may not be used whole
  plan.needs = needs(run_max);
  return plan;
}

namespace {
// Whether everything could run `t` more seconds, whatever is held by whom.
bool pays_for(const Wallet& wallet, const Wallet::Capacity& capacity, const std::vector<Machine>& machines,
              std::int64_t t) {
  std::vector<RunSeconds> run_max;
  for (const auto& m : machines) run_max.push_back(m.renewable ? m.ran + RunSeconds{t} : m.held);
  return carried(wallet, capacity, machines, run_max, t);
}
}  // namespace

std::int64_t fair_share_s(const Wallet& wallet, const std::vector<Machine>& machines, std::int64_t lease_s) {
  const auto capacity = wallet.capacity();
  const auto fits = [&](std::int64_t t) { return pays_for(wallet, capacity, machines, t); };
  return fits(0) ? largest(0, lease_s, fits) : 0;
}

std::vector<bool> to_shorten(const std::vector<Machine>& machines, const LeasePlan& plan, std::int64_t fair_s) {
  constexpr std::int64_t kLeastSeconds = 60, kSlackSeconds = 10;
  std::vector<bool> shorten(machines.size(), false);
  if (!plan.funded || fair_s < kLeastSeconds) return shorten;
  bool one_has_less = false;
  for (std::size_t i = 0; i < machines.size(); ++i)
    one_has_less = one_has_less || (machines[i].renewable && plan.run_max[i].count - machines[i].ran.count < fair_s - kSlackSeconds);
  if (!one_has_less) return shorten;
  for (std::size_t i = 0; i < machines.size(); ++i)
    shorten[i] = machines[i].renewable && machines[i].known && machines[i].lease.count - machines[i].ran.count > fair_s + kSlackSeconds;
  return shorten;
}

std::optional<std::int64_t> runway_s(const Wallet& wallet, const std::vector<Machine>& machines) {
  bool costs = false;
  for (const auto& m : machines) costs = costs || (m.renewable && m.price.nano_per_hour > 0);
  costs = costs || wallet.storage_rate().nano_per_hour > 0;
  if (!costs) return std::nullopt;
  const auto capacity = wallet.capacity();
  const auto fits = [&](std::int64_t t) { return pays_for(wallet, capacity, machines, t); };
  std::int64_t free_s = 0;  // free hours carry on without credit
  for (const auto& m : machines)
    if (m.renewable && is_free(m, m.ran)) free_s = std::max(free_s, m.free.to.count - m.ran.count);
  if (!fits(0)) return free_s;
  constexpr std::int64_t kHundredYears = 100LL * 365 * 86400;
  std::int64_t high = 3600;
  while (high < kHundredYears && fits(high)) high *= 2;
  return std::max(free_s, largest(0, std::min(high, kHundredYears), fits));
}

}  // namespace stipend::domain
