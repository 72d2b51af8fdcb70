#include "aws/budgets/delete_budget.hpp"

#include "api/budgets/call.hpp"

namespace stipend::api {
namespace {

Answer<budgets::DeleteBudget> delete_budget(Context context, budgets::DeleteBudget::Request request) {
  CO_TRY(co_await do_to_budgets(std::move(context), request.account_id,
                                [name = *request.budget_name](control::Tx& tx) { return control::delete_budget(tx, name); }));
  co_return budgets::DeleteBudget::Response{};
}

}  // namespace

extern constinit const Entry kBudgetsDeleteBudget = entry<budgets::DeleteBudget, delete_budget>();

}  // namespace stipend::api
