#include "control/commands/free_tier.hpp"

#include <algorithm>

#include "control/commands/grants.hpp"
#include "domain/free_tier.hpp"

namespace stipend::control {

base::Status give_free_tier(Tx& tx, const base::AccountId& id) {
  const auto* account = tx.state().find<domain::Account>(id);
  const auto gift = account ? domain::free_tier_due(tx.state(), *account, tx.now()) : std::nullopt;
  if (!gift) return {};
  domain::Account given = *account;
  given.free_tier = gift->month;
  tx.save(std::move(given));
  tx.audit("free-tier", id.str(), base::to_decimal(gift->amount));
  TRY(give(tx, {.account = id, .amount = gift->amount, .source = domain::kFreeTierSource, .note = gift->words, .terms = {gift->until, {gift->type}}}));
  return {};
}

std::optional<base::AccountId> give_free_tiers(Tx& tx, std::optional<base::AccountId> after, std::size_t limit) {
  constexpr std::size_t kLooksMost = 5'000;
  const auto& state = tx.state();
  if (!tx.may_begin() || std::ranges::none_of(state.courses, [](const auto& one) { return one.second->policy.free_tier.hours > 0; })) return std::nullopt;
  std::vector<base::AccountId> due;
  std::size_t looks = 0;
  auto at = after ? state.accounts.upper_bound(*after) : state.accounts.begin();
  for (; at != state.accounts.end() && due.size() < limit && looks < kLooksMost; ++at, ++looks) {
    after = at->first;
    if (domain::free_tier_due(state, *at->second, tx.now())) due.push_back(at->first);
  }
  const bool over = at == state.accounts.end();
  // One that cannot be given now is due at the next look.
  for (const auto& id : due) static_cast<void>(tx.attempt([&] { return give_free_tier(tx, id); }));
  return over ? std::nullopt : after;
}

}  // namespace stipend::control
