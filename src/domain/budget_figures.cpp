#include "domain/budget_figures.hpp"

#include <algorithm>
#include <map>

#include "domain/charge.hpp"
#include "domain/lease.hpp"
#include "domain/storage.hpp"
#include "domain/wallet.hpp"

namespace stipend::domain {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kBillion = 1'000'000'000;

// Dollars, or the hours that they paid for.
Money measure(const Budget& budget, EntryKind kind, Price price, Money amount) {
  if (budget.kind == BudgetKind::kCost) return amount;
  if (kind == EntryKind::kStorage || price.nano_per_hour <= 0) return {};
  return base::mul_div({kBillion}, amount.nano, price.nano_per_hour, base::Rounding::kFloor);
}

Accrued accrued_of(const Instance& instance, const Machine& machine, WallTime now) {
  const Run& run = *instance.run;
  Accrued out{EntryKind::kCharge, instance.type, run.price, {}, {}};
  const auto cost = [&](RunSeconds ran) { return charge_for(machine.plan, machine.price, machine.free, ran, base::Rounding::kFloor); };
  out.amount = std::max(Money{}, cost(machine.ran) - machine.posted);
  const auto midnight = utc_midnight(now);
  const auto begun = run.posted_at ? run.posted_at : run.running_since;
  if (begun && *begun < midnight) {
    const RunSeconds then{std::max(run.posted_ran.count, machine.ran.count - midnight.ms_until(now) / 1000)};
    out.before_today = std::clamp(cost(then) - machine.posted, Money{}, out.amount);
  }
  return out;
}

// Disks are paid by whom a posting now would name: the house's part is left out.
void add_disks(std::vector<Accrued>& out, const State& state, const AccountId& account, WallTime now) {
  Wallet wallet(state, account, now);
  wallet.post_storage(now);
  std::map<std::string, Money> paid;
  for (const auto& entry : wallet.take_changes().entries)
    if (entry.kind == EntryKind::kStorage && entry.debit.starts_with("grant:")) paid[entry.subject] += entry.amount;
  const auto midnight = utc_midnight(now);
  for (const auto& [subject, amount] : paid) {
    const auto* disk = state.find<Disk>(*DiskId::parse(subject));
    Accrued part{EntryKind::kStorage, "disk", disk->price, amount, {}};
    if (disk->posted_at < midnight && disk->created < midnight)
      part.before_today = std::clamp(storage_cost(*disk, disk_age(*disk, midnight), base::Rounding::kFloor) - disk->posted, Money{}, amount);
    out.push_back(std::move(part));
  }
}

}  // namespace

ChargeWords charge_words(EntryKind kind, const std::string& type) {
  if (kind == EntryKind::kStorage) return {"EC2 - Other", "EBS:VolumeUsage.gp2", "CreateVolume-Gp2", "NoInstanceType"};
  return {"Amazon Elastic Compute Cloud - Compute", "BoxUsage:" + type, "RunInstances", type};
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
  return std::min(period.from, WallTime{utc_midnight(now).ms - kPaceDays * kDayMs});
}

PostedSpend posted_spend(const Budget& budget, const std::vector<UsageDay>& days, const BudgetPeriod& period, WallTime now) {
  const auto today = utc_midnight(now);
  const WallTime pace_from{today.ms - kPaceDays * kDayMs};
  PostedSpend out;
  Money lately;
  auto first = today;
  for (const auto& day : days) {
    if (day.house || !counts(budget, day.kind, day.type)) continue;
    const auto amount = measure(budget, day.kind, day.price, day.amount);
    const auto change = day.kind == EntryKind::kCorrection ? -amount : amount;
    if (day.day >= period.from && day.day < period.until) out.actual += change;
    if (day.day < pace_from || day.day >= today) continue;
    lately += change;
    first = std::min(first, day.day);
  }
  out.actual = std::max(out.actual, Money{});
  if (first < today) out.a_day = base::mul_div(std::max(lately, Money{}), 1, first.ms_until(today) / kDayMs, base::Rounding::kCeil);
  return out;
}

std::vector<Accrued> accrued_since_posting(const State& state, const AccountId& account, WallTime now) {
  std::vector<Accrued> out;
  for (const auto& machine : machines_of(state, account, now)) out.push_back(accrued_of(*state.find<Instance>(machine.id), machine, now));
  add_disks(out, state, account, now);
  return out;
}

BudgetFigures budget_figures(const Budget& budget, const PostedSpend& posted, const std::vector<Accrued>& accrued, const BudgetPeriod& period,
                             WallTime now) {
  BudgetFigures out{posted.actual, {}};
  const bool today_only = period.from >= utc_midnight(now);
  for (const auto& part : accrued)
    if (counts(budget, part.kind, part.type)) out.actual += measure(budget, part.kind, part.price, today_only ? part.amount - part.before_today : part.amount);
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
