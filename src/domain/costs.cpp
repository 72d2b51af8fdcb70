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

constexpr std::int64_t kHourMs = 3'600'000, kDayMs = 24 * kHourMs, kHoursOfMonth = 730, kMibOfGib = 1024;

// The inverse of disk_price() and snapshot_price(), which round up by less than what a GiB or MiB costs: GiB, or parts of one.
std::int64_t size_of(Price price, Money gib_month, std::int64_t parts_of_gib) {
  if (gib_month <= Money{}) return 0;
  return base::mul_div({price.nano_per_hour}, parts_of_gib * kHoursOfMonth, gib_month.nano, base::Rounding::kFloor).nano;
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

// What of a row belongs to the day before: the seconds until midnight, where they are not posted, and what they still cost.
struct Before {
  RunSeconds seconds;
  Money due;
};
template <class Row>
Before before(const Row& row, WallTime midnight) {
  if (row.posted_at >= midnight) return {};
  const RunSeconds seconds = counted(row, midnight);
  return {seconds, std::max(Money{}, base::cost(row.price, seconds, base::Rounding::kFloor) - row.posted)};
}

// Who pays is decided once, at `now`, as figures() does; which part was before midnight follows from the seconds that count.
void add_kept(std::vector<Entry>& out, const State& state, const AccountId& account, WallTime now) {
  Wallet wallet(state, account, now);
  wallet.post_storage(now);
  std::map<std::string, Before> of_day_before;
  const auto midnight = utc_midnight(now);
  for (auto& entry : wallet.take_changes().entries) {
    if (entry.kind != EntryKind::kStorage) continue;
    const auto [at, fresh] = of_day_before.try_emplace(entry.subject);
    auto& [until, left] = at->second;
    if (fresh)
      at->second = cost_of(entry.kind, entry.type) == CostOf::kAddress ? before(*state.find<Address>(entry.subject), midnight)
                                                                       : before(*state.find<Disk>(*DiskId::parse(entry.subject)), midnight);
    const Money part = std::min(left, entry.amount);
    left -= part;
    if (part > Money{}) {
      auto earlier = entry;
      earlier.amount = part;
      earlier.to = until;
      earlier.at = midnight;
      out.push_back(std::move(earlier));
      entry.amount -= part;
    }
    if (entry.from < until) entry.from = until;
    if (entry.amount > Money{}) out.push_back(std::move(entry));
  }
}

}  // namespace

CostOf cost_of(EntryKind kind, std::string_view type) {
  if (kind != EntryKind::kStorage) return CostOf::kMachine;
  return type == "snapshot" ? CostOf::kSnapshot : type == "address" ? CostOf::kAddress : CostOf::kDisk;
}

DiskPrices disk_prices(const State& state, const Course& course) {
  DiskPrices prices;
  const auto of = [](const Catalogue& catalogue) { return GibMonth{catalogue.gp2_gib_month, catalogue.snapshot_gib_month}; };
  for (const auto& catalogue : catalogues()) prices[catalogue.edition] = of(catalogue);
  for (const auto& [edition, catalogue] : state.catalogues) prices[edition] = of(*catalogue);
  if (const auto* first = find_catalogue(state, course.catalogue)) prices[""] = of(*first);
  return prices;
}

std::optional<CostLine> cost_line(const UsageDay& usage, const DiskPrices& prices) {
  if (usage.house) return std::nullopt;
  CostLine line;
  line.account = usage.account;
  line.from = usage.day;
  line.until = usage.day.plus_ms(kDayMs);
  line.of = cost_of(usage.kind, usage.type);
  line.refund = usage.kind == EntryKind::kCorrection;
  line.amount = line.refund ? -usage.amount : usage.amount;
  line.quantity = usage.seconds * kHoursOfMonth;
  if (line.of == CostOf::kMachine) line.type = usage.type;
  if (line.of == CostOf::kMachine || line.of == CostOf::kAddress) return line;
  const auto price = prices.find(usage.catalogue);
  if (price == prices.end()) line.quantity = 0;
  else if (line.of == CostOf::kDisk) line.quantity = usage.seconds * size_of(usage.price, price->second.disk, 1);
  else line.quantity = base::mul_div({usage.seconds}, size_of(usage.price, price->second.snapshot, kMibOfGib), kMibOfGib, base::Rounding::kFloor).nano;
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
  add_kept(out, state, account, now);
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
