#include "domain/figures.hpp"

#include <algorithm>

#include "domain/charge.hpp"
#include "domain/free_tier.hpp"
#include "domain/lease.hpp"
#include "domain/wallet.hpp"

namespace stipend::domain {
namespace {

Figures read(Wallet& wallet, const std::vector<Machine>& machines) {
  wallet.post_storage(wallet.now());
  wallet.take_changes();
  Money running;
  Figures result;
  for (const auto& m : machines) {
    running += std::max(Money{}, charge_for(m.plan, m.price, m.free, m.ran, base::Rounding::kFloor) - m.posted);
    result.rate_per_hour += {m.price.nano_per_hour};
    result.anything_running = true;
  }
  result.rate_per_hour += {wallet.storage_rate().nano_per_hour};
  result.granted = wallet.granted();
  result.charged = wallet.spent() + running;
  result.balance = result.granted - result.charged;
  result.held = wallet.held() - running;
  result.reserved = wallet.reserved();
  result.available = wallet.available();
  return result;
}

}  // namespace

Figures figures_without_runway(const State& state, const AccountId& account, WallTime now) {
  Wallet wallet(state, account, now);
  return read(wallet, machines_of(state, account, now));
}

Figures figures(const State& state, const AccountId& account, WallTime now) {
  Wallet wallet(state, account, now);
  const auto machines = machines_of(state, account, now);
  Figures result = read(wallet, machines);
  if (const auto left = runway_s(wallet, machines)) {
    // Estimates count whole seconds, so the instant does too: it stands still between two looks.
    result.lasts_until = WallTime{now.ms / 1000 * 1000}.plus_seconds(*left);
  }
  return result;
}

namespace {

// What nothing holds of the grants that are meant; of such as pay for some types, so no disk's reserve draws on them.
template <class IsMeant>
Money left_of(const State& state, const AccountId& account, WallTime now, IsMeant is_meant) {
  const auto of = state.grants_of.find(account);
  const auto* hold = state.find<Hold>(account);
  Money sum;
  if (of == state.grants_of.end()) return sum;
  for (const auto& id : of->second) {
    const auto* grant = state.find<Grant>(id);
    if (grant->only_types.empty() || grant->expires <= now || !is_meant(*grant)) continue;
    Money left = grant->remaining();
    if (hold)
      for (const auto& draw : hold->draws)
        if (draw.grant == id) left -= draw.amount;
    sum += left;
  }
  return sum;
}

}  // namespace

Money available_not_for(const State& state, const AccountId& account, std::string_view type, WallTime now) {
  return left_of(state, account, now, [&](const Grant& grant) { return std::ranges::find(grant.only_types, type) == grant.only_types.end(); });
}

Money free_tier_left(const State& state, const AccountId& account, WallTime now) {
  return left_of(state, account, now, [](const Grant& grant) { return grant.source == kFreeTierSource; });
}

}  // namespace stipend::domain
