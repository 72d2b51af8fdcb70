#include "aws/budgets/create_notification.hpp"

#include "api/budgets/call.hpp"
#include "api/budgets/words.hpp"

namespace stipend::api {
namespace {

Answer<budgets::CreateNotification> create_notification(Context context, budgets::CreateNotification::Request request) {
  CO_TRY_ASSIGN(const auto trigger, to_trigger(*request.notification));
  domain::BudgetNotification wanted{trigger, to_subscribers(request.subscribers), false, {}};
  const auto rule = mail_rule(context);
  CO_TRY(co_await do_to_budgets(std::move(context), request.account_id, [name = *request.budget_name, wanted, rule](control::Tx& tx) {
    return control::create_notification(tx, name, wanted, rule);
  }));
  co_return budgets::CreateNotification::Response{};
}

}  // namespace

extern constinit const Entry kBudgetsCreateNotification = entry<budgets::CreateNotification, create_notification>();

}  // namespace stipend::api
