#include "api/budgets/words.hpp"

#include <fmt/format.h>

#include <cmath>
#include <map>

#include "api/operation.hpp"

namespace stipend::api {
namespace {

using domain::BudgetActionStatus;
using domain::BudgetComparison;

constexpr double kBillion = 1e9;
constexpr double kThresholdMost = 1e6;  // control's limits are narrower

const char* comparison_word(BudgetComparison comparison) {
  switch (comparison) {
    case BudgetComparison::kGreaterThan: return "GREATER_THAN";
    case BudgetComparison::kLessThan: return "LESS_THAN";
    case BudgetComparison::kEqualTo: return "EQUAL_TO";
  }
  return "";
}

BudgetComparison comparison(const std::string& word) {
  if (word == "LESS_THAN") return BudgetComparison::kLessThan;
  return word == "EQUAL_TO" ? BudgetComparison::kEqualTo : BudgetComparison::kGreaterThan;
}

base::Result<std::int64_t> to_billionths(double threshold) {
  if (!(threshold >= 0 && threshold <= kThresholdMost))
    return fail(Fault::kInvalid, "InvalidParameterException", "A threshold is from 0 to 1000000.");
  return std::llround(threshold * kBillion);
}

double of_billionths(std::int64_t count) { return static_cast<double>(count) / kBillion; }

const char* threshold_type(const domain::BudgetTrigger& trigger) { return trigger.percent ? "PERCENTAGE" : "ABSOLUTE_VALUE"; }

}  // namespace

std::string time_unit(domain::BudgetTime time) {
  switch (time) {
    case domain::BudgetTime::kDaily: return "DAILY";
    case domain::BudgetTime::kMonthly: return "MONTHLY";
    case domain::BudgetTime::kQuarterly: return "QUARTERLY";
    case domain::BudgetTime::kAnnually: return "ANNUALLY";
  }
  return "";
}

std::string status_word(BudgetActionStatus status) {
  switch (status) {
    case BudgetActionStatus::kStandby: return "STANDBY";
    case BudgetActionStatus::kPending: return "PENDING";
    case BudgetActionStatus::kExecutionInProgress: return "EXECUTION_IN_PROGRESS";
    case BudgetActionStatus::kExecutionSuccess: return "EXECUTION_SUCCESS";
    case BudgetActionStatus::kExecutionFailure: return "EXECUTION_FAILURE";
    case BudgetActionStatus::kReverseInProgress: return "REVERSE_IN_PROGRESS";
    case BudgetActionStatus::kReverseSuccess: return "REVERSE_SUCCESS";
    case BudgetActionStatus::kReverseFailure: return "REVERSE_FAILURE";
    case BudgetActionStatus::kResetInProgress: return "RESET_IN_PROGRESS";
    case BudgetActionStatus::kResetFailure: return "RESET_FAILURE";
  }
  return "";
}

aws::budgets::Spend to_spend(base::Money amount, const std::string& unit) {
  auto text = base::to_decimal(amount);
  if (text.ends_with("0") && text[text.size() - 3] == '.') text.pop_back();
  aws::budgets::Spend out;
  out.amount = std::move(text);
  out.unit = unit;
  return out;
}

base::Result<base::Money> to_amount(const aws::budgets::Spend& spend) {
  if (auto amount = base::parse_decimal(*spend.amount)) return *amount;
  return fail(Fault::kInvalid, "InvalidParameterException",
              fmt::format("'{}' is not an amount like \"100\" or \"12.5\", of nine decimals at most.", spend.amount->substr(0, 40)));
}

base::Result<domain::BudgetTrigger> to_trigger(const aws::budgets::Notification& notification) {
  domain::BudgetTrigger out;
  out.forecast = notification.notification_type == "FORECASTED";
  out.percent = notification.threshold_type != "ABSOLUTE_VALUE";
  out.comparison = comparison(*notification.comparison_operator);
  TRY_ASSIGN(out.threshold, to_billionths(*notification.threshold));
  return out;
}

base::Result<domain::BudgetTrigger> to_trigger(const std::string& notification_type, const aws::budgets::ActionThreshold& threshold) {
  domain::BudgetTrigger out;
  out.forecast = notification_type == "FORECASTED";
  out.percent = threshold.action_threshold_type == "PERCENTAGE";
  TRY_ASSIGN(out.threshold, to_billionths(*threshold.action_threshold_value));
  return out;
}

aws::budgets::Notification to_aws(const domain::BudgetNotification& notification, const std::optional<domain::BudgetPeriod>& period) {
  const auto& trigger = notification.trigger;
  aws::budgets::Notification out;
  out.notification_type = trigger.forecast ? "FORECASTED" : "ACTUAL";
  out.comparison_operator = comparison_word(trigger.comparison);
  out.threshold = of_billionths(trigger.threshold);
  out.threshold_type = threshold_type(trigger);
  out.notification_state = domain::in_alarm(notification, period) ? "ALARM" : "OK";
  return out;
}

aws::budgets::ActionThreshold to_threshold(const domain::BudgetTrigger& trigger) {
  aws::budgets::ActionThreshold out;
  out.action_threshold_value = of_billionths(trigger.threshold);
  out.action_threshold_type = threshold_type(trigger);
  return out;
}

std::string trigger_key(const domain::BudgetTrigger& trigger) {
  return fmt::format("{:d}{:d}{}{:020}", trigger.forecast, trigger.percent, static_cast<int>(trigger.comparison), trigger.threshold);
}

domain::BudgetSubscriber to_subscriber(const aws::budgets::Subscriber& subscriber) { return {subscriber.subscription_type == "SNS", *subscriber.address}; }

std::vector<domain::BudgetSubscriber> to_subscribers(const std::vector<aws::budgets::Subscriber>& subscribers) {
  std::vector<domain::BudgetSubscriber> out;
  for (const auto& subscriber : subscribers) out.push_back(to_subscriber(subscriber));
  return out;
}

aws::budgets::Subscriber to_aws(const domain::BudgetSubscriber& subscriber) {
  aws::budgets::Subscriber out;
  out.subscription_type = subscriber.sns ? "SNS" : "EMAIL";
  out.address = subscriber.address;
  return out;
}

base::Result<domain::Tags> to_budget_tags(const std::vector<aws::budgets::ResourceTag>& tags) {
  domain::Tags out;
  for (const auto& tag : tags)
    if (!out.emplace(*tag.key, *tag.value).second)
      return fail(Fault::kInvalid, "InvalidParameterException", fmt::format("The tag key '{}' comes twice.", *tag.key));
  return out;
}

aws::budgets::TimePeriod to_aws(const domain::BudgetPeriod& period) {
  aws::budgets::TimePeriod out;
  out.start = period.from;
  out.end = period.until;
  return out;
}

}  // namespace stipend::api
