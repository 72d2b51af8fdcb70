// What budgets come to at this moment: the sums of days that the store keeps and what has accrued since. Both are of one
// moment: when something is posted between the two looks, they are made again.
#pragma once

#include "api/budgets/call.hpp"
#include "domain/budgets.hpp"

namespace stipend::api {

struct BudgetNow {
  domain::RowPtr<domain::Budget> budget;
  std::optional<domain::BudgetFigures> figures;  // none: it has not begun, or is over
};

// All of the caller's budgets by name, or the one that is named; NotFoundException.
awaitable<base::Result<std::vector<BudgetNow>>> budgets_now(Context context, std::optional<std::string> account_id, std::optional<std::string> name);

// Of one budget.
struct SpentPeriod {
  domain::BudgetPeriod period;
  base::Money actual;
};
struct BudgetHistory {
  domain::RowPtr<domain::Budget> budget;
  std::vector<SpentPeriod> periods;  // the oldest first; the last is the present one, if it goes on
};
// Periods that touch [from, until), at most `most` of the newest.
awaitable<base::Result<BudgetHistory>> budget_history(Context context, std::optional<std::string> account_id, std::string name, base::WallTime from,
                                                      base::WallTime until, std::size_t most);

}  // namespace stipend::api
