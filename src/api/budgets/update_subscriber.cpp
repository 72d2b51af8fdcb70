#include "aws/budgets/update_subscriber.hpp"

#include "api/budgets/call.hpp"
#include "api/budgets/words.hpp"

namespace stipend::api {
namespace {

Answer<budgets::UpdateSubscriber> update_subscriber(Context context, budgets::UpdateSubscriber::Request request) {
  CO_TRY_ASSIGN(const auto trigger, to_trigger(*request.notification));
  const auto rule = mail_rule(context);
  CO_TRY(co_await do_to_budgets(std::move(context), request.account_id,
                                [name = *request.budget_name, trigger, old = to_subscriber(*request.old_subscriber),
                                 wanted = to_subscriber(*request.new_subscriber), rule](control::Tx& tx) {
                                  return control::update_subscriber(tx, name, trigger, old, wanted, rule);
                                }));
  co_return budgets::UpdateSubscriber::Response{};
}

}  // namespace

extern constinit const Entry kBudgetsUpdateSubscriber = entry<budgets::UpdateSubscriber, update_subscriber>();

}  // namespace stipend::api
