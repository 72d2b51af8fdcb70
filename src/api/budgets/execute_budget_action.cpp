#include "aws/budgets/execute_budget_action.hpp"

#include "api/budgets/action_shape.hpp"
#include "api/budgets/call.hpp"

namespace stipend::api {
namespace {

Answer<budgets::ExecuteBudgetAction> execute_budget_action(Context context, budgets::ExecuteBudgetAction::Request request) {
  const auto what = request.execution_type == "APPROVE_BUDGET_ACTION"   ? control::ActionExecution::kApprove
                    : request.execution_type == "RETRY_BUDGET_ACTION"   ? control::ActionExecution::kRetry
                    : request.execution_type == "REVERSE_BUDGET_ACTION" ? control::ActionExecution::kReverse
                                                                        : control::ActionExecution::kReset;
  CO_TRY(co_await do_to_budgets(std::move(context), request.account_id, [name = *request.budget_name, id = *request.action_id, what](control::Tx& tx) {
    return control::execute_budget_action(tx, name, id, what);
  }));
  budgets::ExecuteBudgetAction::Response response;
  response.account_id = request.account_id;
  response.budget_name = request.budget_name;
  response.action_id = request.action_id;
  response.execution_type = request.execution_type;
  co_return response;
}

}  // namespace

extern constinit const Entry kBudgetsExecuteBudgetAction = entry<budgets::ExecuteBudgetAction, execute_budget_action>();

}  // namespace stipend::api
