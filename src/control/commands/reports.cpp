#include "control/commands/reports.hpp"

#include <algorithm>

#include "control/commands/outages.hpp"
#include "control/commands/queue.hpp"
#include "control/commands/running.hpp"
#include "control/commands/runs.hpp"
#include "control/commands/trash.hpp"
#include "domain/lease.hpp"

namespace stipend::control {
namespace {

using base::RunSeconds;
using compute::Phase;
using compute::Report;
using domain::Instance;
using domain::InstanceState;
using domain::StopCause;
using Renew = std::optional<base::AccountId>;

constexpr std::int64_t kAbsentAfterMs = 20'000;  // a report is never so late
constexpr std::int64_t kSeenEveryMs = 60'000;  // a figure that only moves on is written this often

// Somebody already decided how this run ends.
bool has_intent(const Instance& instance) {
  return instance.terminate_wanted ||
         (instance.state == InstanceState::kStopping &&
          (instance.stop_cause == StopCause::kPerson || instance.stop_cause == StopCause::kTeacher));
}

// Its enforcer knows that the lease ended it, the run what the lease ended at.
StopCause cause_of(const Instance& instance, const Report& report) {
  if (report.cause == compute::Cause::kCredit) return domain::cause_of_lease(instance.run->limit);
  return static_cast<StopCause>(report.cause);
}

void note_figures(Instance& instance, const Report& report, base::WallTime now) {
  auto& run = *instance.run;
  run.seen_ran = std::max(run.seen_ran, std::min(report.ran, run.held_run_max));
  run.seen_at = now;
  run.acked_seq = std::max(run.acked_seq, std::min(report.lease_seq, run.lease_seq));
  if (!report.host.empty()) run.host = report.host;
  if (!report.boot_id.empty()) run.boot_id = report.boot_id;
}

// A shortened lease frees its money only when the machine's enforcer holds it.
bool shortening_confirmed(const domain::Run& run) {
  return run.acked_seq == run.lease_seq && run.held_run_max > run.lease_run_max;
}

// It was starting while its account was suspended.
void stop_again(Tx& tx, Instance& instance, const Report& report) {
  instance.run->charge_until = report.ran;
  domain::become(instance, InstanceState::kStopping);
  instance.stop_cause = StopCause::kTeacher;
  set_reason(instance, instance.stop_cause);
  tx.effect(StopEffect{report.key, {compute::Cause::kTeacher, false}});
  tx.audit("stop", instance.id.str(), "suspended");
}

base::Result<Renew> running(Tx& tx, Instance instance, const Report& report) {
  auto& run = *instance.run;
  const bool first = !run.running_since;
  if (!first && report.ran < run.seen_ran) return std::nullopt;  // late: a newer one was seen
  // That a longer lease came through is written with the next figure; a shortened one frees its money at once.
  const bool confirms = report.lease_seq > run.acked_seq && run.held_run_max > run.lease_run_max;
  const bool old = !run.seen_at || run.seen_at->ms_until(tx.now()) >= kSeenEveryMs;
  const bool resumes = instance.state == InstanceState::kStopping && domain::ended_by_lease(instance.stop_cause) &&
                       report.lease_seq >= run.lease_seq && report.ran > run.seen_ran;
  if (!first && !confirms && !old && !resumes) return std::nullopt;
  note_figures(instance, report, tx.now());
  Renew renew;
  if (first && !run.charge_until) {  // else it was terminated before anybody saw it running: nothing is charged
    run.running_since = tx.now().plus_seconds(-report.ran.count);
    renew = instance.account;  // the first hour is posted, the start's margin freed
  }
  if (resumes || (first && instance.state == InstanceState::kPending)) {
    domain::become(instance, InstanceState::kRunning);
    instance.stop_cause = StopCause::kNone;
    instance.state_reason_code.clear();
    instance.state_reason_message.clear();
    instance.failed_starts = 0;
    tx.audit("running", instance.id.str(), {});
    if (is_suspended(tx.state(), instance.account)) stop_again(tx, instance, report);
  }
  if (first && run.host_address != instance.public_address)  // it lost its elastic address while it started
    tx.effect(AddressEffect{report.key, instance.public_address});
  if (shortening_confirmed(run)) {
    run.held_run_max = run.lease_run_max;
    renew = instance.account;
  }
  tx.save(std::move(instance));
  return renew;
}

base::Result<Renew> stopping(Tx& tx, Instance instance, const Report& report) {
  auto& run = *instance.run;
  if (report.ran < run.seen_ran && run.running_since) return std::nullopt;
  // A start that failed is being tidied up: it never ran, and its end is about to be told.
  if (report.cause == compute::Cause::kStartFailed && !run.running_since) return std::nullopt;
  if (!run.running_since && !run.charge_until) run.running_since = tx.now().plus_seconds(-report.ran.count);
  note_figures(instance, report, tx.now());
  if (has_intent(instance)) {
    // The enforcer measured when it began; the server's own estimate may be a second later.
    if (run.charge_until) run.charge_until = std::min(*run.charge_until, report.ran);
  } else {
    domain::become(instance, InstanceState::kStopping);
    instance.stop_cause = cause_of(instance, report);
    set_reason(instance, instance.stop_cause, run.limit);
    tx.audit("stopping", instance.id.str(), std::string(domain::cause_name(instance.stop_cause)));
  }
  tx.save(std::move(instance));
  return std::nullopt;
}

StopCause end_cause(const Instance& instance, const Report& report, bool start_failed) {
  if (start_failed) return StopCause::kStartFailed;
  if (has_intent(instance)) return instance.stop_cause;
  if (!report.known_to_end) return StopCause::kFault;
  const auto cause = cause_of(instance, report);
  return cause == StopCause::kNone ? StopCause::kFault : cause;
}

base::Result<Renew> ended(Tx& tx, Instance instance, const Report& report) {
  const auto& run = *instance.run;
  const bool start_failed = !run.running_since && (report.cause == compute::Cause::kStartFailed || report.ran.count == 0) &&
                            !instance.terminate_wanted;
  const auto cause = end_cause(instance, report, start_failed);
  domain::RunEnd end;
  end.ran = report.ran;
  end.start_failed = start_failed || (!run.running_since && report.ran.count == 0);
  end.broken = !report.known_to_end || report.cause == compute::Cause::kFault || report.cause == compute::Cause::kHostDisk ||
               (report.cause == compute::Cause::kStartFailed && !end.start_failed);
  // Ran, but the report of its start was lost: it is a start all the same. Its end may be told late, its beginning was soon
  // after the commit that sent it.
  if (!run.running_since && !end.start_failed && !run.charge_until)
    instance.run->running_since = instance.run->seen_at = run.start_committed;

  const auto limit = run.limit;
  const bool told = has_intent(instance) && !start_failed;  // the reason, by whoever decided: it may name more than a cause does
  domain::Wallet wallet(tx.state(), instance.account, tx.now());
  const auto given_back = settle_run(tx, wallet, instance, end);
  const auto& before = *tx.state().find<Instance>(instance.id);
  const bool was_wanted = before.state == InstanceState::kPending || before.state == InstanceState::kRunning;
  if ((start_failed || end.broken) && was_wanted) note_outage(tx, before, report, start_failed, given_back);
  const bool guest_asks = cause == StopCause::kGuest && !report.halted_by_us && instance.terminate_on_guest_shutdown;
  const bool first_launch_failed = start_failed && instance.generation == 1;
  if (!instance.terminate_wanted || cause == StopCause::kStartFailed) {
    instance.stop_cause = cause;
    if (!told) set_reason(instance, cause, limit);
    if (cause != StopCause::kPerson && cause != StopCause::kTeacher) instance.transition_reason.clear();
  }
  if (start_failed) {
    ++instance.failed_starts;
    if (!report.detail.empty()) instance.state_reason_message = "Server.InternalError: " + report.detail.substr(0, 400);
  }
  if (instance.terminate_wanted || guest_asks || first_launch_failed) {
    finish_terminated(tx, wallet, instance);
  } else {
    domain::become(instance, InstanceState::kStopped);
    instance.stopped_at = tx.now();
  }
  const auto account = instance.account;
  tx.audit(instance.state == InstanceState::kStopped ? "stopped" : "terminated", instance.id.str(),
           std::string(domain::cause_name(cause)));
  save_wallet(tx, wallet);
  tx.save(std::move(instance));
  return account;  // what it held is free for the others
}

// resync: the provider does not know a run that should exist.
base::Result<Renew> absent(Tx& tx, const Instance& instance, const Report& report) {
  // Perhaps an answer from before its start came through, unless the host has booted since. What is really gone is absent at
  // the next resync, too.
  const auto& run = *instance.run;
  if (run.seen_at && run.seen_at->ms_until(tx.now()) < kAbsentAfterMs && report.boot_id == run.boot_id) return std::nullopt;
  if (instance.run->running_since || instance.terminate_wanted) {
    Report end = report;
    end.phase = Phase::kEnded;
    end.known_to_end = false;
    end.cause = compute::Cause::kFault;
    end.ran = instance.run->seen_ran;
    return ended(tx, instance, end);
  }
  // Its start was lost on the way. The generation makes this harmless when it was not.
  tx.effect(StartEffect{start_spec(tx.state(), instance)});
  return std::nullopt;
}

}  // namespace

base::Result<Renew> handle_report(Tx& tx, const Report& report) {
  const auto* instance = tx.state().find<Instance>(report.key.instance);
  const bool current = instance && instance->run && instance->run->generation == report.key.generation;
  if (!current) {
    // Settled before (a repeated or late report), or of a machine this state never knew: it must not run, and its
    // disk is left alone.
    if (report.phase == Phase::kEnded) tx.effect(AcknowledgeEffect{report.key});
    else if (report.phase != Phase::kAbsent) tx.effect(StopEffect{report.key, {compute::Cause::kFault, false}});
    return std::nullopt;
  }
  switch (report.phase) {
    case Phase::kStarting: return std::nullopt;
    case Phase::kRunning: return running(tx, *instance, report);
    case Phase::kStopping: return stopping(tx, *instance, report);
    case Phase::kEnded: {
      auto renew = ended(tx, *instance, report);
      if (renew) tx.effect(AcknowledgeEffect{report.key});
      serve_queue(tx);  // its room is free
      return renew;
    }
    case Phase::kAbsent: {
      auto renew = absent(tx, *instance, report);
      serve_queue(tx);
      return renew;
    }
  }
  return std::nullopt;
}

std::vector<compute::RunKey> expected_runs(const domain::State& state) {
  std::vector<compute::RunKey> keys;
  keys.reserve(state.with_run.size());
  each_running(state, [&](const Instance& instance) { keys.push_back({instance.id, instance.run->generation}); });
  return keys;
}

std::vector<Effect> wishes(const domain::State& state, base::WallTime now, const WishesFor& what) {
  std::vector<Effect> effects;
  each_running(state, [&](const Instance& instance) {
    const compute::RunKey key{instance.id, instance.run->generation};
    if (has_intent(instance)) return effects.push_back(StopEffect{key, {static_cast<compute::Cause>(instance.stop_cause), false}});
    if (!instance.run->running_since) return effects.push_back(StartEffect{start_spec(state, instance)});
    if (instance.run->host_address != instance.public_address) effects.push_back(AddressEffect{key, instance.public_address});
    if (instance.run->acked_seq < instance.run->lease_seq && !(what.confirmed && what.confirmed(key, instance.run->lease_seq)))
      effects.push_back(RenewEffect{key, {instance.run->lease_seq, instance.run->lease_run_max}});
  });
  if (!what.disks) return effects;
  for (const auto& [id, disk] : state.disks) {
    if (disk->snapshot == domain::SnapshotState::kPending && !disk->deleted) effects.push_back(SnapshotEffect{disk->source, id});
    const bool failed = disk->snapshot == domain::SnapshotState::kError && !disk->deleted && disk->purge_at;
    if (!failed && !is_purged(*disk, now)) continue;
    const auto* owner = state.find<Instance>(disk->attached);
    if (!(owner && owner->run)) effects.push_back(DeleteDiskEffect{id});
  }
  return effects;
}

base::Status disk_gone(Tx& tx, const base::DiskId& id) {
  const auto* disk = tx.state().find<domain::Disk>(id);
  if (disk && is_purged(*disk, tx.now())) {
    tx.erase<domain::Disk>(id);
  } else if (disk && disk->snapshot == domain::SnapshotState::kError && !disk->deleted && disk->purge_at) {
    domain::Disk failed = *disk;  // its owner sees it until they delete it
    failed.purge_at.reset();
    tx.save(std::move(failed));
  }
  return {};
}

}  // namespace stipend::control
