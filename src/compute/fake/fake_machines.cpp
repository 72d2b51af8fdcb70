// What the fake host's machines do by themselves: run, warn, halt and end by their leases, or fail.
#include <algorithm>

#include "compute/fake/fake_host.hpp"

namespace stipend::compute {

std::int64_t FakeHost::next_of(const Machine& machine) const {
  auto next = machine.report_at_ms;
  if (machine.phase == Phase::kStarting) return std::min(next, machine.phase_ms + options_.prepare_ms);
  if (machine.phase == Phase::kEnded) return next;
  const auto lease_end = lease_end_ms(machine);
  next = std::min(next, lease_end);
  if (machine.halting) return std::min(next, machine.halt_at_ms + std::min(options_.halt_ms, kHaltMs));
  if (machine.stop_ms)
    next = std::min(next, machine.halt_at_ms);
  else if (machine.phase == Phase::kRunning)
    next = std::min(next, lease_end - kHookMs - kHaltMs);
  return std::min(next, lease_end - kHaltMs);
}

void FakeHost::step(const RunKey& key, Machine& machine, std::int64_t now) {
  if (machine.phase == Phase::kStarting && now >= machine.phase_ms + options_.prepare_ms) {
    machine.phase = Phase::kRunning;
    machine.started_ms = machine.phase_ms = now;
    return report(key, machine);
  }
  if (machine.phase == Phase::kRunning || machine.phase == Phase::kStopping) {
    const auto lease_end = lease_end_ms(machine);
    if (now >= lease_end) {
      machine.halted_by_us = true;
      return end(key, machine, now, machine.stop_ms ? machine.cause : Cause::kCredit);
    }
    if (machine.halting && now >= machine.halt_at_ms + std::min(options_.halt_ms, kHaltMs))
      return end(key, machine, now, machine.cause);
    if (!machine.halting && ((machine.stop_ms && now >= machine.halt_at_ms) || now >= lease_end - kHaltMs)) {
      if (!machine.stop_ms) machine.cause = Cause::kCredit;
      machine.phase = Phase::kStopping;
      machine.halting = machine.halted_by_us = true;
      machine.halt_at_ms = now;
      return report(key, machine);
    }
    if (machine.phase == Phase::kRunning && now >= lease_end - kHookMs - kHaltMs) {
      machine.phase = Phase::kStopping;
      machine.phase_ms = now;
      machine.cause = Cause::kCredit;
      return report(key, machine);
    }
  }
  machine.report_at_ms = now + options_.report_every_ms;
  report(key, machine);
}

void FakeHost::end(const RunKey& key, Machine& machine, std::int64_t at_ms, Cause cause, bool known_to_end) {
  auto& truth = measured_[key];
  truth.longest_lease = std::max(truth.longest_lease, machine.lease.run_max);
  truth.lease = machine.lease.run_max;
  if (machine.phase == Phase::kRunning || machine.phase == Phase::kStopping)
    truth.ran_ms = at_ms - machine.started_ms, truth.started_ms = machine.started_ms;
  machine.known_to_end = known_to_end;
  machine.ended_ran_ms = known_to_end ? truth.ran_ms : truth.ran_ms - truth.ran_ms % options_.record_every_ms;
  machine.phase = Phase::kEnded;
  machine.cause = truth.cause = cause;
  truth.known_ran_ms = machine.ended_ran_ms;
  truth.known_to_end = known_to_end;
  machine.report_at_ms = at_ms + options_.report_every_ms;
  auto& tombstone = tombstones_[key.instance];
  tombstone = std::max(tombstone, key.generation);
  report(key, machine);
}

// Its enforcer is gone and the machine with it: only the last record says how long it ran.
void FakeHost::vanish(const RunKey& key, Machine& machine) {
  auto at = now_ms();
  if (machine.phase == Phase::kRunning || machine.phase == Phase::kStopping)
    at = std::min(at, lease_end_ms(machine));
  end(key, machine, at, Cause::kFault, false);
}

FakeHost::Machine* FakeHost::find_live(const base::InstanceId& instance, RunKey* key) {
  for (auto at = machines_.lower_bound({instance, 0});
       at != machines_.end() && at->first.instance == instance; ++at) {
    if (at->second.phase == Phase::kEnded) continue;
    *key = at->first;
    return &at->second;
  }
  return nullptr;
}

void FakeHost::guest_shutdown(const base::InstanceId& instance) {
  const std::lock_guard lock(guard_);
  RunKey key;
  auto* machine = find_live(instance, &key);
  if (machine == nullptr || machine->halting || machine->phase == Phase::kStarting) return;
  end(key, *machine, std::min(now_ms(), lease_end_ms(*machine)), Cause::kGuest);
}

void FakeHost::kill_supervisor(const base::InstanceId& instance) {
  const std::lock_guard lock(guard_);
  RunKey key;
  if (auto* machine = find_live(instance, &key)) vanish(key, *machine);
}

void FakeHost::reboot_host() {
  const std::lock_guard lock(guard_);
  mail_.clear();
  boot_id_ = base::random_hex(random_, 32);
  for (auto& [key, machine] : machines_)
    if (machine.phase != Phase::kEnded) vanish(key, machine);
  sink_ = nullptr;  // the server's connection is gone with it
  ++connection_;
}

FakeHost::Measured FakeHost::measure(const RunKey& key, const Machine& machine) const {
  const auto over = measured_.find(key);
  auto truth = over == measured_.end() ? Measured{} : over->second;
  if (machine.phase == Phase::kEnded) return truth;
  truth.longest_lease = std::max(truth.longest_lease, machine.lease.run_max);
  truth.lease = machine.lease.run_max;
  truth.running = machine.phase != Phase::kStarting;
  if (truth.running) truth.ran_ms = clock_.monotonic_ms() - machine.started_ms;
  return truth;
}

std::optional<FakeHost::Measured> FakeHost::measured(const RunKey& key) const {
  const std::lock_guard lock(guard_);
  if (const auto at = machines_.find(key); at != machines_.end()) return measure(key, at->second);
  const auto over = measured_.find(key);
  return over == measured_.end() ? std::nullopt : std::optional(over->second);
}

std::map<RunKey, FakeHost::Measured> FakeHost::live() const {
  const std::lock_guard lock(guard_);
  std::map<RunKey, Measured> out;
  for (const auto& [key, machine] : machines_)
    if (machine.phase != Phase::kEnded) out.emplace(key, measure(key, machine));
  return out;
}

FakeHost::InUse FakeHost::in_use() const {
  const std::lock_guard lock(guard_);
  InUse sum;
  for (const auto& [key, machine] : machines_) {
    if (machine.phase == Phase::kEnded) continue;
    ++sum.machines;
    sum.cpu_milli += machine.spec.size.cpu_milli;
    sum.memory_mib += machine.spec.size.memory_mib;
  }
  return sum;
}

std::int64_t FakeHost::lost_at_ms() const {
  const std::lock_guard lock(guard_);
  return lost_at_ms_;
}

std::vector<RunKey> FakeHost::unacknowledged() const {
  const std::lock_guard lock(guard_);
  std::vector<RunKey> out;
  for (const auto& [key, machine] : machines_)
    if (machine.phase == Phase::kEnded) out.push_back(key);
  return out;
}

std::set<base::DiskId> FakeHost::disks() const {
  const std::lock_guard lock(guard_);
  return disks_;
}

}  // namespace stipend::compute
