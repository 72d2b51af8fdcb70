// In which period a budget is: days, months, quarters and years of UTC, cut to the time for which the budget holds. A budget
// begins and ends at midnights. Pure. Source: AWS Budgets API Reference, "TimePeriod", "Budget" (TimeUnit).
#pragma once

#include <optional>

#include "domain/rows.hpp"

namespace stipend::domain {

struct BudgetPeriod {
  WallTime from, until;  // [from, until)
  bool operator==(const BudgetPeriod&) const = default;
};

// The whole day, month, quarter or year of UTC that `at` is in.
BudgetPeriod calendar_period(BudgetTime time, WallTime at);
// Nullopt: at that instant the budget has not begun, or is over.
std::optional<BudgetPeriod> budget_period(const Budget& budget, WallTime at);

}  // namespace stipend::domain
