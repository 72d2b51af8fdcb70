// A budget as AWS Budgets describes it, and as it is asked for. What cannot be done here is refused by name; what changes nothing
// here (CostTypes) is kept and answered back.
#pragma once

#include "aws/budgets/shapes/budget.hpp"
#include "aws/budgets/shapes/cost_filters_entry.hpp"
#include "domain/budgets.hpp"

namespace stipend::api {

// Without id and account. `region`: of this server.
base::Result<domain::Budget> to_budget(const aws::budgets::Budget& wanted, const std::string& region, base::WallTime now);

// `figures`: none before it begins and when it is over.
aws::budgets::Budget to_aws(const domain::Budget& budget, const std::optional<domain::BudgetFigures>& figures);
std::vector<aws::budgets::CostFiltersEntry> to_cost_filters(const domain::Budget& budget);
std::optional<aws::budgets::CostTypes> to_cost_types(const domain::Budget& budget);

}  // namespace stipend::api
