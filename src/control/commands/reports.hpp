// What providers say, as commands: any report, in any order, twice or late, changes the state at most once and
// never charges twice. Called on the strand for each Report that a ReportSink got, and by the reconciler.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "control/tx.hpp"

namespace stipend::control {

// Moves the machine's state, confirms leases, settles an ended run (charge, release, address, disk) and asks for
// the acknowledgement once that is committed. kAbsent is the answer of resync for a run the provider does not know.
// The answer names the account whose leases should be renewed at once, in a command of its own (renewals.hpp): a
// settlement must commit even when nothing may run longer.
base::Result<std::optional<base::AccountId>> handle_report(Tx& tx, const compute::Report& report);

// Every run that should exist: for Provider::resync.
std::vector<compute::RunKey> expected_runs(const domain::State& state);
// What the world should be doing now, as effects that were perhaps lost with a crash: starts of pending runs,
// stops of stopping ones, leases that nobody has confirmed, deletion of disks that nobody has. Idempotent.
struct WishesFor {
  // Whether a lease is known to have come through though no row says so yet.
  std::function<bool(const compute::RunKey& key, std::int64_t lease_seq)> confirmed = {};
  bool disks = true;  // too, not of runs alone
};
std::vector<Effect> wishes(const domain::State& state, base::WallTime now, const WishesFor& what = {});

// The bytes of a deleted disk are gone: the row goes.
base::Status disk_gone(Tx& tx, const base::DiskId& disk);

}  // namespace stipend::control
