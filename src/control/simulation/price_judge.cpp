#include "control/simulation/price_judge.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "domain/catalogue.hpp"
#include "ledger/rules.hpp"

namespace stipend::control {
namespace {

using domain::Catalogue;
using domain::Violation;

// Two while a new one begins to hold in this very millisecond: a command came before it, or after.
std::vector<const Catalogue*> lists_at(const domain::State& state, const base::AccountId& account, base::WallTime at) {
  const auto& course = *state.find<domain::Course>(state.find<domain::Account>(account)->course);
  const domain::PriceStep* newest = nullptr;
  const domain::PriceStep* before = nullptr;
  for (const auto& step : course.prices) {
    if (step.from <= at && (!newest || newest->from <= step.from)) newest = &step;
    if (step.from < at && (!before || before->from <= step.from)) before = &step;
  }
  std::vector<const Catalogue*> out;
  for (const auto* step : {newest, before}) {
    const auto& edition = step ? step->edition : course.catalogue;
    const auto* list = domain::find_catalogue(edition);
    out.push_back(list ? list : state.find<Catalogue>(edition));
  }
  return out;
}

}  // namespace

Violation PriceJudge::run(const domain::Instance& row, const domain::State& state) {
  const auto& run = *row.run;
  for (const auto* list : lists_at(state, row.account, run.start_committed)) {
    if (!list) return fmt::format("{}: its course has no price list", row.id.view());
    const auto type = std::ranges::find(list->types, row.type, &domain::InstanceType::name);
    if (type != list->types.end() && type->price == run.price && list->edition == run.catalogue) return {};
  }
  return fmt::format("{}: its run {} costs {} an hour by list {}, which is not its course's at {}", row.id.view(), run.generation,
                     run.price.nano_per_hour, run.catalogue, run.start_committed.ms);
}

Violation PriceJudge::disk(const domain::Disk& row, const domain::State& state) {
  for (const auto* list : lists_at(state, row.account, row.created))
    if (list && list->edition == row.catalogue && ledger::disk_price(row.gib, list->gp2_gib_month.nano) == row.price.nano_per_hour) return {};
  return fmt::format("{}: {} GiB cost {} an hour by list {}, which is not its course's at {}", row.id.view(), row.gib, row.price.nano_per_hour,
                     row.catalogue, row.created.ms);
}

Violation PriceJudge::address(const domain::Address& row, const domain::State& state) {
  for (const auto* list : lists_at(state, row.account, row.created))
    if (list && list->edition == row.catalogue && list->address == row.price) return {};
  return fmt::format("{}: costs {} an hour by list {}, which is not its course's at {}", row.id, row.price.nano_per_hour, row.catalogue, row.created.ms);
}

Violation PriceJudge::snapshot(const domain::Disk& row, base::WallTime asked, const domain::State& state) {
  const bool whole = row.snapshot == domain::SnapshotState::kCompleted;
  if (whole && (row.stored_mib < 1 || row.stored_mib > row.gib * 1024))
    return fmt::format("{}: a snapshot of {} GiB occupies {} MiB", row.id.view(), row.gib, row.stored_mib);
  for (const auto* list : lists_at(state, row.account, asked)) {
    if (!list || list->edition != row.catalogue) continue;
    const auto price = whole ? ledger::snapshot_price(row.stored_mib, list->snapshot_gib_month.nano) : 0;
    if (price == row.price.nano_per_hour) return {};
  }
  return fmt::format("{}: a snapshot of {} MiB costs {} an hour by list {}, which is not its course's at {}", row.id.view(), row.stored_mib,
                     row.price.nano_per_hour, row.catalogue, asked.ms);
}

std::int64_t PriceJudge::most_of_snapshot(const domain::Disk& row, const domain::State& state) {
  const auto* list = domain::find_catalogue(state, row.catalogue);
  return list ? ledger::snapshot_price(row.gib * 1024, list->snapshot_gib_month.nano) : 0;
}

}  // namespace stipend::control
