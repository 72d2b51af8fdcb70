#include "aws/budgets/create_budget.hpp"

#include "api/budgets/budget_shape.hpp"
#include "api/budgets/call.hpp"
#include "api/budgets/words.hpp"

namespace stipend::api {
namespace {

Answer<budgets::CreateBudget> create_budget(Context context, budgets::CreateBudget::Request request) {
  const auto rule = mail_rule(context);
  std::vector<domain::BudgetNotification> notifications;
  for (const auto& wanted : request.notifications_with_subscribers) {
    CO_TRY_ASSIGN(const auto trigger, to_trigger(*wanted.notification));
    notifications.push_back({trigger, to_subscribers(wanted.subscribers), false, {}});
  }
  CO_TRY_ASSIGN(const auto tags, to_budget_tags(request.resource_tags));
  CO_TRY(co_await do_to_budgets(context, request.account_id,
                                [rule, notifications, tags, wanted = *std::move(request.budget), region = context.settings().region](control::Tx& tx) -> base::Status {
                                  TRY_ASSIGN(auto budget, to_budget(wanted, region, tx.now()));
                                  budget.notifications = notifications;
                                  budget.tags = tags;
                                  return control::create_budget(tx, std::move(budget), rule);
                                }));
  co_return budgets::CreateBudget::Response{};
}

}  // namespace

extern constinit const Entry kBudgetsCreateBudget = entry<budgets::CreateBudget, create_budget>();

}  // namespace stipend::api
