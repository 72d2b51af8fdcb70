#include "aws/budgets/describe_budget_notifications_for_account.hpp"

#include "api/budgets/call.hpp"
#include "api/budgets/words.hpp"

namespace stipend::api {
namespace {

struct Found {
  std::vector<domain::RowPtr<domain::Budget>> rows;
  base::WallTime now;
};

Answer<budgets::DescribeBudgetNotificationsForAccount> describe_budget_notifications_for_account(Context context, budgets::DescribeBudgetNotificationsForAccount::Request request) {
  CO_TRY_ASSIGN(auto found, co_await look_at_budgets<Found>(context, request.account_id,
                                                            [account = context.account()](const domain::State& state, base::WallTime now) -> base::Result<Found> {
                                                              return Found{control::budgets_of(state, account), now};
                                                            }));
  CO_TRY_ASSIGN(auto page, page_of(context, std::move(found.rows), {request.max_results, request.next_token}, "",
                                   [](const auto& row) -> const std::string& { return row->name; }, 1000));
  budgets::DescribeBudgetNotificationsForAccount::Response response;
  for (const auto& row : page.rows) {
    auto& of = response.budget_notifications_for_account.emplace_back();
    of.budget_name = row->name;
    for (const auto& notification : row->notifications) of.notifications.push_back(to_aws(notification, domain::budget_period(*row, found.now)));
  }
  response.next_token = std::move(page.next_token);
  co_return response;
}

}  // namespace

extern constinit const Entry kBudgetsDescribeBudgetNotificationsForAccount = entry<budgets::DescribeBudgetNotificationsForAccount, describe_budget_notifications_for_account>();

}  // namespace stipend::api
