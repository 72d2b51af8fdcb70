#include "domain/estimated_charges.hpp"

#include <chrono>

namespace stipend::domain {
namespace {

WallTime month_of(WallTime t) {
  constexpr std::int64_t kDayMs = 86'400'000;
  const std::chrono::year_month_day day{std::chrono::sys_days{std::chrono::days{t.ms / kDayMs}}};
  return {std::chrono::sys_days{day.year() / day.month() / 1}.time_since_epoch().count() * kDayMs};
}

}  // namespace

EstimatedCharges estimated_charges(const std::vector<CostLine>& lines, WallTime now) {
  EstimatedCharges charges{.month = month_of(now), .total = {}, .services = {}};
  for (const auto& line : lines) {
    if (line.from < charges.month || line.from > now) continue;
    charges.total += line.amount;
    charges.services["AmazonEC2"] += line.amount;
  }
  return charges;
}

}  // namespace stipend::domain
