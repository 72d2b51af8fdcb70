#include "api/budgets/action_shape.hpp"

#include <fmt/format.h>

#include "api/budgets/words.hpp"
#include "api/operation.hpp"

namespace stipend::api {
namespace {

std::unexpected<base::Error> refused(std::string why) { return fail(Fault::kInvalid, "InvalidParameterException", std::move(why)); }

}  // namespace

base::Status check_action_type(const std::string& type) {
  if (type == "APPLY_IAM_POLICY")
    return refused("ActionType APPLY_IAM_POLICY is not served: there is no IAM here that a policy could be attached in. Served is RUN_SSM_DOCUMENTS.");
  if (type == "APPLY_SCP_POLICY")
    return refused("ActionType APPLY_SCP_POLICY is not served: accounts here belong to no organization. Served is RUN_SSM_DOCUMENTS.");
  return {};
}

base::Result<std::vector<base::InstanceId>> to_machines(const aws::budgets::Definition& definition, const std::string& region) {
  const auto& ssm = definition.ssm_action_definition;
  if (!ssm || definition.iam_action_definition || definition.scp_action_definition) return refused("Definition must be an SsmActionDefinition and nothing else.");
  if (ssm->action_sub_type != "STOP_EC2_INSTANCES")
    return refused(fmt::format("ActionSubType {} is not served: there are no RDS instances here. Served is STOP_EC2_INSTANCES.", *ssm->action_sub_type));
  if (ssm->region != region) return refused(fmt::format("The only Region here is {}.", region));
  std::vector<base::InstanceId> out;
  for (const auto& text : ssm->instance_ids) {
    const auto id = base::InstanceId::parse(text);
    if (!id) return refused(fmt::format("The instance ID '{}' is malformed.", text));
    out.push_back(*id);
  }
  return out;
}

aws::budgets::Action to_aws(const std::string& budget, const domain::BudgetAction& action) {
  aws::budgets::Action out;
  out.action_id = action.id;
  out.budget_name = budget;
  out.notification_type = action.trigger.forecast ? "FORECASTED" : "ACTUAL";
  out.action_type = "RUN_SSM_DOCUMENTS";
  out.action_threshold = to_threshold(action.trigger);
  auto& ssm = out.definition.emplace().ssm_action_definition.emplace();
  ssm.action_sub_type = "STOP_EC2_INSTANCES";
  ssm.region = action.region;
  for (const auto& id : action.stop) ssm.instance_ids.push_back(id.str());
  out.execution_role_arn = action.role;
  out.approval_model = action.automatic ? "AUTOMATIC" : "MANUAL";
  out.status = status_word(action.status);
  for (const auto& subscriber : action.subscribers) out.subscribers.push_back(to_aws(subscriber));
  return out;
}

}  // namespace stipend::api
