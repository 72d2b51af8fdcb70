#include "aws/budgets/describe_notifications_for_budget.hpp"

#include <algorithm>

#include "api/budgets/call.hpp"
#include "api/budgets/words.hpp"

namespace stipend::api {
namespace {

struct Notifications {
  std::vector<domain::BudgetNotification> rows;
  std::optional<domain::BudgetPeriod> period;
};

std::string key(const domain::BudgetNotification& notification) { return trigger_key(notification.trigger); }

Answer<budgets::DescribeNotificationsForBudget> describe_notifications_for_budget(Context context, budgets::DescribeNotificationsForBudget::Request request) {
  CO_TRY_ASSIGN(auto found, co_await look_at_budgets<Notifications>(
                                context, request.account_id,
                                [account = context.account(), name = *request.budget_name](const domain::State& state, base::WallTime now) -> base::Result<Notifications> {
                                  TRY_ASSIGN(const auto* budget, control::find_budget(state, account, name));
                                  return Notifications{budget->notifications, domain::budget_period(*budget, now)};
                                }));
  std::ranges::sort(found.rows, {}, key);
  CO_TRY_ASSIGN(auto page, page_of(context, std::move(found.rows), {request.max_results, request.next_token}, *request.budget_name, key));
  budgets::DescribeNotificationsForBudget::Response response;
  for (const auto& row : page.rows) response.notifications.push_back(to_aws(row, found.period));
  response.next_token = std::move(page.next_token);
  co_return response;
}

}  // namespace

extern constinit const Entry kBudgetsDescribeNotificationsForBudget = entry<budgets::DescribeNotificationsForBudget, describe_notifications_for_budget>();

}  // namespace stipend::api
