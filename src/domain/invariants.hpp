// Checkers named for what can never be false. Each looks at a whole State (and the entries posted so far) at one
// instant and says what is wrong, or nothing. Tests and the simulator run all of them after every step.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "domain/state.hpp"

namespace stipend::domain {

using Violation = std::optional<std::string>;

// charged + held + reserved <= granted for every account, at every instant.
struct NeverOverspent {
  Violation operator()(const State& state, WallTime now) const;
};

// What holds and reserves draw on a grant is at most what remains of it; a row's total is the sum of its draws.
struct HoldsNameTheirGrants {
  Violation operator()(const State& state) const;
};

// The hold of a run covers, to the second, what the machine may still cost until its longest lease ends.
struct HoldsCoverTheirLeases {
  Violation operator()(const State& state) const;
};

// A machine that may run has a run, one that is stopped or terminated has none; generations only grow.
struct RunsMatchStates {
  Violation operator()(const State& state) const;
};

// A disk is attached to one machine at a time, and a machine that has a run has its disks, home and all.
struct DisksBelongToRuns {
  Violation operator()(const State& state) const;
};

// No address is used twice; an elastic one may be its machine's.
struct AddressesAreUnique {
  Violation operator()(const State& state) const;
};

// An elastic address costs exactly while no machine runs with it; a machine has at most one, and then it is what it is
// reached at, also while it is stopped. A stopped machine has no other public address.
struct ElasticAddressesFollowMachines {
  Violation operator()(const State& state) const;
};

// Fed with every entry in order: numbers without a gap, every (subject, generation, segment) once, and each
// grant's row equal to what its entries moved.
class EntriesBalance {
 public:
  Violation add(const Entry& entry);
  Violation operator()(const State& state) const;

 private:
  std::int64_t last_ = 0;
  std::set<std::tuple<std::string, std::int64_t, std::int64_t>> keys_;
  std::map<std::string, Money> moved_in_;  // credit - debit of each ledger account
};

// All that need no entries, in one call.
Violation broken_invariant(const State& state, WallTime now);

}  // namespace stipend::domain
