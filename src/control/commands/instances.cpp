#include "control/commands/instances.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "control/commands/homes.hpp"
#include "control/commands/policy.hpp"
#include "control/commands/queue.hpp"
#include "control/commands/renewals.hpp"
#include "control/commands/room.hpp"
#include "control/commands/runs.hpp"
#include "domain/free_time.hpp"
#include "domain/lease.hpp"

namespace stipend::control {
namespace {

using base::Fault;
using domain::Instance;
using domain::InstanceState;
using domain::StopCause;
using Rows = std::vector<domain::RowPtr<Instance>>;

constexpr std::size_t kMostIds = 1000;

std::unexpected<base::Error> not_found(const std::vector<base::InstanceId>& ids) {
  std::string list;
  for (const auto& id : ids) list += (list.empty() ? "" : ", ") + id.str();
  return base::fail(Fault::kNotFound, "InvalidInstanceID.NotFound",
                    ids.size() == 1 ? fmt::format("The instance ID '{}' does not exist", list)
                                    : fmt::format("The instance IDs '{}' do not exist", list));
}

// All or nothing: every id is visible, or the error names those that are not. Each once, in the order asked.
base::Result<Rows> visible_all(const Tx& tx, const std::vector<base::InstanceId>& ids) {
  TRY(check_not_suspended(tx));
  if (ids.empty()) return base::fail(Fault::kInvalid, "MissingParameter", "The request must contain the parameter InstanceId");
  if (ids.size() > kMostIds)
    return base::fail(Fault::kInvalid, "InvalidParameterValue", fmt::format("at most {} instances in one request", kMostIds));
  Rows rows;
  std::vector<base::InstanceId> missing;
  for (const auto& id : ids) {
    auto row = visible_instance(tx.state(), tx.actor(), id);
    if (!row) missing.push_back(id);
    else if (std::ranges::find(rows, *row) == rows.end()) rows.push_back(*row);
  }
  if (!missing.empty()) return not_found(missing);
  return rows;
}

std::unexpected<base::Error> wrong_state(std::string_view the, const Instance& instance, std::string_view what) {
  return base::fail(Fault::kConflict, "IncorrectInstanceState",
                    fmt::format("{} instance '{}' is not in a state from which it can be {}.", the, instance.id.str(), what));
}

// A run of failed starts is not tried again at once.
base::Status check_back_off(const Instance& instance, base::WallTime now) {
  constexpr std::int64_t kPatience = 3;
  if (instance.failed_starts < kPatience || !instance.stopped_at) return {};
  const std::int64_t wait_s = std::min<std::int64_t>(600, 15LL << std::min<std::int64_t>(instance.failed_starts - kPatience, 6));
  const std::int64_t left_s = wait_s - instance.stopped_at->ms_until(now) / 1000;
  if (left_s <= 0) return {};
  return base::fail(Fault::kUnavailable, "Server.InternalError",
                    fmt::format("The last {} starts of {} failed (nothing was charged); it can be tried again in {} s. "
                                "Tell the administrator if it goes on.",
                                instance.failed_starts, instance.id.str(), left_s));
}

StopCause cause_of(const Tx& tx, const Instance& instance) {
  return tx.actor().account == instance.account ? StopCause::kPerson : StopCause::kTeacher;
}

// The charge ends when the person asked: hook and halt are the house's.
void end_charge_here(const domain::State& state, Instance& instance, base::WallTime now) {
  auto& run = *instance.run;
  if (run.charge_until) return;
  run.free = domain::free_time_at(run, course_of(state, instance.account).policy.free, now);
  run.charge_until = domain::ran_estimate(run, now);
}

// A home goes with the machine that starts; of two that start together only one can have it.
base::Status take_homes(Tx& tx, domain::Wallet& wallet, std::vector<Instance>& instances) {
  const Instance* taker = nullptr;
  for (auto& instance : instances) {
    TRY_ASSIGN(const auto home, home_for_start(tx, instance));
    if (!home.wanted()) continue;
    if (taker)
      return base::fail(Fault::kConflict, "VolumeInUse",
                        fmt::format("{} and {} have the same home, which is attached to one machine at a time; start one of "
                                    "them.",
                                    taker->id.str(), instance.id.str()));
    taker = &instance;
    if (home.fresh && !wallet.add_disk(*home.fresh)) {
      Shortage shortage{.who = "A new home needs", .needed = home.fresh->reserve_wanted,
                        .purpose = fmt::format("to keep its {} GiB", home.fresh->gib)};
      return insufficient_credit(tx.state(), instance.account, tx.now(), shortage);
    }
    take_home(wallet, home, instance);
  }
  return {};
}

compute::StopWish wish(StopCause cause, bool force) { return {static_cast<compute::Cause>(cause), force}; }

}  // namespace

base::Result<domain::RowPtr<Instance>> visible_instance(const domain::State& state, const Actor& actor,
                                                        const base::InstanceId& id) {
  const auto at = state.instances.find(id);
  if (at == state.instances.end() || !may_act_for(state, actor, at->second->account)) return not_found({id});
  return at->second;
}

base::Result<StateChanges> start(Tx& tx, const std::vector<base::InstanceId>& ids, bool dry_run, RoomRule room) {
  TRY_ASSIGN(const Rows rows, visible_all(tx, ids));
  std::map<base::AccountId, std::vector<Instance>> to_start;
  StateChanges changes;
  for (const auto& row : rows) {
    if (!domain::can_start(row->state)) return wrong_state("The", *row, "started");
    changes.push_back({row->id, row->state, row->state});
    if (row->state != InstanceState::kStopped) continue;
    TRY(check_back_off(*row, tx.now()));
    changes.back().current = InstanceState::kPending;
    to_start[row->account].push_back(*row);
  }
  for (auto& [account, instances] : to_start) {
    if (is_suspended(tx.state(), account))
      return base::fail(Fault::kDenied, "AccountSuspended", "account " + account.str() + " is suspended: its machines stay stopped");
    domain::Wish wish{course_of(tx.state(), account).id, 0, {}, 0};
    std::vector<const domain::InstanceType*> types;
    for (const auto& instance : instances) {
      const auto* type = domain::find_type(catalogue_of(tx.state(), account, tx.now()), instance.type);
      if (!type)
        return base::fail(Fault::kInvalid, "Unsupported",
                          fmt::format("the course's catalogue has no {} any more; change the type of {} first",
                                      instance.type, instance.id.str()));
      types.push_back(type);
      wish.vcpus = std::max(wish.vcpus, type->vcpus);
      wish.space += wish_for(tx.state(), wish.course, *type, 1).space;
    }
    TRY(check_policy(tx, account, types));
    TRY(check_room(tx, room, instances.size() == 1 ? instances.front().type : "instance", wish));
    domain::Wallet wallet(tx.state(), account, tx.now());
    TRY(take_homes(tx, wallet, instances));
    TRY_ASSIGN(const auto run_max, fund_runs(tx.state(), wallet, instances));
    save_wallet(tx, wallet);
    TRY(begin_runs(tx, instances, run_max));
  }
  if (dry_run) return dry_run_succeeded();
  for (const auto& change : changes)
    if (change.previous != change.current) tx.audit("start", change.id.str(), {});
  if (room == RoomRule::kCheck && !to_start.empty()) note_passed_over(tx);
  return changes;
}

base::Result<StateChanges> stop(Tx& tx, const StopRequest& request) {
  TRY_ASSIGN(const Rows rows, visible_all(tx, request.ids));
  StateChanges changes;
  for (const auto& row : rows) {
    if (!domain::can_stop(row->state)) return wrong_state("This", *row, "stopped");
    changes.push_back({row->id, row->state, row->state});
    if (row->state == InstanceState::kStopping && request.force)
      tx.effect(StopEffect{{row->id, row->generation}, wish(row->stop_cause, true)});
    if (row->state != InstanceState::kRunning) continue;
    Instance instance = *row;
    end_charge_here(tx.state(), instance, tx.now());
    domain::become(instance, InstanceState::kStopping);
    instance.stop_cause = cause_of(tx, instance);
    set_reason(instance, instance.stop_cause);
    instance.transition_reason = domain::user_initiated(tx.now());
    tx.effect(StopEffect{{instance.id, instance.generation}, wish(instance.stop_cause, request.force)});
    tx.audit("stop", instance.id.str(), std::string(domain::cause_name(instance.stop_cause)));
    tx.save(std::move(instance));
    changes.back().current = InstanceState::kStopping;
  }
  if (request.dry_run) return dry_run_succeeded();
  return changes;
}

base::Result<StateChanges> terminate(Tx& tx, const std::vector<base::InstanceId>& ids, bool dry_run) {
  TRY_ASSIGN(const Rows rows, visible_all(tx, ids));
  for (const auto& row : rows)
    if (row->disable_api_termination && row->state != InstanceState::kTerminated)
      return base::fail(Fault::kDenied, "OperationNotPermitted",
                        fmt::format("The instance '{}' may not be terminated. Modify its 'disableApiTermination' instance "
                                    "attribute and try again.",
                                    row->id.str()));
  StateChanges changes;
  std::set<base::AccountId> freed;
  for (const auto& row : rows) {
    changes.push_back({row->id, row->state, row->state});
    if (row->state == InstanceState::kTerminated || row->terminate_wanted) continue;
    Instance instance = *row;
    domain::Wallet wallet(tx.state(), instance.account, tx.now());
    instance.terminate_wanted = true;
    instance.stop_cause = cause_of(tx, instance);
    set_reason(instance, instance.stop_cause);
    instance.transition_reason = domain::user_initiated(tx.now());
    delete_root_if_wanted(tx, wallet, instance);  // the student's cost of the disk ends with this commit
    if (instance.run) {
      end_charge_here(tx.state(), instance, tx.now());
      domain::become(instance, InstanceState::kShuttingDown);
      tx.effect(StopEffect{{instance.id, instance.generation}, wish(instance.stop_cause, false)});
    } else {
      finish_terminated(tx, wallet, instance);
    }
    save_wallet(tx, wallet);
    tx.audit("terminate", instance.id.str(), std::string(domain::cause_name(instance.stop_cause)));
    tx.save(std::move(instance));
    changes.back().current = InstanceState::kShuttingDown;
    freed.insert(row->account);
  }
  for (const auto& account : freed) TRY(renew_with_what_is_free(tx, account));
  if (dry_run) return dry_run_succeeded();
  return changes;
}

base::Status reboot(Tx& tx, const std::vector<base::InstanceId>& ids, bool dry_run) {
  TRY_ASSIGN(const Rows rows, visible_all(tx, ids));
  for (const auto& row : rows) {
    if (row->state != InstanceState::kRunning) return wrong_state("The", *row, "rebooted");
    tx.effect(RebootEffect{{row->id, row->generation}});
    tx.audit("reboot", row->id.str(), {});
  }
  if (dry_run) return dry_run_succeeded();
  return {};
}

base::Status modify_instance(Tx& tx, const Modify& change) {
  TRY_ASSIGN(const auto row, visible_instance(tx.state(), tx.actor(), change.id));
  Instance instance = *row;
  if ((change.type || change.user_data) && instance.state != InstanceState::kStopped)
    return base::fail(Fault::kConflict, "IncorrectInstanceState",
                      fmt::format("The instance '{}' is not in the 'stopped' state.", instance.id.str()));
  if (change.type) {
    const auto* type = domain::find_type(catalogue_of(tx.state(), instance.account, tx.now()), *change.type);
    if (!type || !type->provider.empty())
      return base::fail(Fault::kInvalid, "InvalidParameterValue", fmt::format("Invalid value '{}' for InstanceType.", *change.type));
    TRY(check_type_allowed(tx, instance.account, *change.type));
    instance.type = *change.type;
  }
  if (change.user_data) {
    if (change.user_data->size() > 16384)
      return base::fail(Fault::kInvalid, "InvalidParameterValue", "User data is limited to 16384 bytes");
    instance.user_data = *change.user_data;
  }
  if (change.terminate_on_guest_shutdown) instance.terminate_on_guest_shutdown = *change.terminate_on_guest_shutdown;
  if (change.disable_api_termination) instance.disable_api_termination = *change.disable_api_termination;
  if (instance.state == InstanceState::kTerminated)
    return base::fail(Fault::kConflict, "IncorrectInstanceState",
                      fmt::format("The instance '{}' is terminated.", instance.id.str()));
  tx.audit("modify", instance.id.str(), {});
  tx.save(std::move(instance));
  return {};
}

}  // namespace stipend::control
