// The figures of an account at one instant, from rows alone: exact, and what every surface shows.
#pragma once

#include <optional>

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

}  // namespace stipend::domain
