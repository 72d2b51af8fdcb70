#include "domain/budgets.hpp"

namespace stipend::domain {
namespace {

constexpr std::int64_t kHundredPercent = 100'000'000'000;  // in billionths of a percent
constexpr std::int64_t kCent = 10'000'000;

std::int64_t cents(Money amount) { return (amount.nano + kCent / 2) / kCent; }

}  // namespace

Money threshold_of(const BudgetTrigger& trigger, Money limit) {
  if (!trigger.percent) return {trigger.threshold};
  return base::mul_div(limit, trigger.threshold, kHundredPercent, base::Rounding::kFloor);
}

bool reached(const BudgetTrigger& trigger, Money limit, const BudgetFigures& figures) {
  if (trigger.forecast && !figures.forecast) return false;
  const auto figure = trigger.forecast ? *figures.forecast : figures.actual;
  const auto threshold = threshold_of(trigger, limit);
  switch (trigger.comparison) {
    case BudgetComparison::kGreaterThan: return figure > threshold;
    case BudgetComparison::kLessThan: return figure < threshold;
    case BudgetComparison::kEqualTo: return cents(figure) == cents(threshold);
  }
  return false;
}

bool in_alarm(const BudgetNotification& notification, const std::optional<BudgetPeriod>& period) {
  return notification.alarm && period && notification.told == period->from;
}

bool in_progress(BudgetActionStatus status) {
  return status == BudgetActionStatus::kExecutionInProgress || status == BudgetActionStatus::kReverseInProgress ||
         status == BudgetActionStatus::kResetInProgress;
}

BudgetDue evaluate(Budget& budget, const BudgetPeriod& period, const BudgetFigures& figures) {
  BudgetDue due;
  for (std::size_t i = 0; i < budget.notifications.size(); ++i) {
    auto& n = budget.notifications[i];
    const bool over = reached(n.trigger, budget.limit, figures);
    const bool told = n.told == period.from;
    if (over && (!told || (n.trigger.forecast && !n.alarm))) {
      due.notifications.push_back(i);
      n.told = period.from;
    } else if (n.alarm == over) {
      continue;
    }
    n.alarm = over;
    due.changed = true;
  }
  for (std::size_t i = 0; i < budget.actions.size(); ++i) {
    auto& action = budget.actions[i];
    if (in_progress(action.status)) continue;
    if (action.status != BudgetActionStatus::kStandby && action.told != period.from) {
      due.reset.push_back(i);
      due.changed = true;
    }
    if (action.told == period.from || !reached(action.trigger, budget.limit, figures)) continue;
    due.actions.push_back(i);
    action.told = period.from;
    due.changed = true;
  }
  return due;
}

void forget_told(Budget& budget) {
  for (auto& notification : budget.notifications) notification.alarm = false, notification.told = {};
  for (auto& action : budget.actions)
    if (action.status == BudgetActionStatus::kStandby) action.told = {};
}

}  // namespace stipend::domain
