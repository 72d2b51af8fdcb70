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
Money cost_at(const Keeping::Address& address, WallTime at) {
  return base::cost(address.price, address.before + RunSeconds{std::max<std::int64_t>(0, address.idle_since.ms_until(at) / 1000)}, base::Rounding::kFloor);
}
Money due(const auto& row, WallTime at) { return std::max(Money{}, cost_at(row, at) - row.posted); }

Money owed(const Keeping& keeping, WallTime at) {
  Money sum;
  for (const auto& disk : keeping.disks) sum += due(disk, at);
  for (const auto& address : keeping.addresses) sum += due(address, at);
  return sum;
}

Money take(Money& from, Money most) {
  const Money part = std::min(from, most);
  from -= part;
  return part;
}

// What the pools do not pay of it.
Money pay(Keeping& keeping, auto& row, WallTime at) {
  Money left = due(row, at);
  row.posted += left;
  for (auto& pool : keeping.pools)
    if (pool.expires > at) left -= take(pool.left, left);
  return left;
}

// Posts everything at `at`; false when the house has to pay for a disk.
bool post(Keeping& keeping, WallTime at) {
  for (auto& disk : keeping.disks) {
    Money left = pay(keeping, disk, at);
    left -= take(disk.reserved, left);
    if (left > Money{}) return false;
  }
  for (auto& address : keeping.addresses) {
    Money left = pay(keeping, address, at);
    for (auto& [pool, reserved] : address.reserve) left -= take(reserved, left);
  }
  return true;
}

bool has_used_reserve(const Keeping::Address& address) {
  Money left;
  for (const auto& [pool, reserved] : address.reserve) left += reserved;
  return left < address.reserve_wanted;
}

// What is posted of addresses stays; their reserves go where they came from.
void give_up_addresses(Keeping& keeping, bool (*which)(const Keeping::Address&)) {
  for (const auto& address : keeping.addresses)
    if (which(address))
      for (const auto& [pool, reserved] : address.reserve) keeping.pools[pool].left += reserved;
  std::erase_if(keeping.addresses, which);
}
bool all(const Keeping::Address&) { return true; }

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
  std::vector<const Address*> addresses;
  if (const auto of = state.disks_of.find(account); of != state.disks_of.end()) {
    for (const auto& id : of->second) {
      const auto& disk = *state.find<Disk>(id);
      for (const auto& draw : disk.reserve_draws) set_aside[draw.grant] += draw.amount;
      if (!disk.deleted) keeping.disks.push_back({disk.price, disk.created, disk.posted, disk.reserved});
    }
  }
  if (const auto of = state.addresses_of.find(account); of != state.addresses_of.end()) {
    for (const auto& id : of->second) {
      const auto& address = *addresses.emplace_back(state.find<Address>(id));
      for (const auto& draw : address.reserve_draws) set_aside[draw.grant] += draw.amount;
      keeping.addresses.push_back({address.price, address.idle, address.idle_since.value_or(now), address.posted, address.reserve_wanted, {}});
    }
  }
  const Money for_disks = owed(keeping, now);
  cost[{}] = for_disks;
  if (const auto* hold = state.find<Hold>(account)) {
    for (const auto& draw : hold->draws) {
      const Money part = std::min(cost[draw.type], draw.amount);
      cost[draw.type] -= part;
      set_aside[draw.grant] += part;  // spent: it is not free
    }
  }
  // What the hold has paid until now is posted, one after the other.
  Money paid = for_disks - cost[{}];
  for (auto& disk : keeping.disks) disk.posted += take(paid, due(disk, now));
  for (auto& address : keeping.addresses) address.posted += take(paid, due(address, now));

  std::vector<const Grant*> grants;
  if (const auto of = state.grants_of.find(account); of != state.grants_of.end())
    for (const auto& id : of->second)
      if (const auto* grant = state.find<Grant>(id); grant->only_types.empty()) grants.push_back(grant);
  std::ranges::sort(grants, {}, [](const Grant* grant) { return std::tuple(grant->expires, grant->created, grant->id); });
  for (const auto* grant : grants) keeping.pools.push_back({grant->remaining() - set_aside[grant->id], grant->expires});
  for (std::size_t i = 0; i < addresses.size(); ++i)
    for (const auto& draw : addresses[i]->reserve_draws) {
      const auto pool = std::ranges::find(grants, draw.grant, &Grant::id) - grants.begin();
      keeping.addresses[i].reserve.emplace_back(static_cast<std::size_t>(pool), draw.amount);
    }
  return keeping;
}

std::optional<WallTime> kept_until(Keeping keeping, WallTime now) {
  if (std::ranges::none_of(keeping.disks, [](const auto& disk) { return disk.price.nano_per_hour > 0; })) return std::nullopt;
  const WallTime second{now.ms / 1000 * 1000};
  if (!post(keeping, now)) return second;
  give_up_addresses(keeping, has_used_reserve);
  WallTime at = now;
  const std::int64_t first = utc_midnight(now).ms + kDayMs;
  for (std::int64_t day = 0; day < kMostDays;) {
    const bool with_addresses = !keeping.addresses.empty();
    if (left_at(keeping, at) == Money{}) {
      if (with_addresses) {
        give_up_addresses(keeping, all);
        continue;
      }
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
      const Money sum = owed(keeping, midnight(n));
      return with_addresses ? sum < left : sum <= left;
    };
    const std::int64_t last = std::max(day, largest(day - 1, kMostDays, paid));
    // Later postings owe more of the same and find no more, so what does not go on once does not from then on.
    const auto goes_on = [&](WallTime t) {
      if (with_addresses) return owed(keeping, t) < left_at(keeping, t);
      auto copy = keeping;
      return post(copy, t);
    };
    if (goes_on(midnight(last))) {
      post(keeping, midnight(last));
      at = midnight(last);
      day = last + 1;
      continue;
    }
    // In the day before that midnight.
    const std::int64_t from = at.ms / 1000, to = midnight(last).ms / 1000;
    at = {(largest(from, to, [&](std::int64_t s) { return s == from || goes_on({s * 1000}); }) + 1) * 1000};
    if (!with_addresses || !post(keeping, at)) return at;
    give_up_addresses(keeping, all);
    day = at < midnight(last) ? last : last + 1;
  }
  return WallTime::never();
}

std::optional<WallTime> disks_kept_until(const State& state, const AccountId& account, WallTime now) {
  return kept_until(keeping_if_stopped(state, account, now), now);
}

}  // namespace stipend::domain
