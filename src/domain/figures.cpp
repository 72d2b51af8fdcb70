#include "domain/figures.hpp"

#include "domain/charge.hpp"
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

}  // namespace stipend::domain
