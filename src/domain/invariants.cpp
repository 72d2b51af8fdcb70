#include "domain/invariants.hpp"

#include <fmt/format.h>

#include "domain/charge.hpp"
#include "domain/figures.hpp"
#include "domain/storage.hpp"

namespace stipend::domain {

Violation NeverOverspent::operator()(const State& state, WallTime now) const {
  for (const auto& [id, account] : state.accounts) {
    const Figures f = figures_without_runway(state, id, now);
    if (f.charged + f.held + f.reserved > f.granted)
      return fmt::format("{}: charged {} + held {} + reserved {} > granted {}", id.str(), f.charged.nano, f.held.nano,
                         f.reserved.nano, f.granted.nano);
    if (f.available < Money{} || f.held < Money{} || f.reserved < Money{})
      return fmt::format("{}: a figure is negative", id.str());
    if (f.balance - f.held - f.reserved != f.available)
      return fmt::format("{}: balance {} - held {} - reserved {} is not available {}", id.str(), f.balance.nano,
                         f.held.nano, f.reserved.nano, f.available.nano);
  }
  return {};
}

Violation HoldsNameTheirGrants::operator()(const State& state) const {
  std::map<GrantId, Money> drawn;
  for (const auto& [id, hold] : state.holds) {
    Money total;
    for (const auto& draw : hold->draws) {
      const Grant* grant = state.find<Grant>(draw.grant);
      if (!grant || grant->account != id) return fmt::format("{}: the hold draws on a grant of nobody", id.str());
      if (draw.amount <= Money{}) return fmt::format("{}: an empty draw", id.str());
      total += draw.amount;
      drawn[draw.grant] += draw.amount;
    }
    if (total != hold->amount) return fmt::format("{}: the hold is not the sum of its draws", id.str());
  }
  for (const auto& [id, disk] : state.disks) {
    if (disk->snapshot == SnapshotState::kError && disk->reserved != Money{}) return fmt::format("{}: failed, yet reserved", id.str());
    Money total;
    for (const auto& draw : disk->reserve_draws) {
      const Grant* grant = state.find<Grant>(draw.grant);
      if (!grant || grant->account != disk->account || !grant->only_types.empty())
        return fmt::format("{}: the reserve draws on a grant it may not use", id.str());
      total += draw.amount;
      drawn[draw.grant] += draw.amount;
    }
    if (total != disk->reserved) return fmt::format("{}: the reserve is not the sum of its draws", id.str());
    if (disk->deleted && disk->reserved != Money{}) return fmt::format("{}: deleted, yet reserved", id.str());
  }
  for (const auto& [id, address] : state.elastic_addresses) {
    Money total;
    for (const auto& draw : address->reserve_draws) {
      const Grant* grant = state.find<Grant>(draw.grant);
      if (!grant || grant->account != address->account || !grant->only_types.empty())
        return fmt::format("{}: the reserve draws on a grant it may not use", id);
      total += draw.amount;
      drawn[draw.grant] += draw.amount;
    }
    if (total != address->reserved) return fmt::format("{}: the reserve is not the sum of its draws", id);
  }
  for (const auto& [id, grant] : state.grants) {
    if (grant->spent < Money{} || grant->taken_back < Money{} || grant->expired < Money{})
      return fmt::format("{}: a negative part", id.str());
    if (drawn[id] > grant->remaining())
      return fmt::format("{}: {} drawn of {}", id.str(), drawn[id].nano, grant->remaining().nano);
  }
  return {};
}

Violation HoldsCoverTheirLeases::operator()(const State& state) const {
  std::map<std::pair<AccountId, std::string>, Money> needed, held;  // of the machines of one type
  for (const auto& [id, instance] : state.instances) {
    if (!instance->run) continue;
    const Run& run = *instance->run;
    if (run.lease_run_max > run.held_run_max) return fmt::format("{}: the lease is longer than its hold", id.str());
    needed[{instance->account, instance->type}] += still_held(run);
  }
  for (const auto& [account, hold] : state.holds)
    for (const auto& draw : hold->draws)
      if (!draw.type.empty()) held[{account, draw.type}] += draw.amount;
  for (const auto& [key, amount] : needed)
    if (held[key] < amount)
      return fmt::format("{}: {} machines may cost {} more, {} are held", key.first.str(), key.second, amount.nano, held[key].nano);
  for (const auto& [key, amount] : held)
    if (!needed.contains(key))
      return fmt::format("{}: {} are held for {}, of which none runs", key.first.str(), amount.nano, key.second);
  return {};
}

Violation RunsMatchStates::operator()(const State& state) const {
  std::int64_t cpu_milli = 0, memory_mib = 0, disks_gib = 0;
  for (const auto& [id, instance] : state.instances) {
    const bool ended = instance->state == InstanceState::kStopped || instance->state == InstanceState::kTerminated;
    if (ended == instance->run.has_value())
      return fmt::format("{}: its state and its run do not go together", id.str());
    if (instance->run && instance->run->generation != instance->generation)
      return fmt::format("{}: the run is not of the newest generation", id.str());
    if (state.with_run.contains(id) != instance->run.has_value())
      return fmt::format("{}: the index of runs is wrong", id.str());
    cpu_milli += instance->run ? instance->run->cpu_milli : 0;
    memory_mib += instance->run ? instance->run->memory_mib : 0;
  }
  for (const auto& [id, disk] : state.disks) disks_gib += occupied_gib(*disk);
  if (cpu_milli != state.used_cpu_milli || memory_mib != state.used_memory_mib || disks_gib != state.disks_gib) return "the sum of used room is wrong";
  return {};
}

Violation DisksBelongToRuns::operator()(const State& state) const {
  for (const auto& id : state.with_run) {
    const auto& instance = *state.find<Instance>(id);
    const auto* root = state.find<Disk>(instance.root_disk);
    if (root && (root->attached != id || (root->deleted && !instance.terminate_wanted)))
      return fmt::format("{}: runs without its root disk", id.str());
    if (instance.home_disk.empty()) continue;
    const auto* home = state.find<Disk>(instance.home_disk);
    if (!home || home->deleted || home->attached != id) return fmt::format("{}: runs without its home", id.str());
  }
  return {};
}

Violation AddressesAreUnique::operator()(const State& state) const {
  std::set<std::string> used;
  std::set<std::pair<InstanceId, std::string>> elastic;
  for (const auto& [id, address] : state.elastic_addresses) {
    if (!used.insert(address->address).second) return fmt::format("{}: {} is used twice", id, address->address);
    elastic.emplace(address->instance, address->address);
  }
  for (const auto& [id, instance] : state.instances)
    for (const auto* address : {&instance->private_address, &instance->public_address}) {
      const bool own_elastic = address == &instance->public_address && elastic.contains({id, *address});
      if (!address->empty() && !own_elastic && !used.insert(*address).second)
        return fmt::format("{}: {} is used twice", id.str(), *address);
    }
  if (used != state.addresses) return "the index of addresses is wrong";
  return {};
}

Violation ElasticAddressesFollowMachines::operator()(const State& state) const {
  std::set<InstanceId> with_one;
  for (const auto& [id, address] : state.elastic_addresses) {
    if (address->instance.empty() != address->association.empty()) return fmt::format("{}: its association is half made", id);
    const auto* machine = state.find<Instance>(address->instance);
    if (address->idle_since.has_value() == (machine && machine->run)) return fmt::format("{}: it costs while its machine runs, or not while none does", id);
    if (address->instance.empty()) continue;
    if (!machine || machine->account != address->account || machine->state == InstanceState::kTerminated)
      return fmt::format("{}: its machine is gone", id);
    if (machine->public_address != address->address) return fmt::format("{}: its machine is at {}", id, machine->public_address);
    if (!with_one.insert(address->instance).second) return fmt::format("{}: its machine has two", id);
  }
  for (const auto& [id, instance] : state.instances)
    if (!instance->run && !instance->public_address.empty() && !with_one.contains(id))
      return fmt::format("{}: does not run, yet is at {}", id.str(), instance->public_address);
  return {};
}

Violation EntriesBalance::add(const Entry& entry) {
  if (entry.number != last_ + 1) return fmt::format("entry {} follows {}", entry.number, last_);
  last_ = entry.number;
  if (entry.amount <= Money{}) return fmt::format("entry {} moves nothing", entry.number);
  if (!keys_.emplace(entry.subject, entry.generation, entry.segment).second)
    return fmt::format("entry {}: {} generation {} segment {} twice", entry.number, entry.subject, entry.generation,
                       entry.segment);
  moved_in_[entry.credit] += entry.amount;
  moved_in_[entry.debit] -= entry.amount;
  return {};
}

Violation EntriesBalance::operator()(const State& state) const {
  for (const auto& [id, grant] : state.grants) {
    const auto at = moved_in_.find("grant:" + id.str());
    const Money moved = at == moved_in_.end() ? Money{} : at->second;
    if (moved != grant->remaining())
      return fmt::format("{}: the entries leave {}, the row {}", id.str(), moved.nano, grant->remaining().nano);
  }
  return {};
}

Violation broken_invariant(const State& state, WallTime now) {
  if (auto broken = NeverOverspent{}(state, now)) return broken;
  if (auto broken = HoldsNameTheirGrants{}(state)) return broken;
  if (auto broken = HoldsCoverTheirLeases{}(state)) return broken;
  if (auto broken = RunsMatchStates{}(state)) return broken;
  if (auto broken = DisksBelongToRuns{}(state)) return broken;
  if (auto broken = AddressesAreUnique{}(state)) return broken;
  return ElasticAddressesFollowMachines{}(state);
}

}  // namespace stipend::domain
