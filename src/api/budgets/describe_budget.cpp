#include "aws/budgets/describe_budget.hpp"

#include "api/budgets/budget_shape.hpp"
#include "api/budgets/call.hpp"
#include "api/budgets/spending.hpp"

namespace stipend::api {
namespace {

Answer<budgets::DescribeBudget> describe_budget(Context context, budgets::DescribeBudget::Request request) {
  CO_TRY_ASSIGN(const auto found, co_await budgets_now(std::move(context), request.account_id, *request.budget_name));
  budgets::DescribeBudget::Response response;
  response.budget = to_aws(*found.front().budget, found.front().figures);
  co_return response;
}

}  // namespace

extern constinit const Entry kBudgetsDescribeBudget = entry<budgets::DescribeBudget, describe_budget>();

}  // namespace stipend::api
