#include "aws/ce/get_cost_and_usage.hpp"

#include "api/ce/cost_and_usage.hpp"

namespace stipend::api {
namespace {

Answer<ce::GetCostAndUsage> get_cost_and_usage(Context context, ce::GetCostAndUsage::Request request) {
  return cost_and_usage(std::move(context), std::move(request), false);
}

}  // namespace

extern constinit const Entry kCeGetCostAndUsage = entry<ce::GetCostAndUsage, get_cost_and_usage>();

}  // namespace stipend::api
