#include "ledger/rules.hpp"

#include <algorithm>

namespace stipend::ledger {
namespace {

constexpr Wide kHour = 3600, kMonthHours = 730;

std::int64_t down(Wide top, Wide bottom) { return static_cast<std::int64_t>(top / bottom); }
std::int64_t up(Wide top, Wide bottom) { return static_cast<std::int64_t>((top + bottom - 1) / bottom); }

}  // namespace

std::int64_t run_cost(Plan plan, std::int64_t price, std::int64_t seconds) {
  if (seconds <= 0) return 0;
  if (plan == Plan::kPerHour) return static_cast<std::int64_t>(price * ((seconds + kHour - 1) / kHour));
  return down(Wide{price} * std::max<std::int64_t>(seconds, 60), kHour);
}

std::int64_t broken_run_cost(std::int64_t price, std::int64_t seconds) { return seconds <= 0 ? 0 : down(Wide{price} * seconds, kHour); }

std::int64_t disk_cost(std::int64_t price, std::int64_t seconds) { return seconds <= 0 ? 0 : down(Wide{price} * seconds, kHour); }

std::int64_t disk_price(std::int64_t gib, std::int64_t price_of_gib_month) { return up(Wide{gib} * price_of_gib_month, kMonthHours); }

std::int64_t snapshot_price(std::int64_t mib, std::int64_t price_of_gib_month) { return up(Wide{mib} * price_of_gib_month, 1024 * kMonthHours); }

std::int64_t reserve(std::int64_t price, std::int64_t grace_s) { return up(Wide{price} * grace_s, kHour); }

std::int64_t next_unit_cost(Plan plan, std::int64_t price) { return plan == Plan::kPerHour ? price : up(price, kHour); }

std::int64_t first_unit_cost(Plan plan, std::int64_t price) { return plan == Plan::kPerHour ? price : up(Wide{price} * 60, kHour); }

}  // namespace stipend::ledger
