#include "aws/budgets/tag_resource.hpp"

#include "api/budgets/arn.hpp"
#include "api/budgets/call.hpp"
#include "api/budgets/words.hpp"

namespace stipend::api {
namespace {

Answer<budgets::TagResource> tag_resource(Context context, budgets::TagResource::Request request) {
  CO_TRY_ASSIGN(const auto name, budget_of_arn(context, *request.resource_arn));
  CO_TRY_ASSIGN(const auto tags, to_budget_tags(request.resource_tags));
  CO_TRY(co_await do_to_budgets(context, context.account().str(), [name, tags](control::Tx& tx) { return control::change_budget_tags(tx, name, tags, {}); }));
  co_return budgets::TagResource::Response{};
}

}  // namespace

extern constinit const Entry kBudgetsTagResource = entry<budgets::TagResource, tag_resource>();

}  // namespace stipend::api
