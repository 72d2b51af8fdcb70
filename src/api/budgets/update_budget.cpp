#include "aws/budgets/update_budget.hpp"

#include "api/budgets/budget_shape.hpp"
#include "api/budgets/call.hpp"

namespace stipend::api {
namespace {

Answer<budgets::UpdateBudget> update_budget(Context context, budgets::UpdateBudget::Request request) {
  CO_TRY(co_await do_to_budgets(context, request.account_id,
                                [wanted = *std::move(request.new_budget), region = context.settings().region](control::Tx& tx) -> base::Status {
                                  TRY_ASSIGN(auto budget, to_budget(wanted, region, tx.now()));
                                  return control::update_budget(tx, std::move(budget));
                                }));
  co_return budgets::UpdateBudget::Response{};
}

}  // namespace

extern constinit const Entry kBudgetsUpdateBudget = entry<budgets::UpdateBudget, update_budget>();

}  // namespace stipend::api
