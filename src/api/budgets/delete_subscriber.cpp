#include "aws/budgets/delete_subscriber.hpp"

#include "api/budgets/call.hpp"
#include "api/budgets/words.hpp"

namespace stipend::api {
namespace {

Answer<budgets::DeleteSubscriber> delete_subscriber(Context context, budgets::DeleteSubscriber::Request request) {
  CO_TRY_ASSIGN(const auto trigger, to_trigger(*request.notification));
  CO_TRY(co_await do_to_budgets(std::move(context), request.account_id,
                                [name = *request.budget_name, trigger, gone = to_subscriber(*request.subscriber)](control::Tx& tx) {
                                  return control::delete_subscriber(tx, name, trigger, gone);
                                }));
  co_return budgets::DeleteSubscriber::Response{};
}

}  // namespace

extern constinit const Entry kBudgetsDeleteSubscriber = entry<budgets::DeleteSubscriber, delete_subscriber>();

}  // namespace stipend::api
