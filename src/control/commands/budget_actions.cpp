#include "control/commands/budget_actions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "control/acting_tx.hpp"
#include "control/commands/budget_rules.hpp"
#include "control/commands/common.hpp"
#include "control/commands/instances.hpp"
#include "domain/budgets.hpp"
#include "domain/instance_state.hpp"

namespace stipend::control {
namespace {

using base::Fault;
using base::Status;
using domain::Budget;
using domain::BudgetAction;
using domain::BudgetActionStatus;
using domain::Instance;
using domain::InstanceState;
using enum domain::BudgetActionStatus;

constexpr std::size_t kInstancesMost = 100;  // AWS's

void note(Tx& tx, BudgetAction& action, BudgetActionStatus status, std::string event, std::string message) {
  action.status = status;
  action.history.push_back({tx.now(), status, std::move(event), std::move(message)});
  if (action.history.size() > kActionHistoryMost) action.history.erase(action.history.begin());
}

std::string new_action_id(Tx& tx) {
  const auto hex = base::random_hex(tx.random(), 32);
  return fmt::format("{}-{}-4{}-a{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(13, 3), hex.substr(17, 3), hex.substr(20));
}

Actor acting_for(const Budget& budget) { return {"budget", "clock", {}, budget.account, domain::Role::kStudent}; }

Status check_instances(const domain::State& state, const base::AccountId& account, std::vector<base::InstanceId>& ids) {
  if (ids.empty() || ids.size() > kInstancesMost) return invalid_budget(fmt::format("An action names 1 to {} instances.", kInstancesMost));
  for (const auto& id : ids) {
    const auto* instance = state.find<Instance>(id);
    if (!instance || instance->account != account || instance->state == InstanceState::kTerminated)
      return invalid_budget(fmt::format("The instance ID '{}' does not exist.", id.str()));
  }
  std::ranges::sort(ids);
  const auto twice = std::ranges::unique(ids);
  ids.erase(twice.begin(), twice.end());
  return {};
}

base::Result<BudgetAction*> own_action(Budget& budget, const std::string& id) {
  const auto at = std::ranges::find(budget.actions, id, &BudgetAction::id);
  if (at == budget.actions.end())
    return base::fail(Fault::kNotFound, "NotFoundException", fmt::format("The budget {} has no action {}.", budget.name, id));
  return &*at;
}

std::unexpected<base::Error> locked() {
  return base::fail(Fault::kConflict, "ResourceLockedException", "The action is in progress. Try again when its machines have stopped or started.");
}

base::WallTime in_progress_since(const BudgetAction& action) {
  base::WallTime since{0};
  for (auto at = action.history.rbegin(); at != action.history.rend() && at->status == action.status; ++at) since = at->at;
  return since;
}

// As if the person had done it, but that the machine says which budget it was.
Status stop_one(Tx& tx, const Budget& budget, const base::InstanceId& id) {
  ActingTx acting(tx, acting_for(budget));
  StopRequest request;
  request.ids = {id};
  if (auto stopped = stop(acting, request); !stopped) return std::unexpected(stopped.error());
  Instance instance = *tx.state().find<Instance>(id);
  instance.state_reason_code = "Server.ScheduledStop";
  instance.state_reason_message = fmt::format("Server.ScheduledStop: Stopped by the action of your budget '{}'; the disk is kept", budget.name);
  const auto at = base::to_iso8601(tx.now());
  instance.transition_reason = fmt::format("Budget action ({} {} GMT)", at.substr(0, 10), at.substr(11, 8));
  tx.save(std::move(instance));
  return {};
}

// What the execution still waits for; machines that run are stopped, whoever started them meanwhile.
std::vector<base::InstanceId> not_stopped(Tx& tx, const Budget& budget, const BudgetAction& action, std::string& problem) {
  std::vector<base::InstanceId> waiting;
  for (const auto& id : action.stop) {
    const auto* instance = tx.state().find<Instance>(id);
    if (!instance || instance->account != budget.account) continue;
    const auto state = instance->state;
    if (state == InstanceState::kRunning)
      if (const auto stopped = tx.attempt([&] { return stop_one(tx, budget, id); }); !stopped) problem = stopped.error().message;
    if (state == InstanceState::kRunning || state == InstanceState::kPending || state == InstanceState::kStopping) waiting.push_back(id);
  }
  return waiting;
}

std::string list(const std::vector<base::InstanceId>& ids) {
  std::string out;
  for (const auto& id : ids) out += (out.empty() ? "" : ", ") + id.str();
  return out;
}

void execute(Tx& tx, const Budget& budget, BudgetAction& action, const char* event) {
  note(tx, action, kExecutionInProgress, event, fmt::format("Stopping {}", list(action.stop)));
  advance_budget_action(tx, budget, action);
}

void reverse(Tx& tx, const Budget& budget, BudgetAction& action) {
  std::vector<base::InstanceId> stopped;
  for (const auto& id : action.stop)
    if (const auto* instance = tx.state().find<Instance>(id); instance && instance->account == budget.account && instance->state == InstanceState::kStopped)
      stopped.push_back(id);
  note(tx, action, kReverseInProgress, "EXECUTE_ACTION", stopped.empty() ? "No machine is stopped" : fmt::format("Starting {}", list(stopped)));
  const auto started = tx.attempt([&]() -> Status {
    if (stopped.empty()) return {};
    ActingTx acting(tx, acting_for(budget));
    if (auto result = start(acting, stopped, false); !result) return std::unexpected(result.error());
    return {};
  });
  if (!started) note(tx, action, kReverseFailure, "SYSTEM", started.error().message);
  else advance_budget_action(tx, budget, action);
}

}  // namespace

base::Result<const BudgetAction*> find_budget_action(const Budget& budget, const std::string& id) {
  const auto at = std::ranges::find(budget.actions, id, &BudgetAction::id);
  if (at == budget.actions.end())
    return base::fail(Fault::kNotFound, "NotFoundException", fmt::format("The budget {} has no action {}.", budget.name, id));
  return &*at;
}

base::Result<std::string> create_budget_action(Tx& tx, const std::string& name, NewBudgetAction wanted, const MailRule& rule) {
  TRY(check_trigger(wanted.trigger));
  std::string id;
  TRY(change_budget(tx, name, "budget-action-create", [&](Budget& budget) -> Status {
    if (budget.actions.size() >= kActionsMost)
      return base::fail(Fault::kNoRoom, "CreationLimitExceededException", fmt::format("A budget has at most {} actions.", kActionsMost));
    TRY(check_instances(tx.state(), budget.account, wanted.stop));
    TRY(check_subscribers(tx.state(), budget.account, wanted.subscribers, rule));
    BudgetAction action;
    action.id = id = new_action_id(tx);
    action.trigger = wanted.trigger;
    action.stop = std::move(wanted.stop);
    action.region = std::move(wanted.region);
    action.role = std::move(wanted.role);
    action.automatic = wanted.automatic;
    action.subscribers = std::move(wanted.subscribers);
    note(tx, action, kStandby, "CREATE_ACTION", "The action was created");
    budget.actions.push_back(std::move(action));
    return {};
  }));
  return id;
}

base::Result<ChangedBudgetAction> update_budget_action(Tx& tx, const std::string& name, const std::string& id, BudgetActionChange change,
                                                       const MailRule& rule) {
  ChangedBudgetAction out;
  TRY(change_budget(tx, name, "budget-action-update", [&](Budget& budget) -> Status {
    TRY_ASSIGN(auto* action, own_action(budget, id));
    if (domain::in_progress(action->status)) return locked();
    out.before = *action;
    if (change.trigger) {
      TRY(check_trigger(*change.trigger));
      action->trigger = *change.trigger;
    }
    if (change.stop) {
      TRY(check_instances(tx.state(), budget.account, *change.stop));
      action->stop = *std::move(change.stop);
    }
    if (change.region) action->region = *std::move(change.region);
    if (change.role) action->role = *std::move(change.role);
    if (change.automatic) action->automatic = *change.automatic;
    if (change.subscribers) {
      TRY(check_subscribers(tx.state(), budget.account, *change.subscribers, rule));
      action->subscribers = *std::move(change.subscribers);
    }
    // What waits for approval waits for what it was asked; a changed action is asked for anew.
    if (action->status == kPending || action->status == kStandby) action->told = {};
    note(tx, *action, action->status == kPending ? kStandby : action->status, "UPDATE_ACTION", "The action was changed");
    out.after = *action;
    return {};
  }));
  return out;
}

base::Result<BudgetAction> delete_budget_action(Tx& tx, const std::string& name, const std::string& id) {
  BudgetAction gone;
  TRY(change_budget(tx, name, "budget-action-delete", [&](Budget& budget) -> Status {
    TRY_ASSIGN(auto* action, own_action(budget, id));
    if (domain::in_progress(action->status)) return locked();
    gone = *action;
    budget.actions.erase(budget.actions.begin() + (action - budget.actions.data()));
    return {};
  }));
  return gone;
}

Status execute_budget_action(Tx& tx, const std::string& name, const std::string& id, ActionExecution what) {
  return change_budget(tx, name, "budget-action-execute", [&](Budget& budget) -> Status {
    TRY_ASSIGN(auto* action, own_action(budget, id));
    const auto status = action->status;
    if (domain::in_progress(status)) return locked();
    const auto wrong = [&](const char* needs) { return invalid_budget(fmt::format("This needs an action that {}.", needs)); };
    switch (what) {
      case ActionExecution::kApprove:
        if (status != kPending) return wrong("waits for approval (PENDING)");
        execute(tx, budget, *action, "EXECUTE_ACTION");
        return {};
      case ActionExecution::kRetry:
        if (status != kExecutionFailure && status != kReverseFailure) return wrong("failed");
        if (status == kReverseFailure) reverse(tx, budget, *action);
        else execute(tx, budget, *action, "EXECUTE_ACTION");
        return {};
      case ActionExecution::kReverse:
        if (status != kExecutionSuccess && status != kReverseFailure) return wrong("has run (EXECUTION_SUCCESS)");
        reverse(tx, budget, *action);
        return {};
      case ActionExecution::kReset:
        if (status == kStandby) return wrong("is not in STANDBY already");
        reset_budget_action(tx, *action, "EXECUTE_ACTION", "Reset: it runs again when its threshold is reached");
        return {};
    }
    return {};
  });
}

void begin_budget_action(Tx& tx, const Budget& budget, BudgetAction& action) {
  if (action.automatic) execute(tx, budget, action, "SYSTEM");
  else note(tx, action, kPending, "SYSTEM", "The threshold was reached; the action waits for approval");
}

void reset_budget_action(Tx& tx, BudgetAction& action, const std::string& event, const std::string& message) {
  action.told = {};
  note(tx, action, kStandby, event, message);
}

bool advance_budget_action(Tx& tx, const Budget& budget, BudgetAction& action) {
  const bool patient = in_progress_since(action).ms_until(tx.now()) < kActionPatienceS * 1000;
  if (action.status == kExecutionInProgress) {
    std::string problem;
    const auto waiting = not_stopped(tx, budget, action, problem);
    if (waiting.empty()) note(tx, action, kExecutionSuccess, "SYSTEM", fmt::format("Stopped {}", list(action.stop)));
    else if (!patient) note(tx, action, kExecutionFailure, "SYSTEM", fmt::format("Not stopped: {}. {}", list(waiting), problem));
    return action.status != kExecutionInProgress;
  }
  if (action.status != kReverseInProgress) return false;
  std::vector<base::InstanceId> starting, failed;
  for (const auto& id : action.stop) {
    const auto* instance = tx.state().find<Instance>(id);
    if (!instance || instance->account != budget.account) continue;
    if (instance->state == InstanceState::kPending) starting.push_back(id);
    if (instance->state == InstanceState::kStopped && instance->failed_starts > 0) failed.push_back(id);
  }
  if (!failed.empty()) note(tx, action, kReverseFailure, "SYSTEM", fmt::format("Not started: {}", list(failed)));
  else if (starting.empty()) note(tx, action, kReverseSuccess, "SYSTEM", "The machines were started again");
  else if (!patient) note(tx, action, kReverseFailure, "SYSTEM", fmt::format("Still starting: {}", list(starting)));
  return action.status != kReverseInProgress;
}

}  // namespace stipend::control
