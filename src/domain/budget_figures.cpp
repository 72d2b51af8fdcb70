#include "domain/budget_figures.hpp"

#include <algorithm>

#include "domain/billing_words.hpp"
#include "domain/costs.hpp"
#include "domain/spend_forecast.hpp"
#include "domain/storage.hpp"
#include "domain/usage.hpp"

namespace stipend::domain {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kLevel = 80;  // of the interval, which budgets do not show
constexpr std::string_view kHome = "us-east-1";  // where usage types have no region before them
constexpr std::int64_t kBillion = 1'000'000'000;

// Dollars, or the hours that they paid for.
Money measure(const Budget& budget, EntryKind kind, Price price, Money amount) {
  if (budget.kind == BudgetKind::kCost) return amount;
  if (kind == EntryKind::kStorage || price.nano_per_hour <= 0) return {};
  return base::mul_div({kBillion}, amount.nano, price.nano_per_hour, base::Rounding::kFloor);
}

}  // namespace

ChargeWords charge_words(EntryKind kind, const std::string& type) {
  const auto other = [](std::string usage, std::string_view operation) {
    return ChargeWords{std::string(kOtherService), std::move(usage), std::string(operation), "NoInstanceType"};
  };
  switch (cost_of(kind, type)) {
    case CostOf::kMachine: break;
    case CostOf::kDisk: return other(volume_usage(kHome), kVolumeOperation);
    case CostOf::kSnapshot: return other(snapshot_usage(kHome), kSnapshotOperation);
    case CostOf::kAddress: return other(address_usage(kHome), kAddressOperation);
  }
  return {std::string(kComputeService), box_usage(kHome, type), std::string(kRunOperation), type};
}

bool counts(const Budget& budget, EntryKind kind, const std::string& type) {
  if (budget.filters.empty()) return true;
  const auto words = charge_words(kind, type);
  return std::ranges::all_of(budget.filters, [&](const BudgetFilter& filter) {
    const std::string* word = filter.dimension == "Service"        ? &words.service
                              : filter.dimension == "UsageType"    ? &words.usage_type
                              : filter.dimension == "Operation"    ? &words.operation
                              : filter.dimension == "InstanceType" ? &words.instance_type
                                                                   : nullptr;
    // Others name the account or the region, of which there is one; AWS puts the region before a usage type ("USW2-BoxUsage:…").
    const auto names = [&](const std::string& value) { return value == *word || (filter.dimension == "UsageType" && value.ends_with("-" + *word)); };
    return !word || std::ranges::any_of(filter.values, names);
  });
}

WallTime usage_begin(const BudgetPeriod& period, WallTime now) {
  return std::min(period.from, SpendHistory(now).from());
}

PostedSpend posted_spend(const Budget& budget, const std::vector<UsageDay>& days, const BudgetPeriod& period, WallTime now) {
  SpendHistory history(now);
  PostedSpend out;
  for (const auto& day : days) {
    if (day.house || !counts(budget, day.kind, day.type)) continue;
    const auto amount = measure(budget, day.kind, day.price, day.amount);
    const auto change = day.kind == EntryKind::kCorrection ? -amount : amount;
    if (day.day >= period.from && day.day < period.until) out.actual += change;
    history.add(day.day, change);
  }
  out.actual = std::max(out.actual, Money{});
  if (history.is_enough()) out.a_day = std::max(Money{}, history.over(kDayMs, kLevel).mean);
  return out;
}

BudgetFigures budget_figures(const Budget& budget, const PostedSpend& posted, const std::vector<Entry>& accrued, const BudgetPeriod& period,
                             WallTime now) {
  BudgetFigures out{posted.actual, {}};
  const auto midnight = utc_midnight(now);
  for (const auto& entry : accrued) {
    const bool earlier = period.from >= midnight && entry.at <= midnight;
    if (!earlier && !paid_by_house(entry) && counts(budget, entry.kind, entry.type)) out.actual += measure(budget, entry.kind, entry.price, entry.amount);
  }
  if (posted.a_day) out.forecast = out.actual + base::mul_div(*posted.a_day, std::max<std::int64_t>(0, now.ms_until(period.until)), kDayMs, base::Rounding::kCeil);
  return out;
}

Money posted_mark(const State& state, const AccountId& account) {
  Money mark;
  if (const auto of = state.grants_of.find(account); of != state.grants_of.end())
    for (const auto& id : of->second) mark += state.find<Grant>(id)->spent;
  return mark;
}

}  // namespace stipend::domain
