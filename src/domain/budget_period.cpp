#include "domain/budget_period.hpp"

#include <algorithm>
#include <chrono>

#include "domain/storage.hpp"

namespace stipend::domain {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

WallTime midnight(std::chrono::year_month month) {
  return {std::chrono::sys_days{month / 1}.time_since_epoch().count() * kDayMs};
}

BudgetPeriod months(std::chrono::year_month first, int count) { return {midnight(first), midnight(first + std::chrono::months{count})}; }

}  // namespace

BudgetPeriod calendar_period(BudgetTime time, WallTime at) {
  const auto day = utc_midnight(at);
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day.ms / kDayMs}}};
  const auto month = static_cast<unsigned>(date.month());
  switch (time) {
    case BudgetTime::kDaily: break;
    case BudgetTime::kMonthly: return months(date.year() / date.month(), 1);
    case BudgetTime::kQuarterly: return months(date.year() / std::chrono::month{(month - 1) / 3 * 3 + 1}, 3);
    case BudgetTime::kAnnually: return months(date.year() / 1, 12);
  }
  return {day, day.plus_ms(kDayMs)};
}

std::optional<BudgetPeriod> budget_period(const Budget& budget, WallTime at) {
  const auto from = utc_midnight(budget.from);
  if (at < from || at >= budget.until) return std::nullopt;
  auto period = calendar_period(budget.time, at);
  period.from = std::max(period.from, from);
  period.until = std::min(period.until, budget.until);
  return period;
}

}  // namespace stipend::domain
