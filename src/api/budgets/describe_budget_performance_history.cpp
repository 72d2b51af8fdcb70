#include "aws/budgets/describe_budget_performance_history.hpp"

#include <fmt/format.h>

#include "api/budgets/budget_shape.hpp"
#include "api/budgets/call.hpp"
#include "api/budgets/spending.hpp"
#include "api/budgets/words.hpp"

namespace stipend::api {
namespace {

constexpr std::size_t kPeriodsMost = 60;  // AWS's, of days

Answer<budgets::DescribeBudgetPerformanceHistory> describe_budget_performance_history(Context context, budgets::DescribeBudgetPerformanceHistory::Request request) {
  base::WallTime from{0}, until = base::WallTime::never();
  if (request.time_period && request.time_period->start) from = *request.time_period->start;
  if (request.time_period && request.time_period->end) until = *request.time_period->end;
  CO_TRY_ASSIGN(auto found, co_await budget_history(context, request.account_id, *request.budget_name, from, until, kPeriodsMost));
  const auto listed = fmt::format("{}:{}:{}", *request.budget_name, from.ms, until.ms);
  CO_TRY_ASSIGN(auto page, page_of(context, std::move(found.periods), {request.max_results, request.next_token}, listed,
                                   [](const SpentPeriod& row) { return fmt::format("{:020}", row.period.from.ms); }));
  const auto& budget = *found.budget;
  budgets::DescribeBudgetPerformanceHistory::Response response;
  auto& history = response.budget_performance_history.emplace();
  history.budget_name = budget.name;
  history.budget_type = budget.kind == domain::BudgetKind::kCost ? "COST" : "USAGE";
  history.time_unit = time_unit(budget.time);
  history.cost_filters = to_cost_filters(budget);
  history.cost_types = to_cost_types(budget);
  for (const auto& row : page.rows) {
    auto& of = history.budgeted_and_actual_amounts_list.emplace_back();
    of.budgeted_amount = to_spend(budget.limit, budget.unit);
    of.actual_amount = to_spend(row.actual, budget.unit);
    of.time_period = to_aws(row.period);
  }
  response.next_token = std::move(page.next_token);
  co_return response;
}

}  // namespace

extern constinit const Entry kBudgetsDescribeBudgetPerformanceHistory = entry<budgets::DescribeBudgetPerformanceHistory, describe_budget_performance_history>();

}  // namespace stipend::api
