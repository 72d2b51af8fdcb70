#include "domain/spend_forecast.hpp"

#include <algorithm>
#include <array>

#include "base/check.hpp"
#include "domain/storage.hpp"

namespace stipend::domain {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

// Of the normal distribution: how many thousandths of a standard deviation to both sides hold 51, 52, … 99 percent.
constexpr std::array<std::int64_t, 49> kThousandths = {
    690, 706, 722, 739, 755, 772, 789, 806, 824, 842, 860, 878, 896, 915, 935, 954,
    974, 994, 1015, 1036, 1058, 1080, 1103, 1126, 1150, 1175, 1200, 1227, 1254, 1282, 1311, 1341,
    1372, 1405, 1440, 1476, 1514, 1555, 1598, 1645, 1695, 1751, 1812, 1881, 1960, 2054, 2170, 2326,
    2576,
};

// The largest number whose square is at most `n`.
std::int64_t square_root(unsigned __int128 n) {
  unsigned __int128 low = 0, high = static_cast<unsigned __int128>(1) << 63;
  while (high - low > 1) {
    const auto middle = low + (high - low) / 2;
    (middle * middle <= n ? low : high) = middle;
  }
  return static_cast<std::int64_t>(low);
}

}  // namespace

SpendHistory::SpendHistory(WallTime now) : from_{utc_midnight(now).ms - kSpendDays * kDayMs}, until_(utc_midnight(now)) {}

void SpendHistory::add(WallTime day, Money amount) {
  if (day >= from_ && day < until_) days_[day] += amount;
}

std::vector<Money> SpendHistory::sums() const {
  std::vector<Money> sums;
  if (days_.empty()) return sums;
  for (WallTime day = days_.begin()->first; day < until_; day = day.plus_ms(kDayMs)) {
    const auto at = days_.find(day);
    sums.push_back(at == days_.end() ? Money{} : at->second);
  }
  return sums;
}

bool SpendHistory::is_enough() const { return static_cast<std::int64_t>(sums().size()) >= kSpendDaysLeast; }

SpendForecast SpendHistory::over(std::int64_t ms, std::int64_t level) const {
  const auto days = sums();
  CHECK(days.size() > 1 && level >= 51 && level <= 99, "a forecast has days to go by and a level");
  const auto count = static_cast<std::int64_t>(days.size());
  Money total;
  for (const auto& day : days) total += day;
  const Money a_day = base::mul_div(total, 1, count, base::Rounding::kFloor);
  unsigned __int128 squares = 0;
  for (const auto& day : days) {
    const __int128 off = (day - a_day).nano;
    squares += static_cast<unsigned __int128>(off * off);
  }
  const Money spread{square_root(squares / static_cast<unsigned __int128>(count - 1))};
  // Of a sum of independent days: the root of their number, in millionths.
  constexpr std::int64_t kMillion = 1'000'000;
  const auto root = square_root(static_cast<unsigned __int128>(ms) * kMillion * kMillion / kDayMs);
  const Money of_period = base::mul_div(spread, root, kMillion, base::Rounding::kCeil);
  const Money off = base::mul_div(of_period, kThousandths[static_cast<std::size_t>(level - 51)], 1000, base::Rounding::kCeil);
  const Money mean = std::max(Money{}, base::mul_div(total, ms, count * kDayMs, base::Rounding::kCeil));
  return {mean, std::max(Money{}, mean - off), mean + off};
}

}  // namespace stipend::domain
