// Properties that hold for any sequence of commands, reports, losses, faults and clock jumps. Every command checks
// all invariants of domain/invariants.hpp (Table does); here are those that need the truth of a host.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "control/commands/accounts.hpp"
#include "control/commands/renewals.hpp"
#include "control/commands/reports.hpp"
#include "control/testing/kept.hpp"
#include "domain/charge.hpp"
#include "domain/costs.hpp"
#include "domain/figures.hpp"
#include "domain/lease.hpp"

namespace stipend::control {
namespace {

using compute::Phase;
using compute::Report;
using compute::RunKey;
using domain::InstanceState;

// What a host would have done: runs that end at their lease whatever the server does.
class ModelHost {
 public:
  struct Run {
    compute::Lease lease;
    std::int64_t longest = 0, began_ms = 0, ended_ms = -1;
    compute::Cause cause = compute::Cause::kNone;
    bool known_to_end = true, asked_to_stop = false;
    std::int64_t unrecorded_ms = 0;  // ran on after the newest record
    std::int64_t ran_s(std::int64_t now) const { return ((ended_ms < 0 ? now : ended_ms) - began_ms) / 1000; }
  };

  void apply(const Effect& effect) {
    if (const auto* start = std::get_if<StartEffect>(&effect)) {
      if (runs.contains(start->spec.key)) return;
      Run run;
      run.lease = start->spec.lease;
      run.longest = run.lease.run_max.count;
      run.began_ms = mono_ms;
      runs.emplace(start->spec.key, run);
    } else if (const auto* renew = std::get_if<RenewEffect>(&effect)) {
      const auto at = runs.find(renew->key);
      if (at == runs.end() || at->second.ended_ms >= 0 || renew->lease.seq <= at->second.lease.seq) return;
      at->second.lease = renew->lease;
      at->second.longest = std::max(at->second.longest, renew->lease.run_max.count);
      // A lease that lies in the past ends the run now: what ran has run.
      if (at->second.ran_s(mono_ms) >= renew->lease.run_max.count) end(at->second, mono_ms, compute::Cause::kCredit);
    } else if (const auto* stop = std::get_if<StopEffect>(&effect)) {
      const auto at = runs.find(stop->key);
      if (at == runs.end()) {
        Run never;
        never.began_ms = never.ended_ms = mono_ms;
        never.cause = stop->wish.cause;
        runs.emplace(stop->key, never);
      } else if (at->second.ended_ms < 0) {
        at->second.asked_to_stop = true;
        end(at->second, mono_ms, stop->wish.cause);
      }
    }
  }
  void advance(std::int64_t ms) {
    mono_ms += ms;
    for (auto& [key, run] : runs) {
      const std::int64_t end_ms = run.began_ms + run.lease.run_max.count * 1000;
      if (run.ended_ms < 0 && end_ms <= mono_ms) end(run, std::max(end_ms, run.began_ms), compute::Cause::kCredit);
    }
  }
  static void end(Run& run, std::int64_t at, compute::Cause cause) {
    run.ended_ms = at;
    run.cause = cause;
  }
  Report report(const RunKey& key) const {
    Report report;
    report.key = key;
    const auto at = runs.find(key);
    if (at == runs.end()) return report;
    const Run& run = at->second;
    report.phase = run.ended_ms < 0 ? Phase::kRunning : Phase::kEnded;
    report.ran = {run.ran_s(mono_ms)};
    report.lease_seq = run.lease.seq;
    report.cause = run.cause;
    report.halted_by_us = run.cause != compute::Cause::kGuest;
    report.known_to_end = run.known_to_end;
    return report;
  }

  std::map<RunKey, Run> runs;
  std::int64_t mono_ms = 1'000'000;
};

const Actor kHost{"host", "host", "test", {}, domain::Role::kAdministrator};
const Actor kOperator{"uid:0", "admin", "test", {}, domain::Role::kAdministrator};
const std::vector<std::string> kTypes{"t2.nano", "t2.medium", "m4.large", "m5.24xlarge"};

class Chaos {
 public:
  Chaos(bool per_hour, std::int64_t cents) {
    RC_ASSERT(table_.run(std::string("course ") + (per_hour ? "per-hour" : "per-second") + " grace 86400\naccount ada " +
                         std::to_string(cents / 100) + "." + std::to_string(cents % 100 / 10) + std::to_string(cents % 10)) == "");
  }

