#include "control/commands/renewals.hpp"

#include <algorithm>
#include <optional>

#include "base/check.hpp"
#include "control/commands/common.hpp"
#include "control/commands/mails.hpp"
#include "control/commands/outages.hpp"
#include "control/commands/policy.hpp"
#include "control/commands/running.hpp"
#include "domain/charge.hpp"
#include "domain/free_time.hpp"
#include "domain/lease.hpp"
#include "domain/storage.hpp"

namespace stipend::control {
namespace {

using base::RunSeconds;
using domain::Instance;

bool has_run(const domain::State& state, const base::AccountId& account) {
  const auto of = state.instances_of.find(account);
  return of != state.instances_of.end() &&
         std::ranges::any_of(of->second, [&](const auto& id) { return state.with_run.contains(id); });
}

// Whether something of the grant is neither held nor reserved.
bool has_undrawn(const domain::State& state, const domain::Grant& grant) {
  base::Money drawn;
  const auto add = [&](const std::vector<domain::Draw>& draws) {
    for (const auto& draw : draws)
      if (draw.grant == grant.id) drawn += draw.amount;
  };
  if (const auto* hold = state.find<domain::Hold>(grant.account)) add(hold->draws);
  if (const auto disks = state.disks_of.find(grant.account); disks != state.disks_of.end())
    for (const auto& id : disks->second) add(state.find<domain::Disk>(id)->reserve_draws);
  if (const auto addresses = state.addresses_of.find(grant.account); addresses != state.addresses_of.end())
    for (const auto& id : addresses->second) add(state.find<domain::Address>(id)->reserve_draws);
  return drawn < grant.remaining();
}

std::vector<base::AccountId> sorted_once(std::vector<base::AccountId> accounts) {
  std::ranges::sort(accounts);
  const auto twice = std::ranges::unique(accounts);
  accounts.erase(twice.begin(), twice.end());
  return accounts;
}

// Hours that began, and the UTC day that ended: a posting belongs to one day.
void post_run(domain::Wallet& wallet, Instance& instance) {
  const auto& run = *instance.run;
  if (!run.running_since || run.charge_until) return;  // a run that is being stopped is posted when it is settled
  const auto midnight = domain::utc_midnight(wallet.now());
  const auto last = run.posted_at.value_or(*run.running_since);
  const auto post = [&](RunSeconds ran, base::WallTime at) {
    const auto total = domain::charge_for(run.plan, run.price, run.free, ran, base::Rounding::kFloor);
    if (total > run.posted) wallet.charge_run(instance, total, ran, at, "usage");
  };
  if (last < midnight) post(domain::had_run_at(run, midnight), midnight);
  if (run.plan == domain::RatePlan::kPerHour) post(std::max(run.seen_ran, RunSeconds{1}), wallet.now());
}

// The lease grows, shrinks to `shorter`, or is sent again when its confirmation is missing. A shrunk lease keeps its
// hold until the machine's enforcer has confirmed it.
void renew_machine(Tx& tx, Instance& instance, RunSeconds run_max, std::optional<RunSeconds> shorter) {
  auto& run = *instance.run;
  if (run_max > run.held_run_max || (run_max > run.lease_run_max && run.lease_run_max == run.held_run_max)) {
    ++run.lease_seq;
    run.lease_run_max = run.held_run_max = run_max;
  } else if (shorter) {
    ++run.lease_seq;
    run.lease_run_max = *shorter;
  }
  if (run.running_since && run.acked_seq < run.lease_seq)
    tx.effect(RenewEffect{{instance.id, run.generation}, {run.lease_seq, run.lease_run_max}});
}

// What the leases of the plan end at.
domain::LeaseLimit limit_of(const domain::LeasePlan& plan, const LeaseBounds& bounds) {
  if (plan.free_only) return domain::LeaseLimit::kFreeEnd;
  if (plan.capped) return bounds.cost->limit;
  return plan.together_s < domain::kLeaseSeconds && plan.together_s == bounds.limits.lease_s ? bounds.bound.limit : domain::LeaseLimit::kCredit;
}

// A rule that was made since the lease was given ends it earlier; whoever runs has time to save.
std::optional<std::int64_t> cut_by_rule(const domain::Machine& machine, const domain::Bound& bound, base::WallTime now) {
  constexpr std::int64_t kSlackSeconds = 10;
  if (!machine.known || bound.at == base::WallTime::never()) return {};
  const auto left = std::max(kPolicyWarningS, now.ms_until(bound.at) / 1000);
  if (machine.lease.count - machine.ran.count <= left + kSlackSeconds) return {};
  return left;
}

}  // namespace

std::vector<base::AccountId> accounts_that_run(const domain::State& state) {
  std::vector<base::AccountId> out;
  out.reserve(state.with_run.size());
  each_running(state, [&](const Instance& instance) { out.push_back(instance.account); });
  return sorted_once(std::move(out));
}

std::vector<base::AccountId> accounts_with_old_disks(const domain::State& state, base::WallTime now) {
  const auto midnight = domain::utc_midnight(now);
  std::vector<base::AccountId> out;
  for (const auto& [id, disk] : state.disks)
    if (!disk->deleted && disk->posted_at < midnight) out.push_back(disk->account);
  for (const auto& [id, address] : state.elastic_addresses)
    if (address->posted_at < midnight && base::cost(address->price, domain::counted(*address, midnight), base::Rounding::kFloor) > address->posted)
      out.push_back(address->account);
  return sorted_once(std::move(out));
}

base::Status renew_account(Tx& tx, const base::AccountId& account) {
  const auto& state = tx.state();
  if (!state.find<domain::Account>(account)) return {};
  domain::Wallet wallet(state, account, tx.now());
  const auto midnight = domain::utc_midnight(tx.now());
  if (wallet.storage_older_than(midnight)) wallet.post_storage(midnight);
  if (has_run(state, account)) {
    const auto& free = course_of(state, account).policy.free;
    std::vector<Instance> instances;
    std::vector<domain::Machine> machines;
    for (const auto& id : state.instances_of.at(account)) {
      const auto* instance = state.find<Instance>(id);
      if (!instance->run) continue;
      instances.push_back(*instance);
      auto& run = *instances.back().run;
      run.free = domain::free_time_at(run, free, tx.now());
      post_run(wallet, instances.back());
      machines.push_back(domain::machine_of(instances.back(), tx.now()));
    }
    save_wallet(tx, wallet);  // what was posted now counts for the limits of the day
    const auto bounds = lease_bounds(state, account, tx.now());
    auto plan = domain::plan_leases(wallet, machines, bounds.limits);
    if (!plan.funded) {
      // Not even the disks' cost up to now is inside: it is paid as far as it goes, the leases stay as they are.
      wallet.post_storage(tx.now());
      plan = domain::plan_leases(wallet, machines, {.lease_s = 0, .runs_max = {}});
    }
    if (plan.funded) {
      std::int64_t fair_s = domain::kLeaseSeconds;
      if (machines.size() > 1 && plan.together_s < domain::kLeaseSeconds)
        fair_s = domain::fair_share_s(wallet, machines, domain::kLeaseSeconds);
      const auto shorten = domain::to_shorten(machines, plan, fair_s);
      const auto limit = limit_of(plan, bounds);
      CHECK(wallet.hold(plan.needs), "a plan that fits can be held");
      for (std::size_t i = 0; i < machines.size(); ++i) {
        if (!machines[i].renewable) continue;
        std::optional<std::int64_t> shorter_s;
        if (shorten[i]) shorter_s = fair_s;
        if (const auto rule_s = cut_by_rule(machines[i], bounds.bound, tx.now())) shorter_s = std::min(*rule_s, shorter_s.value_or(*rule_s));
        renew_machine(tx, instances[i], plan.run_max[i], shorter_s ? std::optional(machines[i].ran + RunSeconds{*shorter_s}) : std::nullopt);
        instances[i].run->limit = limit;
      }
    }
    for (auto& instance : instances) {
      const auto& before = *state.find<Instance>(instance.id)->run;
      const auto& run = *instance.run;
      if (before.lease_seq != run.lease_seq || before.segment != run.segment || before.free != run.free || before.limit != run.limit)
        tx.save(std::move(instance));
    }
  }
  save_wallet(tx, wallet);
  return {};
}

base::Status renew_with_what_is_free(Tx& tx, const base::AccountId& account) {
  if (!tx.may_begin() || !has_run(tx.state(), account)) return {};
  return renew_account(tx, account);
}

base::Result<bool> forget_old(Tx& tx, std::size_t limit, ForgetFrom* from) {
  constexpr std::int64_t kMinuteMs = 60'000, kHourMs = 60 * kMinuteMs, kDayMs = 24 * kHourMs;
  const auto& state = tx.state();
  const auto older = [&](base::WallTime t, std::int64_t ms) { return t.ms_until(tx.now()) >= ms; };
  std::vector<base::InstanceId> cooled, over;
  std::vector<std::string> tokens, passes;
  std::set<base::AccountId> expired;
  const auto full = [&] { return cooled.size() + over.size() + tokens.size() + passes.size() + expired.size() >= limit; };
  const auto walk = [&]<class Row>(const domain::Table<Row>& rows, auto ForgetFrom::* begins, auto look) {
    auto at = from ? rows.lower_bound(from->*begins) : rows.begin();
    for (std::size_t looked = 0; at != rows.end() && !full() && (!from || looked < ForgetFrom::kLookedAt); ++at, ++looked) look(at->first, *at->second);
    if (from) from->*begins = at == rows.end() ? domain::Key<Row>{} : at->first;
  };
  walk.operator()<Instance>(state.instances, &ForgetFrom::instance, [&](const auto& id, const Instance& instance) {
    if (!instance.terminated_at) return;
    if (older(*instance.terminated_at, kHourMs)) over.push_back(id);
    else if (!instance.private_address.empty() && older(*instance.terminated_at, 10 * kMinuteMs)) cooled.push_back(id);
  });
  walk.operator()<domain::ClientToken>(state.client_tokens, &ForgetFrom::token, [&](const auto& key, const domain::ClientToken& token) {
    if (older(token.created, kDayMs)) tokens.push_back(key);
  });
  walk.operator()<domain::Pass>(state.passes, &ForgetFrom::pass, [&](const auto& key, const domain::Pass& pass) {
    if (pass.expires <= tx.now()) passes.push_back(key);
  });
  walk.operator()<domain::Grant>(state.grants, &ForgetFrom::grant, [&](const auto&, const domain::Grant& grant) {
    if (grant.expires <= tx.now() && grant.remaining() > base::Money{} && has_undrawn(state, grant)) expired.insert(grant.account);
  });
  const bool more = full();
  for (const auto& id : cooled) {
    Instance instance = *state.find<Instance>(id);
    instance.private_address.clear();
    tx.save(std::move(instance));
  }
  for (const auto& id : over) tx.erase<Instance>(id);
  for (const auto& key : tokens) tx.erase<domain::ClientToken>(key);
  for (const auto& key : passes) tx.erase<domain::Pass>(key);
  for (const auto& account : expired) {
    domain::Wallet wallet(state, account, tx.now());
    save_wallet(tx, wallet);
  }
  forget_mails(tx, limit);
  const bool more_outages = forget_outages(tx, limit);
  return more || more_outages;
}

}  // namespace stipend::control
