#include "control/simulation/grant_judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace stipend::control {
namespace {

using domain::EntryKind;
using domain::Grant;
using domain::Violation;
using ledger::Wide;

// The server looks for grants that expired once a minute, and once an hour while nothing goes on.
constexpr std::int64_t kExpiryLateMs = 3 * 3'600'000;

bool pays_for(const Grant& grant, const std::string& type) {
  return grant.only_types.empty() || (!type.empty() && std::ranges::find(grant.only_types, type) != grant.only_types.end());
}

// Money that is set aside on each grant of an account.
std::map<base::GrantId, Wide> drawn_of(const base::AccountId& account, const domain::State& state) {
  std::map<base::GrantId, Wide> drawn;
  if (const auto* hold = state.find<domain::Hold>(account))
    for (const auto& draw : hold->draws) drawn[draw.grant] += draw.amount.nano;
  if (const auto disks = state.disks_of.find(account); disks != state.disks_of.end())
    for (const auto& id : disks->second)
      for (const auto& draw : state.find<domain::Disk>(id)->reserve_draws) drawn[draw.grant] += draw.amount.nano;
  if (const auto kept = state.addresses_of.find(account); kept != state.addresses_of.end())
    for (const auto& id : kept->second)
      for (const auto& draw : state.find<domain::Address>(id)->reserve_draws) drawn[draw.grant] += draw.amount.nano;
  return drawn;
}

// "Soonest to expire, then narrowest (the fewest types), then oldest."
auto rank(const Grant& grant) { return std::tuple(grant.expires, grant.only_types.empty() ? SIZE_MAX : grant.only_types.size(), grant.created); }

}  // namespace

Violation GrantJudge::entry(const domain::Entry& entry, const domain::State& state) const {
  constexpr std::string_view kGrant = "grant:";
  const bool pays = entry.kind == EntryKind::kCharge || entry.kind == EntryKind::kStorage;
  if ((!pays && entry.kind != EntryKind::kExpiry) || !entry.debit.starts_with(kGrant)) return {};
  const auto id = base::GrantId::parse(std::string_view(entry.debit).substr(kGrant.size()));
  const auto* grant = id ? state.find<Grant>(*id) : nullptr;
  if (!grant || grant->account != entry.account) return fmt::format("entry {}: {} is no grant of {}", entry.number, entry.debit, entry.account.view());
  if (entry.kind == EntryKind::kExpiry) {
    if (entry.at < grant->expires) return fmt::format("{}: expires at {}, and did at {}", id->view(), grant->expires.ms, entry.at.ms);
    return {};
  }
  if (!pays_for(*grant, entry.kind == EntryKind::kStorage ? std::string() : entry.type))
    return fmt::format("entry {}: {} pays for a {} of {}, and is not for it", entry.number, id->view(), entry.type, entry.account.view());
  return {};
}

Violation GrantJudge::account(const base::AccountId& account, const domain::State& state, base::WallTime before) {
  const auto of = state.grants_of.find(account);
  if (of == state.grants_of.end()) return {};
  auto drawn = drawn_of(account, state);
  for (const auto& id : of->second) {
    const auto& grant = *state.find<Grant>(id);
    const Wide used = Wide{grant.spent.nano} + drawn[id];
    auto [at, fresh] = grants_.try_emplace(id, Terms{grant.expires, grant.only_types, grant.amount.nano, used});
    auto& terms = at->second;
    if (fresh) continue;
    if (terms.expires != grant.expires || terms.only_types != grant.only_types || terms.amount != grant.amount.nano)
      return fmt::format("{}: the terms of the grant changed", id.view());
    if (grant.expires <= before && used > terms.used)
      return fmt::format("{} of {}: expired at {}, and {} more of it is used at {}", id.view(), account.view(), grant.expires.ms, used - terms.used, before.ms);
    terms.used = used;
  }
  if (const auto* hold = state.find<domain::Hold>(account))
    for (const auto& draw : hold->draws)
      if (const auto* grant = state.find<Grant>(draw.grant); !grant || !pays_for(*grant, draw.type))
        return fmt::format("{}: {} is held on {} for {}, which it is not for", account.view(), draw.amount.nano, draw.grant.view(),
                           draw.type.empty() ? "disks" : draw.type);
  const auto reserve = [&](std::string_view id, const std::vector<domain::Draw>& draws) -> Violation {
    for (const auto& draw : draws)
      if (const auto* grant = state.find<Grant>(draw.grant); !grant || !grant->only_types.empty())
        return fmt::format("{}: its reserve draws on {}, which is not for disks and addresses", id, draw.grant.view());
    return {};
  };
  if (const auto disks = state.disks_of.find(account); disks != state.disks_of.end())
    for (const auto& id : disks->second)
      if (auto broken = reserve(id.view(), state.find<domain::Disk>(id)->reserve_draws)) return broken;
  if (const auto kept = state.addresses_of.find(account); kept != state.addresses_of.end())
    for (const auto& id : kept->second)
      if (auto broken = reserve(id, state.find<domain::Address>(id)->reserve_draws)) return broken;
  return {};
}

Violation GrantJudge::order(const base::AccountId& account, const domain::State& state, base::WallTime now) const {
  const auto of = state.grants_of.find(account);
  const auto* hold = state.find<domain::Hold>(account);
  if (of == state.grants_of.end() || of->second.size() < 2 || !hold) return {};
  const auto drawn = drawn_of(account, state);
  for (const auto& id : of->second) {
    const auto& first = *state.find<Grant>(id);
    const auto at = drawn.find(id);
    const Wide left = Wide{first.remaining().nano} - (at == drawn.end() ? Wide{0} : at->second);
    if (left <= 0 || first.expires <= now) continue;
    for (const auto& draw : hold->draws) {
      const auto& other = *state.find<Grant>(draw.grant);
      if (draw.grant != id && pays_for(first, draw.type) && rank(first) < rank(other))
        return fmt::format("{}: {} is held on {} for {}, while {} has {} left and comes first", account.view(), draw.amount.nano, draw.grant.view(),
                           draw.type.empty() ? "disks" : draw.type, id.view(), left);
    }
  }
  return {};
}

Wide GrantJudge::left_for(const std::string& type, const base::AccountId& account, const domain::State& state, base::WallTime now) {
  Wide left = 0;
  const auto of = state.grants_of.find(account);
  if (of == state.grants_of.end()) return left;
  auto drawn = drawn_of(account, state);
  for (const auto& id : of->second)
    if (const auto& grant = *state.find<Grant>(id); now < grant.expires && pays_for(grant, type)) left += Wide{grant.remaining().nano} - drawn[id];
  return left;
}

Violation GrantJudge::overdue(const domain::State& state, base::WallTime now) const {
  for (const auto& [account, grants] : state.grants_of) {
    std::map<base::GrantId, Wide> drawn;
    bool looked = false;
    for (const auto& id : grants) {
      const auto& grant = *state.find<Grant>(id);
      if (grant.remaining() <= base::Money{} || grant.expires.ms_until(now) < kExpiryLateMs) continue;
      if (!std::exchange(looked, true)) drawn = drawn_of(account, state);
      if (grant.remaining().nano > drawn[id])
        return fmt::format("{} of {}: expired {} s ago, and {} of it is still there", id.view(), account.view(), grant.expires.ms_until(now) / 1000,
                           grant.remaining().nano - drawn[id]);
    }
  }
  return {};
}

}  // namespace stipend::control