  void step(std::uint32_t x) {
    const std::uint32_t what = x % 16, a = x / 16 % 64, b = x / 1024 % 64;
    switch (what) {
      case 0: launch(kTypes[a % kTypes.size()], b % 8 == 0); break;
      case 1: by_ada([&](Tx& tx) { return as_status(start(tx, {any(a)}, false)); }); break;
      case 2: by_ada([&](Tx& tx) { return as_status(stop(tx, {{asked(a)}, false, false})); }); break;
      case 3: if (b % 4 == 0) by_ada([&](Tx& tx) { return as_status(terminate(tx, {asked(a)}, false)); }); break;
      case 4: case 5: pass((a + 1) * (b + 1) * 500, 0); break;
      case 6: case 7: renew(); break;
      case 8: case 9: pick_report(a); break;
      case 10: deliver(a, b); break;
      case 11: table_.command(kOperator, [&](Tx& tx) {
        return as_status(grant(tx, table_.account("ada"), {(static_cast<std::int64_t>(a) - 32) * 1'000'000}, "test"));
      }); break;
      case 12: fault(a, b); break;
      case 13: pass(static_cast<std::int64_t>(a) * 1000, b % 2 ? static_cast<std::int64_t>(b) * 300'000 : -static_cast<std::int64_t>(a) * 1000); break;
      case 14: resync(b); break;
      default: keep(a, b); break;
    }
    carry(b);
    RC_ASSERT(table_.broken() == "");
    RC_ASSERT(costs() == domain::figures_without_runway(table_.state(), table_.account("ada"), table_.now()).charged);
  }

  // What was charged for each run is at most what the plan sells for the time it was really allowed and ran.
  void check_charges() const {
    std::map<RunKey, base::Money> charged;
    std::map<RunKey, domain::Entry> one;
    for (const auto& entry : table_.entries()) {
      const auto id = base::InstanceId::parse(entry.subject);
      if (!id) continue;
      const RunKey key{*id, entry.generation};
      if (entry.kind == domain::EntryKind::kCharge) charged[key] += entry.amount;
      if (entry.kind == domain::EntryKind::kCorrection) charged[key] -= entry.amount;
      one[key] = entry;
    }
    const auto plan = table_.state().courses.begin()->second->plan;
    for (const auto& [key, amount] : charged) {
      const auto run = host_.runs.find(key);
      RC_ASSERT(run != host_.runs.end());
      const auto ran = std::min(run->second.ran_s(host_.mono_ms) + run->second.unrecorded_ms / 1000, run->second.longest);
      const auto most = domain::charge_for(plan, one.at(key).price, {std::max<std::int64_t>(1, ran)}, base::Rounding::kFloor);
      RC_ASSERT(amount <= most);
      const auto* row = table_.state().find<domain::Instance>(key.instance);
      const bool settled = !row || row->generation > key.generation || !row->run;
      if (settled && !asked_.contains(key.instance) && !run->second.asked_to_stop && run->second.known_to_end) RC_ASSERT(amount == most);
    }
  }

 private:
  template <class T>
  static base::Status as_status(const base::Result<T>& result) {
    if (!result) return std::unexpected(result.error());
    return {};
  }
  template <class Plan>
  void by_ada(Plan plan) {
    if (!table_.state().instances.empty()) table_.command(table_.actor("ada"), plan);
  }
  base::InstanceId any(std::uint32_t a) const {
    auto at = table_.state().instances.begin();
    std::advance(at, a % table_.state().instances.size());
    return at->first;
  }
  base::InstanceId asked(std::uint32_t a) {
    asked_.insert(any(a));
    return any(a);
  }
  void launch(const std::string& type, bool ends) {
    LaunchRequest request;
    request.image = *base::ImageId::parse("ami-00000000000000001");
    request.type = type;
    request.terminate_on_guest_shutdown = ends;
    table_.command(table_.actor("ada"), [&](Tx& tx) { return as_status(control::launch(tx, request)); });
  }
  // Snapshots and addresses come and go; what nobody keeps any more is forgotten.
  void keep(std::uint32_t a, std::uint32_t b) {
    const auto ada = table_.account("ada");
    switch (a % 5) {
      case 0: by_ada([&](Tx& tx) { return as_status(create_snapshot(tx, {.disk = any_disk(b), .description = {}})); }); break;
      case 1: table_.command(kHost, [&](Tx& tx) { return b % 4 ? snapshot_done(tx, any_disk(b), 300 * b) : snapshot_failed(tx, any_disk(b), "test"); }); break;
      case 2: by_ada([&](Tx& tx) { return delete_snapshot(tx, any_disk(b), false); }); break;
      case 3:
        if (allocated_ < 200 && table_.state().elastic_addresses.size() < 1 + b % 4) allocated(table_, ada, ++allocated_);
        else if (table_.state().find<domain::Address>(address_id(allocated_))) released(table_, allocated_);
        break;
      default: table_.command(kHost, [](Tx& tx) { return as_status(forget_old(tx)); }); break;
    }
  }
  base::DiskId any_disk(std::uint32_t b) const {
    if (table_.state().disks.empty()) return {};
    auto at = table_.state().disks.begin();
    std::advance(at, b % table_.state().disks.size());
    return at->first;
  }
  void renew() {
    table_.command(kHost, [&](Tx& tx) { return renew_account(tx, table_.account("ada")); });
  }
  // `jump` is what the wall clock does beyond; the server's time never runs backwards.
  void pass(std::int64_t ms, std::int64_t jump) {
    host_.advance(ms);
    table_.tick_ms(std::max<std::int64_t>(0, ms + jump));
    RC_ASSERT(!domain::broken_invariant(table_.state(), table_.now()));
  }
  void pick_report(std::uint32_t a) {
    if (host_.runs.empty()) return;
    auto at = host_.runs.begin();
    std::advance(at, a % host_.runs.size());
    reports_.push_back(host_.report(at->first));
  }
  // What the lines of a bill add up to, posted and not.
  base::Money costs() const {
    const auto prices = domain::disk_prices(table_.state(), *table_.state().courses.begin()->second);
    base::Money sum;
    const auto add = [&](const std::vector<domain::Entry>& entries) {
      domain::CostReader reader(prices);
      for (const auto& entry : entries)
        if (const auto line = reader.next(entry)) sum += line->amount;
    };
    add(table_.entries());
    add(domain::unposted(table_.state(), table_.account("ada"), table_.now()));
    return sum;
  }
  // Any report, in any order; delivering it once more changes nothing.
  void deliver(std::uint32_t a, std::uint32_t b) {
    if (reports_.empty()) return;
    const std::size_t which = a % reports_.size();
    const Report report = reports_[which];
    if (b % 4 != 0) reports_.erase(reports_.begin() + static_cast<std::ptrdiff_t>(which));
    const auto once = [&] { table_.command(kHost, [&](Tx& tx) { return as_status(handle_report(tx, report)); }); };
    once();
    const auto entries = table_.entries().size();
    const auto* row = table_.state().find<domain::Instance>(report.key.instance);
    const auto state = row ? row->state : InstanceState::kTerminated;
    const auto figures = domain::figures_without_runway(table_.state(), table_.account("ada"), table_.now());
    once();
    RC_ASSERT(table_.entries().size() == entries);
    row = table_.state().find<domain::Instance>(report.key.instance);
    RC_ASSERT((row ? row->state : InstanceState::kTerminated) == state);
    const auto again = domain::figures_without_runway(table_.state(), table_.account("ada"), table_.now());
    RC_ASSERT(again.charged == figures.charged);
    RC_ASSERT(again.available == figures.available);
  }
  void fault(std::uint32_t a, std::uint32_t b) {
    std::vector<ModelHost::Run*> alive;
    for (auto& [key, run] : host_.runs)
      if (run.ended_ms < 0) alive.push_back(&run);
    if (alive.empty()) return;
    auto& run = *alive[a % alive.size()];
    if (b % 2) {
      ModelHost::end(run, host_.mono_ms, compute::Cause::kGuest);
    } else {
      ModelHost::end(run, std::max(run.began_ms, host_.mono_ms - 5000), compute::Cause::kFault);
      run.unrecorded_ms = host_.mono_ms - run.ended_ms;
      run.known_to_end = false;
    }
  }
  void resync(std::uint32_t b) {
    for (const auto& key : expected_runs(table_.state())) {
      const auto report = host_.report(key);
      if (report.phase == Phase::kAbsent || b % 2) {
        table_.command(kHost, [&](Tx& tx) { return as_status(handle_report(tx, report)); });
      }
    }
    for (const auto& effect : wishes(table_.state(), table_.now())) host_.apply(effect);
  }
  // Calls keep their order; some are lost.
  void carry(std::uint32_t b) {
    for (; carried_ < table_.effects().size(); ++carried_)
      if ((carried_ + b) % 8 != 0) host_.apply(table_.effects()[carried_]);
  }

  Table table_;
  ModelHost host_;
  std::vector<Report> reports_;
  std::size_t carried_ = 0;
  int allocated_ = 0;  // number of the newest address
  std::set<base::InstanceId> asked_;  // to stop, by a person
};

RC_GTEST_PROP(AnySequence, NeverOverspendsAndNeverChargesTwice, ()) {
  const bool per_hour = *rc::gen::arbitrary<bool>();
  const auto cents = *rc::gen::inRange<std::int64_t>(3, 600);
  const auto steps = *rc::gen::resize(200, rc::gen::container<std::vector<std::uint32_t>>(rc::gen::inRange<std::uint32_t>(0, 65536)));
  Chaos chaos(per_hour, cents);
  for (const auto step : steps) chaos.step(step);
  chaos.check_charges();
}

// Prompt reports, a steady clock, a guard every five minutes: when the last machine was stopped for credit, less
// is left than the smallest thing the plan still sells of the types that ran to the end, and the reserve is whole.
RC_GTEST_PROP(CreditStop, LeavesNothingThatCouldBuyMore, ()) {
  const bool per_hour = *rc::gen::arbitrary<bool>();
  Table table;
  const auto milli = *rc::gen::inRange<std::int64_t>(60, 600);
  RC_ASSERT(table.run(std::string("course ") + (per_hour ? "per-hour" : "per-second") + " grace 86400\naccount ada " +
                      base::to_decimal({milli * 1'000'000})) == "");
  const auto types = *rc::gen::container<std::vector<int>>(3, rc::gen::inRange(0, 3));
  std::map<std::string, std::int64_t> began;
  std::int64_t t = 0;
  const auto tick = [&](std::int64_t s) {
    t += s;
    return table.run("tick " + std::to_string(s));
  };
  for (std::size_t i = 0; i < types.size(); ++i) {
    const std::string name(1, static_cast<char>('a' + i));
    if (!table.run("launch ada " + name + " " + kTypes[types[i]]).empty()) continue;
    RC_ASSERT(tick(1) == "");
    RC_ASSERT(table.run("report " + name + " running 0\nrenew ada") == "");
    began[name] = t;
    RC_ASSERT(tick(*rc::gen::inRange<std::int64_t>(0, 40)) == "");
  }
  RC_PRE(!began.empty());
  std::int64_t next_renewal = t, last_end = -1;
  std::set<base::InstanceId> last_ended;  // at the instant after which nothing ran
  for (int rounds = 0; !began.empty() && rounds < 20'000; ++rounds) {
    // To whatever comes first: a lease's end, the guard, a report a minute.
    std::int64_t next = std::min(t + 60, next_renewal);
    for (const auto& [name, start] : began) next = std::min(next, start + table.instance(name).run->lease_run_max.count);
    RC_ASSERT(tick(next - t) == "");
    for (auto at = began.begin(); at != began.end();) {
      const auto& [name, start] = *at;
      const auto ran = std::to_string(t - start);
      if (table.instance(name).run->lease_run_max.count <= t - start) {
        RC_ASSERT(table.run("report " + name + " ended " + ran + " credit ours\nrenew ada") == "");
        if (t != last_end) last_ended.clear();
        last_end = t;
        last_ended.insert(table.instance(name).id);
        at = began.erase(at);
      } else {
        RC_ASSERT(table.run("report " + name + " running " + ran) == "");
        ++at;
      }
    }
    if (t >= next_renewal) {
      RC_ASSERT(table.run("renew ada") == "");
      next_renewal = t + domain::kRenewSeconds;
    }
  }
  RC_ASSERT(began.empty());
  const auto f = domain::figures(table.state(), table.account("ada"), table.now());
  base::Money smallest{INT64_MAX}, disks, reserve;
  for (const auto& [id, instance] : table.state().instances) {
    if (!last_ended.contains(id)) continue;
    const auto& catalogue = *domain::find_catalogue("2026");
    const auto price = domain::find_type(catalogue, instance->type)->price;
    smallest = std::min(smallest, base::cost(price, domain::next_unit(per_hour ? domain::RatePlan::kPerHour : domain::RatePlan::kPerSecond),
                                             base::Rounding::kCeil));
  }
  for (const auto& [id, disk] : table.state().disks) {
    // Disks are paid ahead with one rounding for all: a nano-dollar a disk more than each one's own.
    disks += base::cost(disk->price, {per_hour ? 3600 : 1}, base::Rounding::kCeil) + base::Money{1};
    reserve += disk->reserve_wanted;
  }
  RC_ASSERT(f.available < smallest + disks);
  RC_ASSERT(f.reserved == reserve);
}

}  // namespace
}  // namespace stipend::control
