#include "aws/budgets/delete_budget_action.hpp"

#include "api/budgets/action_shape.hpp"
#include "api/budgets/call.hpp"

namespace stipend::api {
namespace {

Answer<budgets::DeleteBudgetAction> delete_budget_action(Context context, budgets::DeleteBudgetAction::Request request) {
  CO_TRY_ASSIGN(const auto gone, co_await change_budgets<domain::BudgetAction>(
                                     std::move(context), request.account_id, [name = *request.budget_name, id = *request.action_id](control::Tx& tx) {
                                       return control::delete_budget_action(tx, name, id);
                                     }));
  budgets::DeleteBudgetAction::Response response;
  response.account_id = request.account_id;
  response.budget_name = request.budget_name;
  response.action = to_aws(*request.budget_name, gone);
  co_return response;
}

}  // namespace

extern constinit const Entry kBudgetsDeleteBudgetAction = entry<budgets::DeleteBudgetAction, delete_budget_action>();

}  // namespace stipend::api
