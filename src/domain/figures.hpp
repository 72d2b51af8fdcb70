// The figures of an account at one instant, from rows alone: exact, and what every surface shows.
#pragma once

#include <optional>
#include <string_view>

#include "domain/state.hpp"

namespace stipend::domain {

struct Figures {
  Money granted, charged, balance, held, reserved, available;
  bool anything_running = false;
  Money rate_per_hour;                     // of all running machines and disks
  std::optional<WallTime> lasts_until;     // nothing accrues: absent
};

Figures figures(const State& state, const AccountId& account, WallTime now);
// Without lasts_until, which takes a search.
Figures figures_without_runway(const State& state, const AccountId& account, WallTime now);

// Of `available`: what does not pay for a run of the type, since it is credit for other types; without a type, for a disk: all
// that is for some types only.
Money available_not_for(const State& state, const AccountId& account, std::string_view type, WallTime now);
// Of `available`: what is left of the month's free tier, which is hours and no money to plan with.
Money free_tier_left(const State& state, const AccountId& account, WallTime now);

}  // namespace stipend::domain
