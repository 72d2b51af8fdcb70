#include "aws/budgets/create_subscriber.hpp"

#include "api/budgets/call.hpp"
#include "api/budgets/words.hpp"

namespace stipend::api {
namespace {

Answer<budgets::CreateSubscriber> create_subscriber(Context context, budgets::CreateSubscriber::Request request) {
  CO_TRY_ASSIGN(const auto trigger, to_trigger(*request.notification));
  const auto rule = mail_rule(context);
  CO_TRY(co_await do_to_budgets(std::move(context), request.account_id,
                                [name = *request.budget_name, trigger, wanted = to_subscriber(*request.subscriber), rule](control::Tx& tx) {
                                  return control::create_subscriber(tx, name, trigger, wanted, rule);
                                }));
  co_return budgets::CreateSubscriber::Response{};
}

}  // namespace

extern constinit const Entry kBudgetsCreateSubscriber = entry<budgets::CreateSubscriber, create_subscriber>();

}  // namespace stipend::api
