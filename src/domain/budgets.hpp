// When a budget's notifications and actions are due. Pure.
//   A notification tells once a period, when its threshold is reached; one of a forecast again when the forecast fell below
//   and reached it anew. An action begins once a period; the next period finds it in standby.
//   EQUAL_TO compares whole cents (of a usage budget hundredths of an hour), since a figure that grows by the second is
//   seldom equal to the billionth.
#pragma once

#include <vector>

#include "domain/budget_figures.hpp"

namespace stipend::domain {

// In dollars, or in hours, of the limit.
Money threshold_of(const BudgetTrigger& trigger, Money limit);
bool reached(const BudgetTrigger& trigger, Money limit, const BudgetFigures& figures);

// As DescribeNotificationsForBudget says it.
bool in_alarm(const BudgetNotification& notification, const std::optional<BudgetPeriod>& period);

struct BudgetDue {
  bool changed = false;                    // the budget's row is another one
  std::vector<std::size_t> notifications;  // to be told, by their places
  std::vector<std::size_t> actions;        // that begin
  std::vector<std::size_t> reset;          // back to standby, since a period began
};
// Brings alarms, and the periods in which things were told, to what the figures say. Statuses of actions stay: they are the caller's.
BudgetDue evaluate(Budget& budget, const BudgetPeriod& period, const BudgetFigures& figures);

// Nobody acts on an action meanwhile: its machines are being stopped or started.
bool in_progress(BudgetActionStatus status);
// Everything is told anew: the budget or the threshold was changed.
void forget_told(Budget& budget);

}  // namespace stipend::domain
