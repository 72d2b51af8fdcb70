// Leases: how long all machines of one account may run with the money it has. All of them renew together: T is
// the largest time that pays for every machine and every disk, each machine gets min(L, T), so all end at the one
// instant that is shown as "lasts until". What T leaves over buys single machines more, so that nothing the plan
// still sells is left unspent.
// Pure. A lease is a duration of run (RunSeconds since init runs), never an instant.
#pragma once

#include <optional>
#include <vector>

#include "domain/wallet.hpp"

namespace stipend::domain {

inline constexpr std::int64_t kLeaseSeconds = 3600;  // L: how far ahead a healthy machine is paid
inline constexpr std::int64_t kRenewSeconds = 300;   // how often it is renewed
// A whole lease this young is not made longer: each launch of an account looks at the leases of all its machines, and
// some seconds more for each would be a row, a message and an acknowledgement for nothing.
inline constexpr std::int64_t kFreshSeconds = 60;
// Disks are paid this much longer than a new machine's lease: it starts some seconds after the commit.
inline constexpr std::int64_t kStartMarginSeconds = 35;

// A run as the lease rules see it.
struct Machine {
  InstanceId id;
  std::string type;
  Price price;
  RatePlan plan = RatePlan::kPerSecond;
  RunSeconds ran;       // estimate for now
  RunSeconds held;      // covered by the hold; 0 for one that is about to be launched
  RunSeconds lease;     // its right to run; less than `held` until a shortening is confirmed
  Money posted;
  FreeTime free = {};
  bool renewable = true;  // false: it is being stopped; it keeps what it holds
  bool known = false;     // reported running: only then is a lease cut, else the cut could lie in its past
};

// How long the run has lasted at `now`: the newest report plus the wall time since, at most what is held. Only
// for planning and for figures; a charge is made from reports.
RunSeconds ran_estimate(const Run& run, WallTime now);

Machine machine_of(const Instance& instance, WallTime now);
// With the free hours of the course up to now.
std::vector<Machine> machines_of(const State& state, const AccountId& account, WallTime now);

// What the machines may still cost until the end of what they hold.
Money held_cost(const std::vector<Machine>& machines);

// What the hold must name so that each machine may run until `run_max` in all, and the disks are paid meanwhile.
std::vector<Need> needs_of(const Wallet& wallet, const std::vector<Machine>& machines,
                           const std::vector<RunSeconds>& run_max, std::int64_t disks_s);

// What bounds the leases beside the credit.
struct Limits {
  std::int64_t lease_s = kLeaseSeconds;  // none reaches further; 0: none is made longer
  std::optional<Money> runs_max;         // what all runs may still cost beyond what is posted; what is held already stays
};

// Machines in free hours whose disks the credit does not carry any more go on: then the disks are paid from their reserve,
// as those of a stopped machine, and nothing that costs is planned.
struct LeasePlan {
  bool funded = false;                // false: not even the present second; nothing below is set
  bool capped = false;                // they could be longer but for runs_max
  bool free_only = false;             // nothing that costs can be paid: they end with the free hours
  std::int64_t together_s = 0;        // min(L, T)
  std::vector<RunSeconds> run_max;    // for each machine; never below what it holds; fresh leases as they are
  std::vector<Need> needs;            // the hold that goes with it
};
LeasePlan plan_leases(const Wallet& wallet, const std::vector<Machine>& machines, const Limits& limits);

// The first leases of machines that start, out of what is available alone: what the others hold (those not
// `renewable`) is not touched. Disks are paid kStartMarginSeconds longer, and as long as the others' leases.
struct StartPlan {
  bool funded = false;
  bool capped = false;            // not funded only for runs_max
  RunSeconds run_max;             // of each; at least the first unit that the plan sells, but no further than lease_s
  std::vector<Need> needs;        // beyond the present hold
  std::vector<Need> least;        // for the first unit; set when not funded, too
};
StartPlan plan_start(const Wallet& wallet, const std::vector<Machine>& machines, const Limits& limits);

// How long all could run if what they hold were shared anew: at most lease_s.
std::int64_t fair_share_s(const Wallet& wallet, const std::vector<Machine>& machines, std::int64_t lease_s);

// The machines whose lease should be cut to the fair share, so that another one, which has less, can have it too.
// Nothing is cut below a minute, nor for less than ten seconds.
std::vector<bool> to_shorten(const std::vector<Machine>& machines, const LeasePlan& plan, std::int64_t fair_s);

// Seconds until the money is used up at the present rate; nullopt when nothing costs anything.
std::optional<std::int64_t> runway_s(const Wallet& wallet, const std::vector<Machine>& machines);

}  // namespace stipend::domain
