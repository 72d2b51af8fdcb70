#include "aws/budgets/update_notification.hpp"

#include "api/budgets/call.hpp"
#include "api/budgets/words.hpp"

namespace stipend::api {
namespace {

Answer<budgets::UpdateNotification> update_notification(Context context, budgets::UpdateNotification::Request request) {
  CO_TRY_ASSIGN(const auto old, to_trigger(*request.old_notification));
  CO_TRY_ASSIGN(const auto wanted, to_trigger(*request.new_notification));
  CO_TRY(co_await do_to_budgets(std::move(context), request.account_id, [name = *request.budget_name, old, wanted](control::Tx& tx) {
    return control::update_notification(tx, name, old, wanted);
  }));
  co_return budgets::UpdateNotification::Response{};
}

}  // namespace

extern constinit const Entry kBudgetsUpdateNotification = entry<budgets::UpdateNotification, update_notification>();

}  // namespace stipend::api
