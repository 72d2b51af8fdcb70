#include "control/simulation/auditor.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace stipend::control {
namespace {

using base::Money;
using compute::RunKey;
using domain::EntryKind;
using domain::Violation;

constexpr std::int64_t kHourS = 3600;
// How far the server may be off in when a person's stop came: whole seconds at both ends, and late reports.
constexpr std::int64_t kStopSlackS = 8;

// The model's own arithmetic, without the rules' code.
std::int64_t nano(base::Price price, std::int64_t seconds) {
  return static_cast<std::int64_t>(static_cast<__int128>(price.nano_per_hour) * seconds / kHourS);
}
std::int64_t by_plan(domain::RatePlan plan, base::Price price, std::int64_t seconds) {
  if (seconds <= 0) return 0;
  if (plan == domain::RatePlan::kPerHour) return price.nano_per_hour * ((seconds + kHourS - 1) / kHourS);
  return nano(price, std::max<std::int64_t>(seconds, 60));
}

}  // namespace

Violation Auditor::post(const domain::Entry& entry) {
  if (auto broken = balance_.add(entry)) return broken;
  const auto grant_in = entry.credit.starts_with("grant:"), grant_out = entry.debit.starts_with("grant:");
  switch (entry.kind) {
    case EntryKind::kGrant: granted_[entry.account] += entry.amount; break;
    case EntryKind::kTakeBack:
    case EntryKind::kExpiry: granted_[entry.account] -= entry.amount; break;
    default:
      if (grant_out) charged_[entry.account] += entry.amount, charged_in_all_ += entry.amount;
      if (grant_in) charged_[entry.account] -= entry.amount, charged_in_all_ -= entry.amount;
  }
  if (entry.generation > 0 && entry.subject.starts_with("i-")) {
    auto& charged = open_[{*base::InstanceId::parse(entry.subject), entry.generation}].charged;
    if (grant_out) charged += entry.amount;
    if (grant_in) charged -= entry.amount;
  }
  return {};
}

Violation Auditor::committed(const store::Batch& batch, const domain::State& state, base::WallTime now) {
  std::set<base::InstanceId> touched;
  for (const auto& change : batch) {
    if (const auto* entry = std::get_if<store::Put<domain::Entry>>(&change))
      if (auto broken = post(*entry->row)) return broken;
    const auto* put = std::get_if<store::Put<domain::Instance>>(&change);
    if (put == nullptr) continue;
    touched.insert(put->row->id);
    if (!put->row->run) continue;
    const auto& run = *put->row->run;
    auto& paid = open_[{put->row->id, run.generation}];
    paid.price = run.price;
    paid.plan = run.plan;
    paid.held = std::max(paid.held, run.held_run_max);
    // A machine that the server did not know to run yet is pending to the person, and free.
    if (run.charge_until && !paid.stopped_at_ms)
      paid.stopped_at_ms = run.running_since ? ran_ms_now({put->row->id, run.generation}) : 0;
  }
  for (const auto& id : touched) {
    const auto* row = state.find<domain::Instance>(id);
    for (auto at = open_.lower_bound({id, 0}); at != open_.end() && at->first.instance == id;) {
      if (row != nullptr && row->run && row->run->generation == at->first.generation) {
        ++at;
        continue;
      }
      if (auto broken = settled(at->first, at->second)) return broken;
      ++settled_;
      at = open_.erase(at);
    }
  }
  if (auto broken = domain::broken_invariant(state, now)) return broken;
  if (auto broken = balance_(state)) return broken;
  if (auto broken = queue(batch, state)) return broken;
  for (const auto& [account, granted] : granted_) {
    Money used = charged_[account];
    if (const auto* hold = state.find<domain::Hold>(account)) used += hold->amount;
    if (const auto disks = state.disks_of.find(account); disks != state.disks_of.end())
      for (const auto& disk : disks->second) used += state.find<domain::Disk>(disk)->reserved;
    if (used > granted)
      return fmt::format("{}: {} used of {} granted", account.str(), used.nano, granted.nano);
  }
  return {};
}

Violation Auditor::queue(const store::Batch& batch, const domain::State& state) {
  std::set<std::string> erased, left;
  std::map<std::string, const domain::Instance*> begun;  // by account and key, and by id
  for (const auto& change : batch) {
    if (const auto* put = std::get_if<store::Put<domain::QueuePlace>>(&change)) waiting_[put->row->id] = *put->row;
    if (const auto* erase = std::get_if<store::Erase<domain::QueuePlace>>(&change)) erased.insert(erase->key);
    if (const auto* audit = std::get_if<store::Put<domain::Audit>>(&change)) {
      if (audit->row->action == "leave-queue") left.insert(audit->row->target);
      turns_ += audit->row->via == "queue" && (audit->row->action == "start" || audit->row->action == "launch");
    }
    const auto* put = std::get_if<store::Put<domain::Instance>>(&change);
    if (put == nullptr) continue;
    const auto& row = *put->row;
    begun[row.id.str()] = &row;
    if (row.client_token.empty()) continue;
    const auto key = row.account.str() + "/" + row.client_token;
    begun[key] = &row;
    if (const auto [at, first] = made_for_.emplace(key, row.id); !first && at->second != row.id)
      return fmt::format("{}: {} and {} were made for one press", key, at->second.str(), row.id.str());
  }
  for (const auto& id : erased) {
    const auto place = waiting_.find(id);
    if (place == waiting_.end()) continue;  // came and went in one commit
    const auto& row = place->second;
    const auto name = row.instance.empty() ? row.account.str() + "/" + row.token : row.instance.str();
    if (!begun.contains(name) && !left.contains(row.instance.empty() ? id : row.instance.str())) return id + ": its place is lost";
    waiting_.erase(place);
  }
  for (const auto& [id, place] : waiting_) {
    if (!state.find<domain::QueuePlace>(id)) return id + ": its place is lost";
    const auto of = state.instances_of.find(place.account);
    const bool runs = of != state.instances_of.end() && std::ranges::any_of(of->second, [&](const auto& one) { return state.with_run.contains(one); });
    const auto* hold = state.find<domain::Hold>(place.account);
    if (!runs && hold && hold->amount > Money{}) return fmt::format("{}: {} held while it only waits", place.account.str(), hold->amount.nano);
  }
  return {};
}

