// Beginning and ending of runs: the part that launch, start, reports and resync share. Engine's strand only.
#pragma once

#include <vector>

#include "control/commands/common.hpp"
#include "domain/instance_state.hpp"
#include "domain/settle.hpp"

namespace stipend::control {

// Holds the money for a new run of each instance (rows not yet put, all of one account, without a run) in the
// wallet, ends the idle time of their elastic addresses, and answers how long each may run; InsufficientCredit, with
// `with_disks` added to the figures, else.
base::Result<std::vector<base::RunSeconds>> fund_runs(const domain::State& state, domain::Wallet& wallet,
                                                      const std::vector<domain::Instance>& instances,
                                                      const Shortage* with_disks = nullptr);

// Gives each instance generation, addresses, lease and token, puts the rows and asks for the starts. The disks
// must have been put. InsufficientAddressCapacity.
base::Status begin_runs(Tx& tx, std::vector<domain::Instance>& instances, const std::vector<base::RunSeconds>& run_max);

// The start a pending instance is waiting for.
compute::StartSpec start_spec(const domain::State& state, const domain::Instance& instance);

// Charges the run in all, frees what was held for it, and ends it; answers what was given back after a fault. The instance
// keeps its state: the caller sets it.
base::Money settle_run(Tx& tx, domain::Wallet& wallet, domain::Instance& instance, const domain::RunEnd& end);

// The instance ends for good: disks that go with it are deleted, the others detached, as its elastic address. No run may
// be left.
void finish_terminated(Tx& tx, domain::Wallet& wallet, domain::Instance& instance);

// Deletes the root disk for the student (its cost ends now) when it goes with the instance.
void delete_root_if_wanted(const Tx& tx, domain::Wallet& wallet, const domain::Instance& instance);

void set_reason(domain::Instance& instance, domain::StopCause cause, domain::LeaseLimit limit = {});

}  // namespace stipend::control
