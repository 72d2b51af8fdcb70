// How long the disks of an account are kept when its machines stop now: until the house would have to pay for one of them
// (docs/design/money.md, "Disks and the reserve"). Pure.
#pragma once

#include <optional>
#include <vector>

#include "domain/state.hpp"

namespace stipend::domain {

// What pays for disks while nothing runs. Posted at each UTC midnight, in this order: pools, then the disk's own reserve.
struct Keeping {
  struct Pool {  // what is free of a grant without a restriction
    Money left;
    WallTime expires = WallTime::never();
  };
  struct Disk {
    Price price;
    WallTime created;
    Money posted, reserved;
  };
  std::vector<Pool> pools;  // in the order of spending
  std::vector<Disk> disks;  // in the order of posting
};

// What there would be if all machines stopped at `now`: what they and the disks cost until then is paid, the rest of the
// hold is free.
Keeping keeping_if_stopped(const State& state, const AccountId& account, WallTime now);

// The first whole second, from `now` on, at which the house pays; WallTime::never() when that is more than a hundred years
// away; nullopt without disks that cost.
std::optional<WallTime> kept_until(Keeping keeping, WallTime now);
std::optional<WallTime> disks_kept_until(const State& state, const AccountId& account, WallTime now);

}  // namespace stipend::domain
