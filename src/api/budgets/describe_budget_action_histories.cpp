#include "aws/budgets/describe_budget_action_histories.hpp"

#include <fmt/format.h>

#include "api/budgets/action_shape.hpp"
#include "api/budgets/call.hpp"
#include "api/budgets/words.hpp"

namespace stipend::api {
namespace {

struct Row {
  std::string key;  // the newest first
  domain::BudgetActionEvent event;
};

Answer<budgets::DescribeBudgetActionHistories> describe_budget_action_histories(Context context, budgets::DescribeBudgetActionHistories::Request request) {
  CO_TRY_ASSIGN(auto action, co_await look_at_budgets<domain::BudgetAction>(
                                 context, request.account_id,
                                 [account = context.account(), name = *request.budget_name,
                                  id = *request.action_id](const domain::State& state, base::WallTime) -> base::Result<domain::BudgetAction> {
                                   TRY_ASSIGN(const auto* budget, control::find_budget(state, account, name));
                                   TRY_ASSIGN(const auto* found, control::find_budget_action(*budget, id));
                                   return *found;
                                 }));
  std::vector<Row> rows;
  for (std::size_t i = action.history.size(); i-- > 0;) {
    const auto& event = action.history[i];
    if (request.time_period && request.time_period->start && event.at < *request.time_period->start) continue;
    if (request.time_period && request.time_period->end && event.at >= *request.time_period->end) continue;
    rows.push_back({fmt::format("{:020}{:04}", base::WallTime::never().ms - event.at.ms, 9999 - i), event});
  }
  CO_TRY_ASSIGN(auto page, page_of(context, std::move(rows), {request.max_results, request.next_token}, *request.action_id,
                                   [](const Row& row) -> const std::string& { return row.key; }));
  budgets::DescribeBudgetActionHistories::Response response;
  for (const auto& row : page.rows) {
    auto& event = response.action_histories.emplace_back();
    event.timestamp = row.event.at;
    event.status = status_word(row.event.status);
    event.event_type = row.event.event;
    auto& details = event.action_history_details.emplace();
    details.message = row.event.message;
    action.status = row.event.status;
    details.action = to_aws(*request.budget_name, action);
  }
  response.next_token = std::move(page.next_token);
  co_return response;
}

}  // namespace

extern constinit const Entry kBudgetsDescribeBudgetActionHistories = entry<budgets::DescribeBudgetActionHistories, describe_budget_action_histories>();

}  // namespace stipend::api
