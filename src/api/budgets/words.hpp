// Rows of budgets in the words of AWS Budgets, and back. Thresholds and amounts are checked; enumerations are by the codec.
#pragma once

#include "aws/budgets/shapes/action_threshold.hpp"
#include "aws/budgets/shapes/notification.hpp"
#include "aws/budgets/shapes/resource_tag.hpp"
#include "aws/budgets/shapes/spend.hpp"
#include "aws/budgets/shapes/subscriber.hpp"
#include "aws/budgets/shapes/time_period.hpp"
#include "domain/budgets.hpp"

namespace stipend::api {

std::string time_unit(domain::BudgetTime time);
std::string status_word(domain::BudgetActionStatus status);

// "100.0", as AWS writes amounts: exact, a decimal at least.
aws::budgets::Spend to_spend(base::Money amount, const std::string& unit);
// What to_spend writes and plain decimals.
base::Result<base::Money> to_amount(const aws::budgets::Spend& spend);

base::Result<domain::BudgetTrigger> to_trigger(const aws::budgets::Notification& notification);
// `trigger` with another threshold: an action's.
base::Result<domain::BudgetTrigger> to_trigger(const std::string& notification_type, const aws::budgets::ActionThreshold& threshold);
aws::budgets::Notification to_aws(const domain::BudgetNotification& notification, const std::optional<domain::BudgetPeriod>& period);
aws::budgets::ActionThreshold to_threshold(const domain::BudgetTrigger& trigger);
// Orders triggers: for pages.
std::string trigger_key(const domain::BudgetTrigger& trigger);

domain::BudgetSubscriber to_subscriber(const aws::budgets::Subscriber& subscriber);
std::vector<domain::BudgetSubscriber> to_subscribers(const std::vector<aws::budgets::Subscriber>& subscribers);
aws::budgets::Subscriber to_aws(const domain::BudgetSubscriber& subscriber);

// A key that comes twice: InvalidParameterException.
base::Result<domain::Tags> to_budget_tags(const std::vector<aws::budgets::ResourceTag>& tags);

aws::budgets::TimePeriod to_aws(const domain::BudgetPeriod& period);

}  // namespace stipend::api
