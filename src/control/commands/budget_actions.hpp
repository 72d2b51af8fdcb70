// Actions of budgets: machines that are stopped when a threshold is reached, by themselves or once a person approved. They run
// as the account: what it may not do, they may not either. Statuses are those of AWS Budgets.
//
//   standby -> pending (a person must approve) -> execution in progress -> success, or failure
//   success -> reverse in progress (machines start again, if credit, rules and room allow) -> reverse success, or failure
// A new period, or RESET_BUDGET_ACTION, leads back to standby; after a reset it runs again as soon as the threshold is reached.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/commands/budgets.hpp"

namespace stipend::control {

inline constexpr std::int64_t kActionPatienceS = 15 * 60;  // by then its machines have stopped or started, or it failed

struct NewBudgetAction {
  domain::BudgetTrigger trigger;
  std::vector<base::InstanceId> stop;
  std::string region, role;
  bool automatic = true;
  std::vector<domain::BudgetSubscriber> subscribers;
};
// Answers the action's id.
base::Result<std::string> create_budget_action(Tx& tx, const std::string& budget, NewBudgetAction wanted, const MailRule& rule);

struct BudgetActionChange {
  std::optional<domain::BudgetTrigger> trigger;
  std::optional<std::vector<base::InstanceId>> stop;
  std::optional<std::string> region, role;
  std::optional<bool> automatic;
  std::optional<std::vector<domain::BudgetSubscriber>> subscribers;
};
struct ChangedBudgetAction {
  domain::BudgetAction before, after;
};
base::Result<ChangedBudgetAction> update_budget_action(Tx& tx, const std::string& budget, const std::string& action, BudgetActionChange change,
                                                       const MailRule& rule);
base::Result<domain::BudgetAction> delete_budget_action(Tx& tx, const std::string& budget, const std::string& action);

enum class ActionExecution : std::uint8_t { kApprove, kRetry, kReverse, kReset };
base::Status execute_budget_action(Tx& tx, const std::string& budget, const std::string& action, ActionExecution what);

// NotFoundException.
base::Result<const domain::BudgetAction*> find_budget_action(const domain::Budget& budget, const std::string& id);

// For evaluation (budget_evaluation.hpp), on a budget that is about to be put.
void begin_budget_action(Tx& tx, const domain::Budget& budget, domain::BudgetAction& action);
void reset_budget_action(Tx& tx, domain::BudgetAction& action, const std::string& event, const std::string& message);
// What is in progress goes on: false, nothing changed.
bool advance_budget_action(Tx& tx, const domain::Budget& budget, domain::BudgetAction& action);

}  // namespace stipend::control
