// GetCostAndUsage and GetCostAndUsageWithResources: sums of costs by period and group.
#pragma once

#include "api/operation.hpp"
#include "aws/ce/get_cost_and_usage.hpp"

namespace stipend::api {

// `with_resources`: also by the single machine or disk (RESOURCE_ID), then of the last 14 days only.
awaitable<base::Result<ce::GetCostAndUsageResponse>> cost_and_usage(Context context, ce::GetCostAndUsageRequest request, bool with_resources);

}  // namespace stipend::api
