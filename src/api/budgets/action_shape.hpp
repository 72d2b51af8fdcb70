// Actions of budgets as AWS Budgets describes them: RUN_SSM_DOCUMENTS with STOP_EC2_INSTANCES. Policies of IAM and of
// organizations are refused by name.
#pragma once

#include <vector>

#include "aws/budgets/shapes/action.hpp"
#include "aws/budgets/shapes/definition.hpp"
#include "control/commands/budget_actions.hpp"

namespace stipend::api {

base::Status check_action_type(const std::string& type);
// The machines that an action is to stop; `region`: of this server.
base::Result<std::vector<base::InstanceId>> to_machines(const aws::budgets::Definition& definition, const std::string& region);
aws::budgets::Action to_aws(const std::string& budget, const domain::BudgetAction& action);

}  // namespace stipend::api
