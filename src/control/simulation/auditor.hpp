// Auditor: an independent judge of a simulated world. Sees every durable commit and the fake host's own clock, and says
// what is wrong, or nothing:
// - at every commit: the rules' own invariants for each account that it touched, and by sums of the entries alone that
//   what was charged, held and reserved is at most what was granted; the house pays for a disk only of an account with
//   nothing left; disks are made, deleted and brought back at the time of their commit, at the catalogue's price; snapshots cost
//   from when they are whole, what they occupy; elastic addresses cost while they are idle, an hour of which is reserved;
// - what is sold has the price of its course's list at its start, for good (price_judge.hpp), and grants pay for what they are
//   for, in their order and until they expire (grant_judge.hpp);
// - a place in the queue ends with a start, a cancel or its machine's end, in the same commit; no page's key makes two
//   machines; an account that only waits has nothing held;
// - when a run is settled: its machine has ended, and the charge is what ledger/bill.hpp says by the host's measure. The
//   lease of the last one that ended for its credit left less than the smallest thing that the plan still sells (nothing
//   stranded), and it ended within its hook and halt of that lease's end;
// - now and then, of all: every invariant; no machine runs longer than a committed hold covers, or is settled and runs;
//   what machines were given is at most what the host has;
// - when an address is released, and at the end: each run's, disk's, snapshot's and address's charges are the model's to the
//   nano-dollar, and `stipend ledger verify` agrees.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>

#include "compute/fake/fake_host.hpp"
#include "control/simulation/grant_judge.hpp"
#include "domain/invariants.hpp"
#include "ledger/bill.hpp"
#include "ledger/books.hpp"
#include "store/change.hpp"

namespace stipend::control {

class Auditor {
 public:
  Auditor(const compute::FakeHost& host, const base::Clock& clock) : host_(host), clock_(clock) {}

  // `state`: after the commit; `now`: the newest time in it.
  domain::Violation committed(const store::Batch& batch, const domain::State& state, base::WallTime now);
  domain::Violation all(const domain::State& state, base::WallTime now) const;
  domain::Violation machines(const domain::State& state) const;
  // When nothing runs any more: the ledger as a whole.
  domain::Violation at_rest(const domain::State& state, const std::vector<domain::Entry>& entries, const std::vector<domain::UsageDay>& usage,
                            base::WallTime now) const;

  // From now on, when a person asked for a stop is known to the server by its clock only as far as reports tell.
  void clock_jumped() { jumped_ = true; }
  // Something kept the server from renewing leases in time, so that a machine may end early with money left.
  void disturbed() { disturbed_ms_ = clock_.monotonic_ms(); }
  // Messages and commits take longer than that: so many seconds more.
  void late_by(std::int64_t seconds) { late_s_ += seconds; }

  struct Counts {
    std::int64_t settled = 0, exact = 0;  // runs; those whose bill leaves no span
    std::int64_t turns = 0;               // machines that the queue began
    std::int64_t credit_ends = 0;         // looked at for what they left
    std::int64_t entries = 0;
    ledger::Wide charged = 0, unfunded = 0;
  };
  const Counts& counts() const { return counts_; }

 private:
  using RunMoney = std::array<std::int64_t, 5>;  // generation, held, lease, posted, state
  struct Paid {  // a run that is not settled
    base::AccountId account;
    ledger::RunFacts facts;
    std::string type, catalogue;
    std::int64_t lease_s = 0;  // the newest that its supervisor took
    std::int64_t most_held_s = 0;
    std::int64_t committed_ms = -1;  // when its start was
    bool for_credit = true;    // what its newest lease ends at
    RunMoney money{};
    ledger::Wide charged = 0;
  };
  struct DiskTrack {
    base::AccountId account;
    std::int64_t price = 0;
    std::string catalogue;
    std::vector<ledger::Existence> times;  // of one that is whole
    bool known = false, deleted = false, failed = false;
    base::WallTime asked;                  // when its first commit says it was made
    ledger::Wide charged = 0;
  };
  struct AddressTrack {
    base::AccountId account;
    base::Price price;
    std::string catalogue;
    std::vector<ledger::Existence> idle;   // the last one is open while `is_idle`
    bool is_idle = false;
    std::int64_t idle_s = 0;               // as its row counts them
    ledger::Wide charged = 0;
  };
  struct AccountTrack {
    ledger::Wide granted = 0, charged = 0;
    std::int64_t changed_ms = -1'000'000;  // when its money last changed otherwise than by charges
    std::int64_t freed_ms = -1'000'000;    // when a run was settled last
    // What halts gave back that took less than they may, at the newest ends for its credit.
    ledger::Wide given_back = 0;
    std::int64_t given_back_ms = -1'000'000, given_back_s = 0;
  };

  domain::Violation post(const domain::Entry& entry, const domain::State& state);
  RunMoney money_of(const base::InstanceId& id) const;
  domain::Violation run_row(const domain::Instance& row, const domain::State& state);
  domain::Violation disk_row(const domain::Disk& row, const domain::State& state, base::WallTime now);
  domain::Violation new_disk(const domain::Disk& row, DiskTrack& disk, const domain::State& state, base::WallTime now);
  domain::Violation snapshot_row(const domain::Disk& row, DiskTrack& disk, const domain::State& state, base::WallTime now);
  domain::Violation address_row(const domain::Address& row, const domain::State& state, base::WallTime now);
  domain::Violation address_gone(const std::string& id, base::WallTime now);
  bool in_this_commit(base::WallTime t, base::WallTime now) const { return newest_ <= t && t <= now; }
  domain::Violation account_at(const base::AccountId& account, const domain::State& state, base::WallTime now) const;
  domain::Violation house_paid(const base::AccountId& account, const domain::State& state, base::WallTime now) const;
  domain::Violation settled(const compute::RunKey& key, Paid& paid, const domain::State& state);
  std::vector<ledger::Existence> free_hours_of(const compute::FakeHost::Measured& run, const base::AccountId& account, const domain::State& state) const;
  domain::Violation ended_for_credit(const Paid& paid);
  domain::Violation stranded(const Paid& paid, const domain::State& state, base::WallTime now);
  domain::Violation grants(const std::set<base::AccountId>& touched, const std::set<base::AccountId>& held, const domain::State& state,
                           base::WallTime before, base::WallTime now);
  domain::Violation queue(const store::Batch& batch, const domain::State& state, base::WallTime now);
  bool is_disturbed() const;
  std::int64_t ran_ms_now(const compute::RunKey& key) const;

  const compute::FakeHost& host_;
  const base::Clock& clock_;
  std::int64_t last_entry_ = 0;
  std::map<base::AccountId, AccountTrack> accounts_;
  std::map<compute::RunKey, Paid> open_;
  std::unordered_map<base::DiskId, DiskTrack> disks_;
  std::map<std::string, AddressTrack> addresses_;
  base::WallTime newest_;  // of the commit before
  GrantJudge grants_;
  Counts counts_;
  std::map<std::string, domain::QueuePlace> waiting_;
  struct Made {
    std::set<base::InstanceId> machines;
    base::WallTime newest;
  };
  std::map<std::string, Made> made_for_;  // account and key: one machine a day
  bool jumped_ = false;
  std::int64_t disturbed_ms_ = 0, late_s_ = 0;
};

}  // namespace stipend::control
