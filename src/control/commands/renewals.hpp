// The guard's commands: run by the clock, account by account, so that no step is long.
#pragma once

#include <vector>

#include "control/tx.hpp"

namespace stipend::control {

// Accounts with something to renew, and those with disks or elastic addresses to post since the newest UTC midnight; each sorted. The guard calls
// renew_account for each, every domain::kRenewSeconds, and at once after a top-up.
std::vector<base::AccountId> accounts_that_run(const domain::State& state);
std::vector<base::AccountId> accounts_with_old_disks(const domain::State& state, base::WallTime now);

// Renews the leases of all machines of the account together, posts the hours that began and, after a UTC
// midnight, the day that ended. A machine that cannot be paid further keeps what it has and ends at its lease.
base::Status renew_account(Tx& tx, const base::AccountId& account);
// The same in the step that freed money of the account, a reserve above all, so that a lease that ends soon gets it. Does
// nothing while runs may not begin or go on: what frees money must commit then, too.
base::Status renew_with_what_is_free(Tx& tx, const base::AccountId& account);

// Forgets what is over: private addresses of terminated machines after 10 min, their rows after an hour, client
// tokens after a day, expired ways in, expired grants, old outages. At most `limit` rows a call; true: call again.
// With `from`: goes on where it ended, and looks at so many rows of each table only, so that no step is long.
struct ForgetFrom {
  static constexpr std::size_t kLookedAt = 5'000;
  base::InstanceId instance;
  std::string token, pass;
  base::GrantId grant;
};
base::Result<bool> forget_old(Tx& tx, std::size_t limit = 500, ForgetFrom* from = nullptr);

}  // namespace stipend::control
