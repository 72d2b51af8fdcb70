#include "aws/budgets/create_budget_action.hpp"

#include "api/budgets/action_shape.hpp"
#include "api/budgets/call.hpp"
#include "api/budgets/words.hpp"

namespace stipend::api {
namespace {

Answer<budgets::CreateBudgetAction> create_budget_action(Context context, budgets::CreateBudgetAction::Request request) {
  if (!request.resource_tags.empty()) co_return fail(Fault::kInvalid, "InvalidParameterException", "Tags are kept on budgets, not on their actions.");
  control::NewBudgetAction wanted;
  CO_TRY(check_action_type(*request.action_type));
  CO_TRY_ASSIGN(wanted.trigger, to_trigger(*request.notification_type, *request.action_threshold));
  CO_TRY_ASSIGN(wanted.stop, to_machines(*request.definition, context.settings().region));
  wanted.region = context.settings().region;
  wanted.role = *request.execution_role_arn;
  wanted.automatic = request.approval_model == "AUTOMATIC";
  wanted.subscribers = to_subscribers(request.subscribers);
  const auto rule = mail_rule(context);
  CO_TRY_ASSIGN(const auto id, co_await change_budgets<std::string>(context, request.account_id, [name = *request.budget_name, wanted, rule](control::Tx& tx) {
                  return control::create_budget_action(tx, name, wanted, rule);
                }));
  budgets::CreateBudgetAction::Response response;
  response.account_id = request.account_id;
  response.budget_name = request.budget_name;
  response.action_id = id;
  co_return response;
}

}  // namespace

extern constinit const Entry kBudgetsCreateBudgetAction = entry<budgets::CreateBudgetAction, create_budget_action>();

}  // namespace stipend::api
