#include "control/commands/runs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/check.hpp"
#include "control/commands/addresses.hpp"
#include "control/commands/policy.hpp"
#include "control/commands/queue.hpp"
#include "control/commands/room.hpp"
#include "control/commands/trash.hpp"
#include "domain/charge.hpp"
#include "domain/free_time.hpp"
#include "domain/lease.hpp"

namespace stipend::control {
namespace {

using base::Money;
using base::RunSeconds;
using domain::Instance;
using domain::InstanceState;

std::string hostname_of(const std::string& private_address) {
  std::string name = "ip-" + private_address;
  std::ranges::replace(name, '.', '-');
  return name;
}

// A new run without money yet.
domain::Run new_run(const domain::State& state, const Instance& instance, base::WallTime now) {
  const auto& course = course_of(state, instance.account);
  const auto& catalogue = catalogue_of(state, instance.account, now);
  const auto* type = domain::find_type(catalogue, instance.type);
  CHECK(type, "an instance's type was checked");
  domain::Run run;
  run.generation = instance.generation + 1;
  run.price = type->price;
  run.catalogue = catalogue.edition;
  run.plan = course.plan;
  run.vcpus = type->vcpus;
  run.memory_mib = type->memory_mib;
  run.cpu_milli = domain::space_of(*type, vcpu_milli(state)).cpu_milli;
  if (const auto host = total_room(state)) run.host = host->id;
  run.start_committed = now;
  run.free = domain::free_time_of_start(course.policy.free, now);
  return run;
}

// What the first lease ends at, for one that ends before it is renewed.
domain::LeaseLimit limit_of_start(const domain::Run& run, const LeaseBounds& bounds) {
  if (run.free.from && run.lease_run_max == run.free.to) return domain::LeaseLimit::kFreeEnd;
  const bool bound = run.lease_run_max.count < domain::kLeaseSeconds && run.lease_run_max.count >= bounds.limits.lease_s;
  return bound ? bounds.bound.limit : domain::LeaseLimit::kCredit;
}

}  // namespace

void set_reason(Instance& instance, domain::StopCause cause, domain::LeaseLimit limit) {
  auto reason = domain::ended_by_lease(cause) ? domain::state_reason(limit) : domain::state_reason(cause);
  instance.state_reason_code = std::move(reason.code);
  instance.state_reason_message = std::move(reason.message);
}

base::Result<std::vector<RunSeconds>> fund_runs(const domain::State& state, domain::Wallet& wallet,
                                                const std::vector<Instance>& instances, const Shortage* with_disks) {
  const auto& account = instances.front().account;
  for (const auto& instance : instances)
    if (const auto* elastic = elastic_address_of(state, instance)) wallet.set_idle(elastic->id, false);
  auto machines = domain::machines_of(state, account, wallet.now());
  for (auto& m : machines) m.renewable = false;
  auto bounds = lease_bounds(state, account, wallet.now());
  if (bounds.cost) bounds.limits.runs_max = std::max(Money{}, bounds.cost->left - domain::held_cost(machines));
  std::set<std::string> types;
  for (const auto& instance : instances) {
    domain::Machine machine;
    const auto run = new_run(state, instance, wallet.now());
    machine.id = instance.id;
    machine.type = instance.type;
    machine.price = run.price;
    machine.plan = run.plan;
    machine.free = run.free;
    types.insert(instance.type);
    machines.push_back(std::move(machine));
  }
  const auto plan = domain::plan_start(wallet, machines, bounds.limits);
  if (plan.capped) return over_spending_limit(state, account, *bounds.cost);
  if (!plan.funded) {
    const std::size_t count = instances.size();
    const auto unit = domain::first_unit(machines.back().plan);
    Shortage shortage;
    shortage.who = count == 1          ? fmt::format("A {} needs", *types.begin())
                   : types.size() == 1 ? fmt::format("{} {} machines need", count, *types.begin())
                                       : fmt::format("{} machines need", count);
    for (const auto& need : plan.least) shortage.needed += need.amount;
    shortage.purpose = fmt::format("for {} first {}", count == 1 ? "its" : "their",
                                   unit.count == 60 ? "60 seconds" : "hour");
    if (with_disks) {
      shortage.needed += with_disks->needed;
      shortage.purpose += with_disks->purpose;
    }
    return insufficient_credit(state, account, wallet.now(), shortage);
  }
  CHECK(wallet.hold_more(plan.needs), "a plan that fits can be held");
  return std::vector<RunSeconds>(instances.size(), plan.run_max);
}

base::Status begin_runs(Tx& tx, std::vector<Instance>& instances, const std::vector<RunSeconds>& run_max) {
  std::set<std::string> taken;
  const auto bounds = lease_bounds(tx.state(), instances.front().account, tx.now());
  for (std::size_t i = 0; i < instances.size(); ++i) {
    Instance& instance = instances[i];
    if (!is_private_address(tx.state(), instance.private_address)) {  // its first start, or the range was changed since
      TRY_ASSIGN(instance.private_address, take_private_address(tx, taken));
      taken.insert(instance.private_address);
    }
    if (!elastic_address_of(tx.state(), instance)) {
      auto also = taken;
      also.insert(instance.last_public_address);
      TRY_ASSIGN(instance.public_address, take_public_address(tx, also));
      taken.insert(instance.public_address);
      instance.last_public_address = instance.public_address;
    }

    auto run = new_run(tx.state(), instance, tx.now());
    run.lease_seq = 1;
    run.lease_run_max = run.held_run_max = run_max[i];
    run.limit = limit_of_start(run, bounds);
    instance.generation = run.generation;
    run.host_address = instance.public_address;
    instance.run = std::move(run);
    instance.jupyter_token = base::random_hex(tx.random(), 32);
    domain::become(instance, InstanceState::kPending);
    instance.stop_cause = domain::StopCause::kNone;
    instance.state_reason_code = instance.state_reason_message = "pending";
    instance.transition_reason.clear();
    instance.notices.clear();
    instance.launched = tx.now();
    instance.stopped_at.reset();
  }
  for (const auto& instance : instances) {
    drop_place_of(tx, instance.id);
    tx.save(instance);
  }
  for (const auto& instance : instances) tx.effect(StartEffect{start_spec(tx.state(), instance)});
  return {};
}

compute::StartSpec start_spec(const domain::State& state, const Instance& instance) {
  const auto* disk = state.find<domain::Disk>(instance.root_disk);
  CHECK(disk && instance.run, "a machine that starts has a disk and a run");
  compute::StartSpec spec;
  spec.key = {instance.id, instance.run->generation};
  spec.image = disk->image.empty() ? instance.image : disk->image;
  spec.root_disk = instance.root_disk;
  spec.root_gib = disk->gib;
  spec.root_source = disk->source;
  if (const auto* home = state.find<domain::Disk>(instance.home_disk)) {
    spec.home_disk = home->id;
    spec.home_gib = home->gib;
  }
  const auto& course = course_of(state, instance.account);
  if (const auto* folder = state.find<domain::Disk>(course.folder); folder && !folder->deleted) {
    spec.course_disk = folder->id;
    spec.course_gib = folder->gib;
    spec.course_writable = state.find<domain::Account>(instance.account)->role != domain::Role::kStudent;
  }
  spec.size = {instance.run->vcpus, instance.run->memory_mib, instance.run->cpu_milli};
  spec.private_address = instance.private_address;
  spec.public_address = instance.public_address;
  spec.hostname = hostname_of(instance.private_address);
  spec.authorized_keys = instance.authorized_key;
  spec.user_data = instance.user_data;
  spec.jupyter_token = instance.jupyter_token;
  spec.lease = {instance.run->lease_seq, instance.run->lease_run_max};
  return spec;
}

base::Money settle_run(Tx& tx, domain::Wallet& wallet, Instance& instance, const domain::RunEnd& end) {
  instance.run->free = domain::free_time_until(*instance.run, course_of(tx.state(), instance.account).policy.free, tx.now(),
                                               domain::settle(*instance.run, end).charged_until);
  const auto settlement = domain::settle(*instance.run, end);
  if (settlement.by_plan > instance.run->posted)
    wallet.charge_run(instance, settlement.by_plan, settlement.charged_until, tx.now(), "usage");
  const Money left = domain::still_held(*instance.run);  // before a correction changes what is posted
  const Money back = std::max(Money{}, instance.run->posted - settlement.total);
  if (back > Money{})
    wallet.charge_run(instance, settlement.total, settlement.charged_until, tx.now(), "fault");
  wallet.release(instance.type, left);
  bool last = true, last_of_type = true;
  for (const auto& id : tx.state().instances_of.at(instance.account)) {
    if (id == instance.id || !tx.state().with_run.contains(id)) continue;
    last = false;
    last_of_type = last_of_type && tx.state().find<Instance>(id)->type != instance.type;
  }
  if (last_of_type) wallet.release(instance.type, wallet.held_for(instance.type));
  if (last) {  // disks are paid ahead only while a machine runs
    wallet.post_storage(tx.now());
    wallet.release({}, wallet.held_for({}));
  }
  instance.run.reset();
  if (const auto* elastic = elastic_address_of(tx.state(), instance)) wallet.set_idle(elastic->id, true);
  else instance.public_address.clear();
  instance.jupyter_token.clear();
  return back;
}

void delete_root_if_wanted(const Tx& tx, domain::Wallet& wallet, const Instance& instance) {
  const auto* disk = wallet.disk(instance.root_disk);
  if (!disk || !disk->delete_on_termination || disk->deleted) return;
  const bool never_used = instance.generation == 1 && instance.failed_starts > 0;
  wallet.delete_disk(disk->id, never_used ? tx.now() : purge_time(tx));
}

void finish_terminated(Tx& tx, domain::Wallet& wallet, Instance& instance) {
  CHECK(!instance.run, "a terminated machine has no run");
  delete_root_if_wanted(tx, wallet, instance);
  if (const auto* root = wallet.disk(instance.root_disk)) {
    if (is_purged(*root, tx.now())) tx.effect(DeleteDiskEffect{root->id});
    wallet.detach_disk(root->id);
  }
  if (const auto* home = wallet.disk(instance.home_disk); home && home->attached == instance.id) wallet.detach_disk(home->id);
  if (const auto* elastic = elastic_address_of(tx.state(), instance)) disassociate(wallet, elastic->id);
  domain::become(instance, InstanceState::kTerminated);
  drop_place_of(tx, instance.id);
  instance.terminated_at = tx.now();
  instance.public_address.clear();
}

}  // namespace stipend::control
