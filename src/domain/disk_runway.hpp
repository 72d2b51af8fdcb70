// How long the disks of an account, snapshots included, are kept when its machines stop now: until the house would have to pay
// for one of them (docs/design/money.md, "How long disks are kept"). Pure.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "domain/state.hpp"

namespace stipend::domain {

// What pays while nothing runs. Posted at each UTC midnight, in this order: pools, then the reserve of the disk or address itself.
// Addresses are given up at the first second at which all that is not posted is no less than what is in the pools, and one whose
// reserve was used at once; their reserves are then free.
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
  struct Address {
    Price price;
    RunSeconds before;  // of idleness, until
    WallTime idle_since;
    Money posted, reserve_wanted;
    std::vector<std::pair<std::size_t, Money>> reserve;  // of which pool, how much
  };
  std::vector<Pool> pools;  // in the order of spending
  std::vector<Disk> disks;  // in the order of posting
  std::vector<Address> addresses;
};

// What there would be if all machines stopped at `now`: what they, the disks and the addresses cost until then is paid, the rest
// of the hold is free, and no machine runs with an address.
Keeping keeping_if_stopped(const State& state, const AccountId& account, WallTime now);

// The first whole second, from `now` on, at which the house pays; WallTime::never() when that is more than a hundred years
// away; nullopt without disks that cost.
std::optional<WallTime> kept_until(Keeping keeping, WallTime now);
std::optional<WallTime> disks_kept_until(const State& state, const AccountId& account, WallTime now);

}  // namespace stipend::domain
