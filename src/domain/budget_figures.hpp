// What a budget comes to: what the account was charged in the period (the sums of days that the store keeps), what accrued
// since, exactly at the instant that is asked, and where it is heading. Credit is the account's money here, so what it pays
// counts; what the house pays does not, and what was given back after a fault is taken off. Pure.
//
// The forecast: actual, and for the rest of the period the mean day of spend_forecast.hpp, as GetCostForecast has it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/budget_period.hpp"
#include "domain/state.hpp"

namespace stipend::domain {

// What AWS calls a charge, for filters: machines and disks are all that costs.
struct ChargeWords {
  std::string service, usage_type, operation, instance_type;
};
ChargeWords charge_words(EntryKind kind, const std::string& type);

// Whether what this type of machine (or the disks) was charged counts for the budget.
bool counts(const Budget& budget, EntryKind kind, const std::string& type);

// From the sums of days alone. Amounts are nano-dollars, of a usage budget billionths of an hour of machines.
struct PostedSpend {
  Money actual;
  std::optional<Money> a_day;  // the pace
};
// The days that posted_spend needs begin here.
WallTime usage_begin(const BudgetPeriod& period, WallTime now);
PostedSpend posted_spend(const Budget& budget, const std::vector<UsageDay>& days, const BudgetPeriod& period, WallTime now);

struct BudgetFigures {
  Money actual;
  std::optional<Money> forecast;
};
// `accrued`: unposted() of costs.hpp, of now.
BudgetFigures budget_figures(const Budget& budget, const PostedSpend& posted, const std::vector<Entry>& accrued, const BudgetPeriod& period,
                             WallTime now);

// Grows with every posting of the account and shrinks with every correction: as long as it stays, so do the sums of its days.
Money posted_mark(const State& state, const AccountId& account);

}  // namespace stipend::domain
