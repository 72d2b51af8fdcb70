#include "domain/forecast.hpp"

#include <algorithm>

#include "domain/storage.hpp"

namespace stipend::domain {
namespace {
constexpr std::int64_t kDayMs = 86'400'000;
}

DailyUse::DailyUse(WallTime now) : from_{utc_midnight(now).ms - static_cast<std::int64_t>(kForecastDays) * kDayMs} {}

void DailyUse::add(const Entry& entry) {
  const bool charged = (entry.kind == EntryKind::kCharge || entry.kind == EntryKind::kStorage) && entry.debit.starts_with("grant:");
  const bool given_back = entry.kind == EntryKind::kCorrection;
  if ((!charged && !given_back) || entry.at <= from_) return;
  const auto day = static_cast<std::size_t>((entry.at.ms - 1 - from_.ms) / kDayMs);
  if (day < kForecastDays) days_[day] += charged ? entry.amount : -entry.amount;
}

DailyUse::Spread DailyUse::spread() const {
  auto sorted = days_;
  for (auto& day : sorted) day = std::max(day, Money{});  // a fault of an earlier day can be given back on this one
  std::ranges::sort(sorted);
  const auto between = [&](std::size_t i) { return Money{(sorted[i].nano + sorted[i + 1].nano) / 2}; };
  return {between(1), sorted[3], between(4)};  // of seven: at 1.5, 3 and 4.5 of 0..6
}

Money use_until(Money a_day, WallTime now, WallTime until) {
  return base::mul_div(a_day, std::max<std::int64_t>(0, now.ms_until(until)), kDayMs, base::Rounding::kCeil);
}

Outlook outlook(Money left, const DailyUse::Spread& use, WallTime now, WallTime until) {
  const auto short_of = [&](Money a_day) { return std::max(Money{}, use_until(a_day, now, until) - left); };
  return {short_of(use.low), short_of(use.middle), short_of(use.high)};
}

}  // namespace stipend::domain
