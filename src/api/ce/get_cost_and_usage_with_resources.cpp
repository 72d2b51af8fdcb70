#include "aws/ce/get_cost_and_usage_with_resources.hpp"

#include "api/ce/cost_and_usage.hpp"

namespace stipend::api {
namespace {

Answer<ce::GetCostAndUsageWithResources> get_cost_and_usage_with_resources(Context context, ce::GetCostAndUsageWithResources::Request request) {
  ce::GetCostAndUsageRequest same{std::move(request.time_period), std::move(request.granularity), std::move(request.filter),
                                  std::move(request.metrics),     std::move(request.group_by),    std::move(request.billing_view_arn),
                                  std::move(request.next_page_token)};
  if (same.metrics.empty()) same.metrics = {"UnblendedCost"};
  CO_TRY_ASSIGN(auto answer, co_await cost_and_usage(std::move(context), std::move(same), true));
  co_return ce::GetCostAndUsageWithResources::Response{std::move(answer.next_page_token), std::move(answer.group_definitions),
                                                       std::move(answer.results_by_time), std::move(answer.dimension_value_attributes)};
}

}  // namespace

extern constinit const Entry kCeGetCostAndUsageWithResources = entry<ce::GetCostAndUsageWithResources, get_cost_and_usage_with_resources>();

}  // namespace stipend::api
