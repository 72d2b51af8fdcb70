#include "aws/budgets/describe_subscribers_for_notification.hpp"

#include <algorithm>

#include "api/budgets/call.hpp"
#include "api/budgets/words.hpp"

namespace stipend::api {
namespace {

Answer<budgets::DescribeSubscribersForNotification> describe_subscribers_for_notification(Context context, budgets::DescribeSubscribersForNotification::Request request) {
  using Rows = std::vector<domain::BudgetSubscriber>;
  CO_TRY_ASSIGN(const auto trigger, to_trigger(*request.notification));
  CO_TRY_ASSIGN(auto rows, co_await look_at_budgets<Rows>(
                               context, request.account_id,
                               [account = context.account(), name = *request.budget_name, trigger](const domain::State& state, base::WallTime) -> base::Result<Rows> {
                                 TRY_ASSIGN(const auto* budget, control::find_budget(state, account, name));
                                 TRY_ASSIGN(const auto* notification, control::find_notification(*budget, trigger));
                                 return notification->subscribers;
                               }));
  const auto key = [](const domain::BudgetSubscriber& row) -> const std::string& { return row.address; };
  std::ranges::sort(rows, {}, key);
  const auto listed = *request.budget_name + ":" + trigger_key(trigger);
  CO_TRY_ASSIGN(auto page, page_of(context, std::move(rows), {request.max_results, request.next_token}, listed, key));
  budgets::DescribeSubscribersForNotification::Response response;
  for (const auto& row : page.rows) response.subscribers.push_back(to_aws(row));
  response.next_token = std::move(page.next_token);
  co_return response;
}

}  // namespace

extern constinit const Entry kBudgetsDescribeSubscribersForNotification = entry<budgets::DescribeSubscribersForNotification, describe_subscribers_for_notification>();

}  // namespace stipend::api
