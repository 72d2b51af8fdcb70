#include "aws/budgets/delete_notification.hpp"

#include "api/budgets/call.hpp"
#include "api/budgets/words.hpp"

namespace stipend::api {
namespace {

Answer<budgets::DeleteNotification> delete_notification(Context context, budgets::DeleteNotification::Request request) {
  CO_TRY_ASSIGN(const auto trigger, to_trigger(*request.notification));
  CO_TRY(co_await do_to_budgets(std::move(context), request.account_id, [name = *request.budget_name, trigger](control::Tx& tx) {
    return control::delete_notification(tx, name, trigger);
  }));
  co_return budgets::DeleteNotification::Response{};
}

}  // namespace

extern constinit const Entry kBudgetsDeleteNotification = entry<budgets::DeleteNotification, delete_notification>();

}  // namespace stipend::api
