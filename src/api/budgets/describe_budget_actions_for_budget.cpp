#include "aws/budgets/describe_budget_actions_for_budget.hpp"

#include <algorithm>

#include "api/budgets/action_shape.hpp"
#include "api/budgets/call.hpp"

namespace stipend::api {
namespace {

Answer<budgets::DescribeBudgetActionsForBudget> describe_budget_actions_for_budget(Context context, budgets::DescribeBudgetActionsForBudget::Request request) {
  using Rows = std::vector<domain::BudgetAction>;
  CO_TRY_ASSIGN(auto rows, co_await look_at_budgets<Rows>(
                               context, request.account_id,
                               [account = context.account(), name = *request.budget_name](const domain::State& state, base::WallTime) -> base::Result<Rows> {
                                 TRY_ASSIGN(const auto* budget, control::find_budget(state, account, name));
                                 return budget->actions;
                               }));
  std::ranges::sort(rows, {}, &domain::BudgetAction::id);
  CO_TRY_ASSIGN(auto page, page_of(context, std::move(rows), {request.max_results, request.next_token}, *request.budget_name,
                                   [](const domain::BudgetAction& row) -> const std::string& { return row.id; }));
  budgets::DescribeBudgetActionsForBudget::Response response;
  for (const auto& row : page.rows) response.actions.push_back(to_aws(*request.budget_name, row));
  response.next_token = std::move(page.next_token);
  co_return response;
}

}  // namespace

extern constinit const Entry kBudgetsDescribeBudgetActionsForBudget = entry<budgets::DescribeBudgetActionsForBudget, describe_budget_actions_for_budget>();

}  // namespace stipend::api
