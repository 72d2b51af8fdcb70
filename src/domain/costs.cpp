#include "domain/costs.hpp"

#include <algorithm>

#include "domain/catalogue.hpp"
#include "domain/catalogue_data.hpp"
#include "domain/charge.hpp"
#include "domain/lease.hpp"
#include "domain/storage.hpp"
#include "domain/wallet.hpp"

namespace stipend::domain {
namespace {

constexpr std::int64_t kHourMs = 3'600'000, kDayMs = 24 * kHourMs, kHoursOfMonth = 730;

// The inverse of disk_price(), which rounds up by less than what a GiB costs.
std::int64_t gib_of(Price price, Money gib_month) {
  if (gib_month <= Money{}) return 0;
  return base::mul_div({price.nano_per_hour}, kHoursOfMonth, gib_month.nano, base::Rounding::kFloor).nano;
}

void add_run(std::vector<Entry>& out, const Instance& instance, const Machine& machine, WallTime now) {
  const Run& run = *instance.run;
  Money posted = run.posted;
  RunSeconds from = run.posted_ran;
  const auto post = [&](RunSeconds ran, WallTime at) {
    const Money total = charge_for(run.plan, run.price, machine.free, ran, base::Rounding::kFloor);
    if (total <= posted) return;
    Entry entry;
    entry.account = instance.account;
    entry.debit = "grant:";
    entry.amount = total - posted;
    entry.subject = instance.id.str();
    entry.generation = run.generation;
    entry.from = from;
    entry.to = ran;
    entry.price = run.price;
    entry.catalogue = run.catalogue;
    entry.type = instance.type;
    entry.at = at;
    out.push_back(std::move(entry));
    posted = total;
    from = ran;
  };
  const auto midnight = utc_midnight(now);
  if (run.running_since && run.seen_at && !run.charge_until && run.posted_at.value_or(*run.running_since) < midnight)
    post(std::min(had_run_at(run, midnight), machine.ran), midnight);
  post(machine.ran, now);
}

// Who pays is decided once, at `now`, as figures() does; which part was before midnight follows from the ages.
void add_disks(std::vector<Entry>& out, const State& state, const AccountId& account, WallTime now) {
  Wallet wallet(state, account, now);
  wallet.post_storage(now);
  std::map<std::string, Money> due_before;  // of each disk, what the day before is still to be charged
  const auto midnight = utc_midnight(now);
  for (auto& entry : wallet.take_changes().entries) {
    if (entry.kind != EntryKind::kStorage) continue;
    const Disk& disk = *state.find<Disk>(*DiskId::parse(entry.subject));
    const RunSeconds age = disk_age(disk, midnight);
    const auto [left, fresh] = due_before.try_emplace(entry.subject);
    if (fresh) left->second = std::max(Money{}, storage_cost(disk, age, base::Rounding::kFloor) - disk.posted);
    const Money part = std::min(left->second, entry.amount);
    left->second -= part;
    if (part > Money{}) {
      auto before = entry;
      before.amount = part;
      before.to = age;
      before.at = midnight;
      out.push_back(std::move(before));
      entry.amount -= part;
    }
    if (entry.from < age) entry.from = age;
    if (entry.amount > Money{}) out.push_back(std::move(entry));
  }
}

}  // namespace

DiskPrices disk_prices(const State& state, const Course& course) {
  DiskPrices prices;
  for (const auto& catalogue : catalogues()) prices[catalogue.edition] = catalogue.gp2_gib_month;
  for (const auto& [edition, catalogue] : state.catalogues) prices[edition] = catalogue->gp2_gib_month;
  if (const auto* first = find_catalogue(state, course.catalogue)) prices[""] = first->gp2_gib_month;
  return prices;
}

std::optional<CostLine> cost_line(const UsageDay& usage, const DiskPrices& prices) {
  if (usage.house) return std::nullopt;
  CostLine line;
  line.account = usage.account;
  line.from = usage.day;
  line.until = usage.day.plus_ms(kDayMs);
  line.disk = usage.kind == EntryKind::kStorage;
  line.refund = usage.kind == EntryKind::kCorrection;
  line.amount = line.refund ? -usage.amount : usage.amount;
  line.quantity = usage.seconds * kHoursOfMonth;
  if (!line.disk) {
    line.type = usage.type;
  } else if (const auto price = prices.find(usage.catalogue); price != prices.end()) {
    line.quantity = usage.seconds * gib_of(usage.price, price->second);
  } else {
    line.quantity = 0;
  }
  return line;
}

std::optional<CostLine> CostReader::next(const Entry& entry) {
  const auto usage = usage_.next(entry);
  if (!usage) return std::nullopt;
  auto line = cost_line(*usage, prices_);
  if (!line) return std::nullopt;
  line->subject = entry.subject;
  line->from = std::max(usage->day, line->refund ? entry.at : entry.at.plus_seconds(entry.from.count - entry.to.count));
  line->until = entry.at;
  return line;
}

std::vector<Entry> unposted(const State& state, const AccountId& account, WallTime now) {
  std::vector<Entry> out;
  for (const auto& machine : machines_of(state, account, now)) add_run(out, *state.find<Instance>(machine.id), machine, now);
  add_disks(out, state, account, now);
  return out;
}

std::vector<CostLine> by_hour(const CostLine& line, bool whole) {
  const auto hour_of_end = [](WallTime t) { return (t.ms - 1) / kHourMs * kHourMs; };
  const std::int64_t length = line.from.ms_until(line.until);
  auto rest = line;
  if (whole || length <= 0) {
    rest.from = {hour_of_end(line.until)};
    rest.until = rest.from.plus_ms(kHourMs);
    return {std::move(rest)};
  }
  std::vector<CostLine> out;
  Money amount;
  std::int64_t quantity = 0;
  for (WallTime hour{line.from.ms / kHourMs * kHourMs}; hour < line.until; hour = hour.plus_ms(kHourMs)) {
    const std::int64_t passed = line.from.ms_until(std::min(hour.plus_ms(kHourMs), line.until));
    const Money until_now = base::mul_div(line.amount, passed, length, base::Rounding::kFloor);
    const auto counted = base::mul_div({line.quantity}, passed, length, base::Rounding::kFloor).nano;
    auto& part = out.emplace_back(line);
    part.from = hour;
    part.until = hour.plus_ms(kHourMs);
    part.amount = until_now - amount;
    part.quantity = counted - quantity;
    amount = until_now;
    quantity = counted;
  }
  return out;
}

}  // namespace stipend::domain
