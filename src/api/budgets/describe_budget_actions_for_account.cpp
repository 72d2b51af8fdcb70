#include "aws/budgets/describe_budget_actions_for_account.hpp"

#include <algorithm>

#include "api/budgets/action_shape.hpp"
#include "api/budgets/call.hpp"

namespace stipend::api {
namespace {

struct Row {
  std::string budget;
  domain::BudgetAction action;
};

Answer<budgets::DescribeBudgetActionsForAccount> describe_budget_actions_for_account(Context context, budgets::DescribeBudgetActionsForAccount::Request request) {
  using Rows = std::vector<Row>;
  CO_TRY_ASSIGN(auto rows, co_await look_at_budgets<Rows>(context, request.account_id,
                                                          [account = context.account()](const domain::State& state, base::WallTime) -> base::Result<Rows> {
                                                            Rows out;
                                                            for (const auto& budget : control::budgets_of(state, account))
                                                              for (const auto& action : budget->actions) out.push_back({budget->name, action});
                                                            return out;
                                                          }));
  const auto key = [](const Row& row) -> const std::string& { return row.action.id; };
  std::ranges::sort(rows, {}, key);
  CO_TRY_ASSIGN(auto page, page_of(context, std::move(rows), {request.max_results, request.next_token}, "", key));
  budgets::DescribeBudgetActionsForAccount::Response response;
  for (const auto& row : page.rows) response.actions.push_back(to_aws(row.budget, row.action));
  response.next_token = std::move(page.next_token);
  co_return response;
}

}  // namespace

extern constinit const Entry kBudgetsDescribeBudgetActionsForAccount = entry<budgets::DescribeBudgetActionsForAccount, describe_budget_actions_for_account>();

}  // namespace stipend::api
