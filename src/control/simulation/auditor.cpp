#include "control/simulation/auditor.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "control/simulation/price_judge.hpp"
#include "ledger/verification.hpp"
#include "store/apply.hpp"

namespace stipend::control {
namespace {

using compute::RunKey;
using domain::EntryKind;
using domain::Violation;
using ledger::Wide;

// How far the server may be off in when a person's stop came: whole seconds at both ends.
constexpr std::int64_t kStopSlackS = 2;
// Free hours are met when the server looks, which knows a run's beginning to some seconds.
constexpr std::int64_t kEdgeSlackS = 10;
// After a disturbance so long leases may not reach as far as the money.
constexpr std::int64_t kDisturbedMs = 75 * 60'000;
// Money that came or was freed so shortly before an end was too late for it.
constexpr std::int64_t kTooLateMs = 60'000;
constexpr std::int64_t kPressMs = 86'400'000 - 60'000;  // a page's key is remembered for a day
constexpr std::int64_t kHaltS = compute::FakeHost::kHaltMs / 1000;

ledger::Plan plan_of(domain::RatePlan plan) { return plan == domain::RatePlan::kPerHour ? ledger::Plan::kPerHour : ledger::Plan::kPerSecond; }
std::string text(const RunKey& key) { return fmt::format("{}/{}", key.instance.view(), key.generation); }

// Of one account, with the indexes that rules read.
domain::State slice(const domain::State& state, const base::AccountId& account) {
  domain::State out;
  const auto copy = [&]<class Row>(const auto& of, std::type_identity<Row>) {
    if (const auto at = of.find(account); at != of.end())
      for (const auto& id : at->second) store::apply(out, store::Put<Row>{state.table<Row>().at(id)});
  };
  if (const auto at = state.accounts.find(account); at != state.accounts.end()) store::apply(out, store::Put<domain::Account>{at->second});
  copy(state.grants_of, std::type_identity<domain::Grant>());
  copy(state.disks_of, std::type_identity<domain::Disk>());
  copy(state.instances_of, std::type_identity<domain::Instance>());
  copy(state.addresses_of, std::type_identity<domain::Address>());
  if (const auto at = state.holds.find(account); at != state.holds.end()) store::apply(out, store::Put<domain::Hold>{at->second});
  return out;
}

Wide set_aside(const domain::State& state, const base::AccountId& account) {
  Wide sum = 0;
  if (const auto* hold = state.find<domain::Hold>(account)) sum += hold->amount.nano;
  if (const auto disks = state.disks_of.find(account); disks != state.disks_of.end())
    for (const auto& disk : disks->second) sum += state.find<domain::Disk>(disk)->reserved.nano;
  if (const auto kept = state.addresses_of.find(account); kept != state.addresses_of.end())
    for (const auto& id : kept->second) sum += state.find<domain::Address>(id)->reserved.nano;
  return sum;
}

}  // namespace

Violation Auditor::post(const domain::Entry& entry, const domain::State& state) {
  if (entry.number != last_entry_ + 1) return fmt::format("entry {} follows {}", entry.number, last_entry_);
  last_entry_ = entry.number;
  ++counts_.entries;
  auto& account = accounts_[entry.account];
  const bool house = entry.debit == "house:unfunded_storage";
  Wide charged = 0;
  switch (entry.kind) {
    case EntryKind::kGrant: account.granted += entry.amount.nano; break;
    case EntryKind::kTakeBack:
    case EntryKind::kExpiry: account.granted -= entry.amount.nano; break;
    case EntryKind::kCharge:
    case EntryKind::kStorage: charged = entry.amount.nano; break;
    case EntryKind::kCorrection: charged = -Wide{entry.amount.nano}; break;
  }
  if (entry.kind == EntryKind::kGrant || entry.kind == EntryKind::kTakeBack || entry.kind == EntryKind::kCorrection)
    account.changed_ms = clock_.monotonic_ms();
  (house ? counts_.unfunded : counts_.charged) += charged;
  if (!house) account.charged += charged;
  const auto at_another = [&](std::int64_t price, const std::string& catalogue) {
    return !catalogue.empty() && (entry.price.nano_per_hour != price || entry.catalogue != catalogue);
  };
  if (entry.kind == EntryKind::kCharge || entry.kind == EntryKind::kCorrection) {
    auto& paid = open_[{*base::InstanceId::parse(entry.subject), entry.generation}];
    paid.charged += charged;
    if (at_another(paid.facts.price, paid.catalogue)) return fmt::format("entry {}: not at the price that {} was started at", entry.number, entry.subject);
  }
  if (entry.kind == EntryKind::kStorage && entry.type == "address") {
    auto& address = addresses_[entry.subject];
    address.charged += charged;
    if (at_another(address.price.nano_per_hour, address.catalogue))
      return fmt::format("entry {}: not at the price that {} was allocated at", entry.number, entry.subject);
  } else if (entry.kind == EntryKind::kStorage) {
    auto& disk = disks_[*base::DiskId::parse(entry.subject)];
    disk.charged += charged;
    if (at_another(disk.price, disk.catalogue)) return fmt::format("entry {}: not at the price that {} was made at", entry.number, entry.subject);
  }
  return grants_.entry(entry, state);
}

Auditor::RunMoney Auditor::money_of(const base::InstanceId& id) const {
  auto at = open_.lower_bound({id, INT64_MAX});
  if (at == open_.begin() || (--at)->first.instance != id) return {};
  return at->second.money;
}

Violation Auditor::run_row(const domain::Instance& row, const domain::State& state) {
  const auto& run = *row.run;
  const RunKey key{row.id, run.generation};
  auto& paid = open_[key];
  paid.account = row.account;
  paid.type = row.type;
  if (paid.committed_ms < 0) paid.committed_ms = clock_.monotonic_ms();
  auto& facts = paid.facts;
  if (paid.catalogue.empty()) {
    if (auto broken = PriceJudge::run(row, state)) return broken;
    paid.catalogue = run.catalogue;
    facts.price = run.price.nano_per_hour;
  } else if (facts.price != run.price.nano_per_hour || paid.catalogue != run.catalogue) {
    return text(key) + ": its price changed";
  }
  facts.plan = plan_of(run.plan);
  facts.held_s = run.held_run_max.count;
  paid.money = {key.generation, run.held_run_max.count, run.lease_run_max.count, run.posted.nano, static_cast<std::int64_t>(row.state)};
  paid.for_credit = run.limit == domain::LeaseLimit::kCredit;
  paid.most_held_s = std::max(paid.most_held_s, facts.held_s);
  facts.seen_s = std::max(facts.seen_s, run.seen_ran.count);
  facts.seen_running = facts.seen_running || run.running_since.has_value();
  if (const auto truth = ran_ms_now(key); run.seen_ran.count * 1000 > truth)
    return fmt::format("{}: the server saw {} s, it ran {} ms", text(key), run.seen_ran.count, truth);
  if (run.charge_until && !facts.asked) {
    facts.asked.emplace();
    // A machine that the server did not know to run yet is pending to the person, and free.
    if (run.running_since) {
      const auto slack = kStopSlackS + late_s_;
      *facts.asked = {ran_ms_now(key), slack, slack};
    } else {
      facts.seen_running = false;
    }
  }
  return {};
}

Violation Auditor::disk_row(const domain::Disk& row, const domain::State& state, base::WallTime now) {
  auto& disk = disks_[row.id];
  if (!std::exchange(disk.known, true))
    if (auto broken = new_disk(row, disk, state, now)) return broken;
  if (row.kind == domain::DiskKind::kSnapshot)
    if (auto broken = snapshot_row(row, disk, state, now)) return broken;
  if (row.price.nano_per_hour != disk.price || row.catalogue != disk.catalogue) return fmt::format("{}: its price changed", row.id.view());
  if (row.deleted && !disk.deleted) {
    if (!in_this_commit(*row.deleted, now)) return fmt::format("{}: deleted at {}, committed between {} and {}", row.id.view(), row.deleted->ms, newest_.ms, now.ms);
    if (!disk.times.empty()) disk.times.back().to_ms = row.deleted->ms;
    disk.deleted = true;
    accounts_[row.account].changed_ms = clock_.monotonic_ms();  // its reserve is free
  } else if (!row.deleted && disk.deleted) {
    if (disk.times.empty()) return fmt::format("{}: it never was whole, and is brought back", row.id.view());
    // What it was before, it is now: how long it was away follows from its new beginning.
    Wide before = 0;
    for (const auto& time : disk.times) before += time.to_ms - time.from_ms;
    const base::WallTime again{row.created.ms + static_cast<std::int64_t>(before)};
    if (!in_this_commit(again, now)) return fmt::format("{}: its age was {} ms, and is {} ms", row.id.view(), static_cast<std::int64_t>(before), row.created.ms_until(now));
    disk.times.push_back({again.ms, INT64_MAX});
    disk.deleted = false;
  }
  return {};
}

Violation Auditor::new_disk(const domain::Disk& row, DiskTrack& disk, const domain::State& state, base::WallTime now) {
  const bool snapshot = row.kind == domain::DiskKind::kSnapshot;
  disk.account = row.account;
  disk.price = row.price.nano_per_hour;
  disk.catalogue = row.catalogue;
  disk.asked = row.created;
  if (auto broken = snapshot ? PriceJudge::snapshot(row, disk.asked, state) : PriceJudge::disk(row, state)) return broken;
  const auto grace_s = state.find<domain::Course>(state.find<domain::Account>(row.account)->course)->grace_s;
  const auto most = snapshot ? PriceJudge::most_of_snapshot(row, state) : disk.price;
  if (!row.deleted && row.reserve_wanted.nano != ledger::reserve(most, grace_s))
    return fmt::format("{}: {} is to be reserved", row.id.view(), row.reserve_wanted.nano);
  if (!in_this_commit(row.created, now)) return fmt::format("{}: made at {}, committed between {} and {}", row.id.view(), row.created.ms, newest_.ms, now.ms);
  if (!snapshot) disk.times.push_back({row.created.ms, INT64_MAX});
  else if (row.snapshot != domain::SnapshotState::kPending) return fmt::format("{}: whole or failed before its host was asked", row.id.view());
  return {};
}

// From pending it becomes whole, or fails, for good.
Violation Auditor::snapshot_row(const domain::Disk& row, DiskTrack& disk, const domain::State& state, base::WallTime now) {
  using enum domain::SnapshotState;
  const bool was_whole = !disk.times.empty();
  if (was_whole ? row.snapshot != kCompleted : disk.failed && row.snapshot != kError) return fmt::format("{}: it was whole or failed before", row.id.view());
  if (row.snapshot == kError && !std::exchange(disk.failed, true)) {
    if (row.reserved.nano != 0 || row.reserve_wanted.nano != 0) return fmt::format("{}: failed, and {} is reserved", row.id.view(), row.reserved.nano);
    accounts_[row.account].changed_ms = clock_.monotonic_ms();
  }
  if (row.snapshot != kCompleted || was_whole) return {};
  if (auto broken = PriceJudge::snapshot(row, disk.asked, state)) return broken;
  if (!in_this_commit(row.created, now)) return fmt::format("{}: whole at {}, committed between {} and {}", row.id.view(), row.created.ms, newest_.ms, now.ms);
  const auto grace_s = state.find<domain::Course>(state.find<domain::Account>(row.account)->course)->grace_s;
  if (!row.deleted && row.reserve_wanted.nano != ledger::reserve(row.price.nano_per_hour, grace_s))
    return fmt::format("{}: {} is to be reserved for what it occupies", row.id.view(), row.reserve_wanted.nano);
  disk.price = row.price.nano_per_hour;
  disk.times.push_back({row.created.ms, INT64_MAX});
  accounts_[row.account].changed_ms = clock_.monotonic_ms();  // what it does not occupy is free
  return {};
}

// Idle times begin in their commit; when one ended its row says to the second alone.
Violation Auditor::address_row(const domain::Address& row, const domain::State& state, base::WallTime now) {
  auto& address = addresses_[row.id];
  if (address.account.empty()) {
    address.account = row.account;
    address.price = row.price;
    address.catalogue = row.catalogue;
    if (auto broken = PriceJudge::address(row, state)) return broken;
    if (row.reserve_wanted.nano != ledger::reserve(row.price.nano_per_hour, 3600)) return fmt::format("{}: {} is to be reserved", row.id, row.reserve_wanted.nano);
    if (!in_this_commit(row.created, now)) return fmt::format("{}: allocated at {}, committed between {} and {}", row.id, row.created.ms, newest_.ms, now.ms);
    accounts_[row.account].changed_ms = clock_.monotonic_ms();
  }
  if (row.price != address.price || row.catalogue != address.catalogue || row.account != address.account) return row.id + ": its price or account changed";
  const auto more_s = row.idle.count - std::exchange(address.idle_s, row.idle.count);
  if (address.is_idle && (!row.idle_since || row.idle_since->ms != address.idle.back().from_ms)) {
    auto& time = address.idle.back();
    time.to_ms = time.from_ms + more_s * 1000;
    if (time.to_ms + 999 < newest_.ms || time.to_ms > now.ms)
      return fmt::format("{}: idle for {} s from {}, until a commit between {} and {}", row.id, more_s, time.from_ms, newest_.ms, now.ms);
    address.is_idle = false;
    accounts_[row.account].changed_ms = clock_.monotonic_ms();  // it costs no more
  } else if (more_s != 0) {
    return fmt::format("{}: {} s of idleness more, and it was not idle", row.id, more_s);
  }
  if (row.idle_since && !std::exchange(address.is_idle, true)) {
    if (!in_this_commit(*row.idle_since, now)) return fmt::format("{}: idle since {}, committed between {} and {}", row.id, row.idle_since->ms, newest_.ms, now.ms);
    address.idle.push_back({row.idle_since->ms, INT64_MAX});
  }
  return {};
}

// Its last idle time ended in this commit.
Violation Auditor::address_gone(const std::string& id, base::WallTime now) {
  const auto at = addresses_.find(id);
  if (at == addresses_.end()) return {};  // came and went in one commit
  auto address = at->second;
  addresses_.erase(at);
  accounts_[address.account].changed_ms = clock_.monotonic_ms();
  const auto bill_to = [&](base::WallTime until) {
    if (address.is_idle) address.idle.back().to_ms = until.ms;
    return ledger::bill_of_address(address.price.nano_per_hour, address.idle);
  };
  const auto least = bill_to(newest_), most = bill_to(now);
  if (address.charged < least || address.charged > most) return fmt::format("{}: charged {}, must be {} to {}", id, address.charged, least, most);
  return {};
}

Violation Auditor::account_at(const base::AccountId& account, const domain::State& state, base::WallTime now) const {
  if (auto broken = domain::broken_invariant(slice(state, account), now)) return broken;
  const auto at = accounts_.find(account);
  if (at == accounts_.end()) return {};
  const auto used = at->second.charged + set_aside(state, account);
  if (used > at->second.granted)
    return fmt::format("{}: {} nano-dollars overspent of {} granted", account.view(), used - at->second.granted, at->second.granted);
  Wide remaining = 0;
  if (const auto grants = state.grants_of.find(account); grants != state.grants_of.end())
    for (const auto& id : grants->second) remaining += state.find<domain::Grant>(id)->remaining().nano;
  if (remaining != at->second.granted - at->second.charged)
    return fmt::format("{}: the entries leave {}, its grants {}", account.view(), at->second.granted - at->second.charged, remaining);
  return {};
}

// "else by the house": when nothing is held for disks, nothing is available, and the disk's own reserve is used.
Violation Auditor::house_paid(const base::AccountId& account, const domain::State& state, base::WallTime now) const {
  const auto left = GrantJudge::left_for({}, account, state, now);
  if (left > 0) return fmt::format("{}: the house pays its disk while {} is available", account.view(), left);
  return {};
}

Violation Auditor::committed(const store::Batch& batch, const domain::State& state, base::WallTime now) {
  std::set<base::InstanceId> machines;
  std::set<base::AccountId> touched, by_house, released;
  std::vector<std::string> gone_addresses;
  for (const auto& change : batch) {
    if (const auto* put = std::get_if<store::Put<domain::Entry>>(&change)) {
      if (auto broken = post(*put->row, state)) return broken;
      touched.insert(put->row->account);
      if (put->row->debit == "house:unfunded_storage") by_house.insert(put->row->account);
    } else if (const auto* instance = std::get_if<store::Put<domain::Instance>>(&change)) {
      machines.insert(instance->row->id);
      const auto before = money_of(instance->row->id);
      if (instance->row->run)
        if (auto broken = run_row(*instance->row, state)) return broken;
      // One that was only seen again changes nothing that an account's checks look at.
      if (before != money_of(instance->row->id) || !instance->row->run) touched.insert(instance->row->account);
    } else if (const auto* disk = std::get_if<store::Put<domain::Disk>>(&change)) {
      touched.insert(disk->row->account);
      if (auto broken = disk_row(*disk->row, state, now)) return broken;
    } else if (const auto* hold = std::get_if<store::Put<domain::Hold>>(&change)) {
      touched.insert(hold->row->account);
      released.insert(hold->row->account);
    } else if (const auto* grant = std::get_if<store::Put<domain::Grant>>(&change)) {
      touched.insert(grant->row->account);
    } else if (const auto* erased = std::get_if<store::Erase<domain::Disk>>(&change)) {
      if (!disks_[erased->key].deleted) return fmt::format("{}: its row is gone, and it was not deleted", erased->key.view());
    } else if (const auto* address = std::get_if<store::Put<domain::Address>>(&change)) {
      touched.insert(address->row->account);
      if (auto broken = address_row(*address->row, state, now)) return broken;
    } else if (const auto* gone = std::get_if<store::Erase<domain::Address>>(&change)) {
      if (const auto known = addresses_.find(gone->key); known != addresses_.end()) touched.insert(known->second.account);
      gone_addresses.push_back(gone->key);  // its last entry may follow
    }
  }
  for (const auto& id : gone_addresses)
    if (auto broken = address_gone(id, now)) return broken;
  const auto before = std::exchange(newest_, now);
  for (const auto& account : touched)
    if (auto broken = account_at(account, state, now)) return broken;
  std::vector<Paid> over;
  for (const auto& id : machines) {
    const auto* row = state.find<domain::Instance>(id);
    for (auto at = open_.lower_bound({id, 0}); at != open_.end() && at->first.instance == id;) {
      if (row != nullptr && row->run && row->run->generation == at->first.generation) {
        ++at;
        continue;
      }
      if (auto broken = settled(at->first, at->second, state)) return broken;
      accounts_[at->second.account].freed_ms = clock_.monotonic_ms();
      over.push_back(std::move(at->second));
      at = open_.erase(at);
    }
  }
  for (const auto& paid : over)
    if (accounts_.at(paid.account).given_back_ms == clock_.monotonic_ms())
      if (auto broken = stranded(paid, state, now)) return broken;
  for (const auto& account : by_house) {
    // What was freed after it, in this commit, was not there for it.
    if (released.contains(account) || accounts_.at(account).changed_ms == clock_.monotonic_ms()) continue;
    if (auto broken = house_paid(account, state, now)) return broken;
  }
  if (auto broken = grants(touched, released, state, before, now)) return broken;
  return queue(batch, state, now);
}

Violation Auditor::grants(const std::set<base::AccountId>& touched, const std::set<base::AccountId>& held, const domain::State& state,
                          base::WallTime before, base::WallTime now) {
  const auto ms = clock_.monotonic_ms();
  for (const auto& account : touched) {
    if (auto broken = grants_.account(account, state, before)) return broken;
    const auto& track = accounts_[account];
    if (!held.contains(account) || is_disturbed() || ms - std::max(track.changed_ms, track.freed_ms) < kTooLateMs) continue;
    if (auto broken = grants_.order(account, state, now)) return broken;
  }
  return {};
}

// The course's free hours in the run's own time, as long as the wall clock has not jumped.
std::vector<ledger::Existence> Auditor::free_hours_of(const compute::FakeHost::Measured& run, const base::AccountId& account,
                                                      const domain::State& state) const {
  const auto& policy = state.find<domain::Course>(state.find<domain::Account>(account)->course)->policy;
  const auto began = clock_.wall().ms - (clock_.monotonic_ms() - run.started_ms);
  auto windows = policy.free;
  std::ranges::sort(windows, {}, [](const domain::Window& one) { return one.from; });
  std::vector<ledger::Existence> out;
  for (const auto& window : windows) {
    const ledger::Existence one{window.from.ms - began, window.to.ms - began};
    if (one.to_ms <= 0 || one.from_ms >= run.ran_ms) continue;
    if (!out.empty() && one.from_ms <= out.back().to_ms) out.back().to_ms = std::max(out.back().to_ms, one.to_ms);
    else out.push_back(one);
  }
  return out;
}

Violation Auditor::settled(const RunKey& key, Paid& paid, const domain::State& state) {
  const auto measured = host_.measured(key);
  const auto truth = measured.value_or(compute::FakeHost::Measured{});
  auto& facts = paid.facts;
  if (truth.running) return fmt::format("{} of {}: settled while it runs", text(key), paid.account.view());
  if (truth.ran_ms > paid.most_held_s * 1000) return fmt::format("{}: ran {} ms, {} s were held", text(key), truth.ran_ms, paid.most_held_s);
  facts.ran_ms = truth.ran_ms;
  paid.lease_s = truth.lease.count;
  facts.broken = !truth.known_to_end || truth.cause == compute::Cause::kFault;
  facts.record_s = truth.known_ran_ms / 1000;
  facts.start_failed = !measured || (truth.cause == compute::Cause::kStartFailed && truth.ran_ms == 0);
  const bool unseen = !facts.seen_running;
  // Told by its last report alone, after some seconds: a start all the same.
  if (!facts.seen_running && !facts.asked && truth.ran_ms / 1000 > 0) facts.seen_running = true;
  facts.free = free_hours_of(truth, paid.account, state);
  if (!facts.free.empty()) facts.edge_s = kEdgeSlackS + late_s_;
  // What was promised free at the commit of a start stays free, however late it came through.
  if (!facts.free.empty() && facts.free.front().from_ms <= 0) facts.edge_s += std::max<std::int64_t>(0, truth.started_ms - paid.committed_ms) / 1000;
  auto bill = bill_of(facts);
  // When free hours were in it is then not known: it may have been sent long after its commit.
  if ((jumped_ && (facts.asked || !state.find<domain::Course>(state.find<domain::Account>(paid.account)->course)->policy.free.empty())) || (unseen && !facts.free.empty())) bill = {0, bill_of([&] {
                                           auto whole = facts;
                                           whole.asked.reset();
                                           whole.free.clear();
                                           whole.seen_running = true;
                                           return whole;
                                         }()).most};
  // A shorter lease may have been confirmed in this very commit: then its hold was that.
  if (auto shorter = facts; paid.money[2] < facts.held_s) {
    shorter.held_s = paid.money[2];
    bill.least = std::min(bill.least, bill_of(shorter).least);
  }
  ++counts_.settled;
  counts_.exact += bill.is_exact();
  std::string hours;
  for (const auto& one : facts.free) hours += fmt::format(", free from {} to {} s", one.from_ms / 1000, one.to_ms / 1000);
  if (!bill.holds(paid.charged))
    return fmt::format("{} of {}: charged {}, must be {} to {} (ran {} ms, record {} s, seen {} s, held {} s, cause {}, known {}, asked at {} ms, plan {}, price {}{})",
                       text(key), paid.account.view(), paid.charged, bill.least, bill.most, truth.ran_ms, facts.record_s, facts.seen_s, facts.held_s,
                       static_cast<int>(truth.cause), truth.known_to_end, facts.asked ? facts.asked->ran_ms : -1, static_cast<int>(facts.plan), facts.price, hours);
  if (truth.cause == compute::Cause::kCredit && !truth.forced && paid.for_credit && !facts.asked && !facts.broken) return ended_for_credit(paid);
  accounts_[paid.account].changed_ms = clock_.monotonic_ms();
  return {};
}

// A halt that takes less than it may gives the rest of its seconds back, but not more.
Violation Auditor::ended_for_credit(const Paid& paid) {
  auto& track = accounts_[paid.account];
  const auto now = clock_.monotonic_ms();
  const auto ran_s = paid.facts.ran_ms / 1000, back_s = paid.lease_s - ran_s;
  if (back_s > kHaltS && now - track.changed_ms >= kTooLateMs && !is_disturbed())
    return fmt::format("{}: stopped for its credit after {} s of {} s that were paid", paid.account.view(), ran_s, paid.lease_s);
  if (now - track.given_back_ms >= kTooLateMs) track.given_back = track.given_back_s = 0;
  track.given_back_ms = now;
  track.given_back_s = std::max(track.given_back_s, back_s);
  track.given_back += ledger::run_cost(paid.facts.plan, paid.facts.price, paid.lease_s) - ledger::run_cost(paid.facts.plan, paid.facts.price, ran_s);
  return {};
}

bool Auditor::is_disturbed() const { return clock_.monotonic_ms() - std::max(disturbed_ms_, host_.lost_at_ms()) < kDisturbedMs; }

Violation Auditor::stranded(const Paid& paid, const domain::State& state, base::WallTime now) {
  const auto& track = accounts_.at(paid.account);
  if (is_disturbed() || clock_.monotonic_ms() - track.changed_ms < kTooLateMs) return {};
  for (const auto& id : state.instances_of.at(paid.account))
    if (state.with_run.contains(id)) return {};  // not the last one
  ++counts_.credit_ends;
  const std::int64_t unit_s = paid.facts.plan == ledger::Plan::kPerHour ? 3600 : 1;
  Wide disks_need = 0, given_back = track.given_back;
  if (const auto disks = state.disks_of.find(paid.account); disks != state.disks_of.end())
    // A second more of each: its age and the run count whole seconds apart. And all are rounded up together.
    for (const auto& id : disks->second)
      if (const auto& disk = *state.find<domain::Disk>(id); !disk.deleted) {
        disks_need += ledger::disk_cost(disk.price.nano_per_hour, unit_s + 1) + 2;
        given_back += ledger::disk_cost(disk.price.nano_per_hour, track.given_back_s);
      }
  if (const auto kept = state.addresses_of.find(paid.account); kept != state.addresses_of.end())
    for (const auto& id : kept->second)
      if (const auto& address = *state.find<domain::Address>(id); address.idle_since) {
        disks_need += ledger::disk_cost(address.price.nano_per_hour, unit_s + 1) + 2;
        given_back += ledger::disk_cost(address.price.nano_per_hour, track.given_back_s);
      }
  // Its type's own grants pay for the run, and those for everything for the disks too.
  const auto smallest = ledger::next_unit_cost(paid.facts.plan, paid.facts.price) + disks_need;
  const auto available = GrantJudge::left_for(paid.type, paid.account, state, now);
  if (available - given_back >= smallest && GrantJudge::left_for({}, paid.account, state, now) - given_back >= disks_need)
    return fmt::format("{}: stopped for its credit with {} available, {} of them from the last {} s of its lease; the next {} costs {}",
                       paid.account.view(), available, given_back, track.given_back_s, unit_s == 1 ? "second" : "hour", smallest);
  return {};
}

Violation Auditor::queue(const store::Batch& batch, const domain::State& state, base::WallTime now) {
  std::set<std::string> erased, left;
  std::map<std::string, const domain::Instance*> begun;  // by account and key, and by id
  for (const auto& change : batch) {
    if (const auto* put = std::get_if<store::Put<domain::QueuePlace>>(&change)) waiting_[put->row->id] = *put->row;
    if (const auto* erase = std::get_if<store::Erase<domain::QueuePlace>>(&change)) erased.insert(erase->key);
    if (const auto* audit = std::get_if<store::Put<domain::Audit>>(&change)) {
      if (audit->row->action == "leave-queue") left.insert(audit->row->target);
      counts_.turns += audit->row->via == "queue" && (audit->row->action == "start" || audit->row->action == "launch");
    }
    const auto* put = std::get_if<store::Put<domain::Instance>>(&change);
    if (put == nullptr) continue;
    const auto& row = *put->row;
    begun[row.id.str()] = &row;
    if (row.client_token.empty()) continue;
    const auto key = row.account.str() + "/" + row.client_token;
    begun[key] = &row;
    auto& made = made_for_[key];
    if (!made.machines.insert(row.id).second) continue;  // it is there already
    if (made.machines.size() > 1 && made.newest.ms_until(now) < kPressMs)
      return fmt::format("{}: {} was made for a press that had made one {} s before", key, row.id.view(), made.newest.ms_until(now) / 1000);
    made.newest = now;
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
    if (!runs && hold && hold->amount > base::Money{}) return fmt::format("{}: {} held while it only waits", place.account.str(), hold->amount.nano);
  }
  return {};
}

std::int64_t Auditor::ran_ms_now(const RunKey& key) const {
  const auto truth = host_.measured(key);
  return truth ? truth->ran_ms : 0;
}

Violation Auditor::all(const domain::State& state, base::WallTime now) const {
  if (auto broken = domain::broken_invariant(state, now)) return broken;
  for (const auto& [account, row] : state.accounts)
    if (auto broken = account_at(account, state, now)) return broken;
  if (!is_disturbed())
    if (auto broken = grants_.overdue(state, now)) return broken;
  return machines(state);
}

Violation Auditor::machines(const domain::State& state) const {
  const auto host = host_.room();
  const auto in_use = host_.in_use();
  if (in_use.cpu_milli > host.cpus * 1000 || in_use.memory_mib > host.memory_mib)
    return fmt::format("{} machines with {} thousandths of a CPU and {} MiB run on a host with {} CPUs and {} MiB", in_use.machines,
                       in_use.cpu_milli, in_use.memory_mib, host.cpus, host.memory_mib);
  if (state.used_cpu_milli > host.cpus * 1000 || state.used_memory_mib > host.memory_mib)
    return fmt::format("{} thousandths of a CPU and {} MiB are promised on a host with {} CPUs and {} MiB", state.used_cpu_milli,
                       state.used_memory_mib, host.cpus, host.memory_mib);
  for (const auto& [key, truth] : host_.live()) {
    const auto* row = state.find<domain::Instance>(key.instance);
    const bool has_run = row != nullptr && row->run && row->run->generation == key.generation;
    if (truth.running && !has_run) return text(key) + ": runs, but is settled";
    if (!has_run) continue;
    const auto paid = open_.find(key);
    if (paid == open_.end()) return text(key) + ": has a run that was never committed";
    if (truth.longest_lease.count > paid->second.most_held_s)
      return fmt::format("{}: was allowed {} s, {} s were held", text(key), truth.longest_lease.count, paid->second.most_held_s);
    if (truth.running && truth.ran_ms > truth.longest_lease.count * 1000)
      return fmt::format("{}: runs past its lease: {} ms of {} s", text(key), truth.ran_ms, truth.longest_lease.count);
  }
  return {};
}

Violation Auditor::at_rest(const domain::State& state, const std::vector<domain::Entry>& entries, const std::vector<domain::UsageDay>& usage,
                           base::WallTime now) const {
  if (auto broken = all(state, now)) return broken;
  for (const auto& [key, paid] : open_) return text(key) + ": never settled";
  for (const auto& [id, disk] : disks_) {
    const auto* row = state.find<domain::Disk>(id);
    auto times = disk.times;
    if (!disk.deleted && !row) return fmt::format("{}: its row is gone, and it was not deleted", id.view());
    if (!disk.deleted && !times.empty()) times.back().to_ms = row->posted_at.ms;
    if (times.empty() && !disk.deleted && !disk.failed) return fmt::format("{}: neither whole nor failed", id.view());
    const auto bill = ledger::bill_of_disk(disk.price, times);
    if (disk.charged != bill) return fmt::format("{}: charged {}, must be {}", id.view(), disk.charged, bill);
  }
  for (const auto& [id, address] : addresses_) {
    const auto* row = state.find<domain::Address>(id);
    if (!row) return id + ": its row is gone, and it was not released";
    auto idle = address.idle;
    if (address.is_idle) idle.back().to_ms = std::max(idle.back().from_ms, row->posted_at.ms);
    if (const auto bill = ledger::bill_of_address(address.price.nano_per_hour, idle); address.charged != bill)
      return fmt::format("{}: charged {}, must be {}", id, address.charged, bill);
  }
  ledger::Rows rows{.state = state, .now = now, .with_usage = true};
  for (const auto& [id, course] : state.courses)
    if (!course->policy.free.empty()) rows.with_policy.insert(id);
  ledger::Verification verification(rows, ledger::InMemory{state.last_entry, state.last_chain, {}});
  for (const auto& entry : entries) verification.add(entry);
  for (const auto& day : usage) verification.add_usage(day);
  for (const auto& verdict : verification.end({}))
    if (!verdict.ok()) return fmt::format("ledger verify, {}: {}", verdict.name, verdict.findings.front());
  return {};
}

}  // namespace stipend::control
