#include "aws/budgets/describe_budget_action.hpp"

#include "api/budgets/action_shape.hpp"
#include "api/budgets/call.hpp"

namespace stipend::api {
namespace {

Answer<budgets::DescribeBudgetAction> describe_budget_action(Context context, budgets::DescribeBudgetAction::Request request) {
  CO_TRY_ASSIGN(const auto action, co_await look_at_budgets<domain::BudgetAction>(
                                       context, request.account_id,
                                       [account = context.account(), name = *request.budget_name,
                                        id = *request.action_id](const domain::State& state, base::WallTime) -> base::Result<domain::BudgetAction> {
                                         TRY_ASSIGN(const auto* budget, control::find_budget(state, account, name));
                                         TRY_ASSIGN(const auto* found, control::find_budget_action(*budget, id));
                                         return *found;
                                       }));
  budgets::DescribeBudgetAction::Response response;
  response.account_id = request.account_id;
  response.budget_name = request.budget_name;
  response.action = to_aws(*request.budget_name, action);
  co_return response;
}

}  // namespace

extern constinit const Entry kBudgetsDescribeBudgetAction = entry<budgets::DescribeBudgetAction, describe_budget_action>();

}  // namespace stipend::api
