#include "aws/budgets/list_tags_for_resource.hpp"

#include "api/budgets/arn.hpp"
#include "api/budgets/call.hpp"

namespace stipend::api {
namespace {

Answer<budgets::ListTagsForResource> list_tags_for_resource(Context context, budgets::ListTagsForResource::Request request) {
  CO_TRY_ASSIGN(const auto name, budget_of_arn(context, *request.resource_arn));
  CO_TRY_ASSIGN(const auto tags, co_await look_at_budgets<domain::Tags>(
                                     context, context.account().str(),
                                     [account = context.account(), name](const domain::State& state, base::WallTime) -> base::Result<domain::Tags> {
                                       TRY_ASSIGN(const auto* budget, control::find_budget(state, account, name));
                                       return budget->tags;
                                     }));
  budgets::ListTagsForResource::Response response;
  for (const auto& [key, value] : tags) {
    auto& tag = response.resource_tags.emplace_back();
    tag.key = key;
    tag.value = value;
  }
  co_return response;
}

}  // namespace

extern constinit const Entry kBudgetsListTagsForResource = entry<budgets::ListTagsForResource, list_tags_for_resource>();

}  // namespace stipend::api
