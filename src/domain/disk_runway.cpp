#include "domain/disk_runway.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "domain/charge.hpp"
#include "domain/lease.hpp"
#include "domain/storage.hpp"

namespace stipend::domain {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kMostDays = 100 * 365;

Money cost_at(const Keeping::Disk& disk, WallTime at) {
  return base::cost(disk.price, {std::max<std::int64_t>(0, disk.created.ms_until(at) / 1000)}, base::Rounding::kFloor);
}
Money due(const Keeping::Disk& disk, WallTime at) { return std::max(Money{}, cost_at(disk, at) - disk.posted); }

// Posts all disks at `at`; false when the house has to pay.
bool post(Keeping& keeping, WallTime at) {
  for (auto& disk : keeping.disks) {
    Money owed = due(disk, at);
    disk.posted += owed;
    for (auto& pool : keeping.pools) {
      if (pool.expires <= at) continue;
      const Money part = std::min(owed, pool.left);
      pool.left -= part;
      owed -= part;
    }
    const Money part = std::min(owed, disk.reserved);
    disk.reserved -= part;
    if (owed > part) return false;
  }
  return true;
}

Money left_at(const Keeping& keeping, WallTime at) {
  Money left;
  for (const auto& pool : keeping.pools)
    if (pool.expires > at) left += pool.left;
  return left;
}

// The largest n in [low, high] for which fits(n); fits(low) holds and fits only ever turns false.
template <class Fits>
std::int64_t largest(std::int64_t low, std::int64_t high, Fits fits) {
  while (low < high) {
    const std::int64_t middle = low + (high - low + 1) / 2;
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

// Nothing but each disk's own reserve is left: the first disk that is short. Independent of when it is posted.
WallTime end_of_reserves(const Keeping& keeping) {
  WallTime first = WallTime::never();
  for (const auto& disk : keeping.disks) {
    if (disk.price.nano_per_hour <= 0) continue;
    // The least age that costs more than is paid and set aside: ceil(3600 * (paid + 1) / price) seconds.
    const Money more = disk.posted + disk.reserved + Money{1};
    if (more.nano / disk.price.nano_per_hour >= kMostDays * 24) continue;  // also keeps the product small
    first = std::min(first, disk.created.plus_seconds(base::mul_div(more, 3600, disk.price.nano_per_hour, base::Rounding::kCeil).nano));
  }
  return first == WallTime::never() ? first : WallTime{(first.ms + 999) / 1000 * 1000};
}

}  // namespace

Keeping keeping_if_stopped(const State& state, const AccountId& account, WallTime now) {
  std::map<GrantId, Money> set_aside;  // of each grant, when the machines have stopped
  std::map<std::string, Money> cost;   // of what runs, by type, since it was posted
  for (const auto& m : machines_of(state, account, now))
    cost[m.type] += std::max(Money{}, charge_for(m.plan, m.price, m.free, m.ran, base::Rounding::kFloor) - m.posted);

  Keeping keeping;
  if (const auto of = state.disks_of.find(account); of != state.disks_of.end()) {
    for (const auto& id : of->second) {
      const auto& disk = *state.find<Disk>(id);
      for (const auto& draw : disk.reserve_draws) set_aside[draw.grant] += draw.amount;
      if (!disk.deleted) keeping.disks.push_back({disk.price, disk.created, disk.posted, disk.reserved});
    }
  }
  Money for_disks;
  for (const auto& disk : keeping.disks) for_disks += due(disk, now);
  cost[{}] = for_disks;
  if (const auto* hold = state.find<Hold>(account)) {
    for (const auto& draw : hold->draws) {
      const Money part = std::min(cost[draw.type], draw.amount);
      cost[draw.type] -= part;
      set_aside[draw.grant] += part;  // spent: it is not free
    }
  }
  // What the hold has paid for disks until now is posted, disk by disk.
  Money paid = for_disks - cost[{}];
  for (auto& disk : keeping.disks) {
    const Money part = std::min(paid, due(disk, now));
    disk.posted += part;
    paid -= part;
  }

  std::vector<const Grant*> grants;
  if (const auto of = state.grants_of.find(account); of != state.grants_of.end())
    for (const auto& id : of->second)
      if (const auto* grant = state.find<Grant>(id); grant->only_types.empty()) grants.push_back(grant);
  std::ranges::sort(grants, {}, [](const Grant* grant) { return std::tuple(grant->expires, grant->created, grant->id); });
  for (const auto* grant : grants) keeping.pools.push_back({grant->remaining() - set_aside[grant->id], grant->expires});
  return keeping;
}

std::optional<WallTime> kept_until(Keeping keeping, WallTime now) {
  if (std::ranges::none_of(keeping.disks, [](const auto& disk) { return disk.price.nano_per_hour > 0; })) return std::nullopt;
  const WallTime second{now.ms / 1000 * 1000};
  if (!post(keeping, now)) return second;
  WallTime at = now;
  const std::int64_t first = utc_midnight(now).ms + kDayMs;
  for (std::int64_t day = 0; day < kMostDays;) {
    if (left_at(keeping, at) == Money{}) {
      const auto end = end_of_reserves(keeping);
      return end == WallTime::never() ? end : std::max(end, second);
    }
    const auto midnight = [&](std::int64_t n) { return WallTime{first + n * kDayMs}; };
    // As many days as are paid by what is free and does not expire meanwhile are one step.
    WallTime expires = WallTime::never();
    for (const auto& pool : keeping.pools)
      if (pool.expires > at && pool.left > Money{}) expires = std::min(expires, pool.expires);
    const Money left = left_at(keeping, at);
    const auto paid = [&](std::int64_t n) {
      if (n < day) return true;
      if (midnight(n) >= expires) return false;
      Money owed;
      for (const auto& disk : keeping.disks) owed += due(disk, midnight(n));
      return owed <= left;
    };
    const std::int64_t last = std::max(day, largest(day - 1, kMostDays, paid));
    Keeping before = keeping;
    if (post(keeping, midnight(last))) {
      at = midnight(last);
      day = last + 1;
      continue;
    }
    // In the day before that midnight. Later postings owe more of the same, so short once is short from then on.
    const std::int64_t from = at.ms / 1000, to = midnight(last).ms / 1000;
    const auto enough = [&](std::int64_t s) {
      auto copy = before;
      return s == from || post(copy, WallTime{s * 1000});
    };
    return WallTime{(largest(from, to, enough) + 1) * 1000};
  }
  return WallTime::never();
}

std::optional<WallTime> disks_kept_until(const State& state, const AccountId& account, WallTime now) {
  return kept_until(keeping_if_stopped(state, account, now), now);
}

}  // namespace stipend::domain