std::int64_t Auditor::ran_ms_now(const RunKey& key) const {
  const auto truth = host_.measured(key);
  return truth ? truth->ran_ms : 0;
}

Violation Auditor::settled(const RunKey& key, const Paid& paid) const {
  const auto measured = host_.measured(key);
  const auto truth = measured.value_or(compute::FakeHost::Measured{});
  const auto who = fmt::format("{}/{}", key.instance.str(), key.generation);
  if (truth.running) return who + ": settled while it runs";
  const auto ran_s = truth.ran_ms / 1000;
  if (truth.ran_ms > paid.held.count * 1000)
    return fmt::format("{}: ran {} ms, {} s were held", who, truth.ran_ms, paid.held.count);
  // The most and the least it may cost.
  const bool broken = !truth.known_to_end || truth.cause == compute::Cause::kFault;
  std::int64_t most = by_plan(paid.plan, paid.price, std::max<std::int64_t>(ran_s, 1)), least = most;
  if (ran_s == 0) least = 0;  // perhaps never seen running
  if (broken) {
    most = nano(paid.price, ran_s);
    least = nano(paid.price, truth.known_ran_ms / 1000);
  }
  if (truth.cause == compute::Cause::kStartFailed && ran_s == 0) most = 0;
  if (!measured) most = least = 0;
  if (paid.stopped_at_ms) {
    const auto asked_s = *paid.stopped_at_ms / 1000;
    if (!jumped_) most = std::min(most, by_plan(paid.plan, paid.price, asked_s + kStopSlackS));
    least = jumped_ ? 0 : std::min(least, by_plan(paid.plan, paid.price, asked_s - kStopSlackS));
    if (broken) least = std::min(least, nano(paid.price, std::max<std::int64_t>(asked_s - kStopSlackS, 0)));
  }
  if (paid.charged.nano > most || paid.charged.nano < least)
    return fmt::format(
        "{}: charged {}, must be {}..{} (ran {} ms, cause {}, known {}, asked at {} ms, plan {})", who,
        paid.charged.nano, least, most, truth.ran_ms, static_cast<int>(truth.cause), truth.known_to_end,
        paid.stopped_at_ms.value_or(-1), static_cast<int>(paid.plan));
  return {};
}

Violation Auditor::machines(const domain::State& state) const {
  const auto host = host_.room();
  const auto in_use = host_.in_use();
  if (in_use.cpu_milli > host.cpus * 1000 || in_use.memory_mib > host.memory_mib)
    return fmt::format("{} machines with {} thousandths of a CPU and {} MiB run on a host with {} CPUs and {} MiB", in_use.machines,
                       in_use.cpu_milli, in_use.memory_mib, host.cpus, host.memory_mib);
  std::int64_t cpu_milli = 0, memory_mib = 0;
  for (const auto& [id, row] : state.instances) {
    if (!row->run) continue;
    cpu_milli += row->run->cpu_milli;
    memory_mib += row->run->memory_mib;
  }
  if (cpu_milli > host.cpus * 1000 || memory_mib > host.memory_mib)
    return fmt::format("{} thousandths of a CPU and {} MiB are promised on a host with {} CPUs and {} MiB", cpu_milli, memory_mib, host.cpus,
                       host.memory_mib);
  for (const auto& [key, truth] : host_.live()) {
    const auto* row = state.find<domain::Instance>(key.instance);
    const bool has_run = row != nullptr && row->run && row->run->generation == key.generation;
    const auto who = fmt::format("{}/{}", key.instance.str(), key.generation);
    if (truth.running && !has_run) return who + ": runs, but is settled";
    if (!has_run) continue;
    const auto paid = open_.find(key);
    if (paid == open_.end()) return who + ": has a run that was never committed";
    if (truth.longest_lease > paid->second.held)
      return fmt::format("{}: was allowed {} s, {} s were held", who, truth.longest_lease.count,
                         paid->second.held.count);
    if (truth.running && truth.ran_ms > truth.longest_lease.count * 1000)
      return fmt::format("{}: runs past its lease: {} ms of {} s", who, truth.ran_ms,
                         truth.longest_lease.count);
  }
  return {};
}

}  // namespace stipend::control
