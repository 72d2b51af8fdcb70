#include "aws/budgets/update_budget_action.hpp"

#include "api/budgets/action_shape.hpp"
#include "api/budgets/call.hpp"
#include "api/budgets/words.hpp"

namespace stipend::api {
namespace {

Answer<budgets::UpdateBudgetAction> update_budget_action(Context context, budgets::UpdateBudgetAction::Request request) {
  control::BudgetActionChange change;
  if (request.action_threshold || request.notification_type) {
    if (!request.action_threshold || !request.notification_type)
      co_return fail(Fault::kInvalid, "InvalidParameterException", "NotificationType and ActionThreshold are changed together.");
    CO_TRY_ASSIGN(change.trigger, to_trigger(*request.notification_type, *request.action_threshold));
  }
  if (request.definition) {
    CO_TRY_ASSIGN(change.stop, to_machines(*request.definition, context.settings().region));
  }
  change.role = request.execution_role_arn;
  if (request.approval_model) change.automatic = request.approval_model == "AUTOMATIC";
  if (!request.subscribers.empty()) change.subscribers = to_subscribers(request.subscribers);
  const auto rule = mail_rule(context);
  CO_TRY_ASSIGN(const auto changed, co_await change_budgets<control::ChangedBudgetAction>(
                                        context, request.account_id,
                                        [name = *request.budget_name, id = *request.action_id, change, rule](control::Tx& tx) {
                                          return control::update_budget_action(tx, name, id, change, rule);
                                        }));
  budgets::UpdateBudgetAction::Response response;
  response.account_id = request.account_id;
  response.budget_name = request.budget_name;
  response.old_action = to_aws(*request.budget_name, changed.before);
  response.new_action = to_aws(*request.budget_name, changed.after);
  co_return response;
}

}  // namespace

extern constinit const Entry kBudgetsUpdateBudgetAction = entry<budgets::UpdateBudgetAction, update_budget_action>();

}  // namespace stipend::api
