#include "aws/budgets/untag_resource.hpp"

#include "api/budgets/arn.hpp"
#include "api/budgets/call.hpp"

namespace stipend::api {
namespace {

Answer<budgets::UntagResource> untag_resource(Context context, budgets::UntagResource::Request request) {
  CO_TRY_ASSIGN(const auto name, budget_of_arn(context, *request.resource_arn));
  CO_TRY(co_await do_to_budgets(context, context.account().str(), [name, keys = request.resource_tag_keys](control::Tx& tx) {
    return control::change_budget_tags(tx, name, {}, keys);
  }));
  co_return budgets::UntagResource::Response{};
}

}  // namespace

extern constinit const Entry kBudgetsUntagResource = entry<budgets::UntagResource, untag_resource>();

}  // namespace stipend::api
