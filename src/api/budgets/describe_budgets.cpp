#include "aws/budgets/describe_budgets.hpp"

#include "api/budgets/budget_shape.hpp"
#include "api/budgets/call.hpp"
#include "api/budgets/spending.hpp"

namespace stipend::api {
namespace {

Answer<budgets::DescribeBudgets> describe_budgets(Context context, budgets::DescribeBudgets::Request request) {
  CO_TRY_ASSIGN(auto found, co_await budgets_now(context, request.account_id, std::nullopt));
  CO_TRY_ASSIGN(auto page, page_of(context, std::move(found), {request.max_results, request.next_token}, "",
                                   [](const BudgetNow& row) -> const std::string& { return row.budget->name; }, 1000));
  budgets::DescribeBudgets::Response response;
  for (const auto& row : page.rows) response.budgets.push_back(to_aws(*row.budget, row.figures));
  response.next_token = std::move(page.next_token);
  co_return response;
}

}  // namespace

extern constinit const Entry kBudgetsDescribeBudgets = entry<budgets::DescribeBudgets, describe_budgets>();

}  // namespace stipend::api
