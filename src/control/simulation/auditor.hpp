// Auditor: an independent judge of a simulated run. Sees every durable commit and the fake host's own clock,
// and says what is wrong, or nothing:
// - at every commit: the rules' own invariants; entries balance; per account, what was charged, held and
// reserved
//   is at most what was granted, by the entries alone;
// - at any time: no machine was ever allowed more than a committed hold covers, and none runs that is
// settled;
// - at any time: what the host's machines were given is at most what it has; what runs are promised at most what it may;
// - a place in the queue ends with a start, a cancel or its machine's end, in the same commit; no page's key makes two
//   machines; an account that only waits has nothing held;
// - when a run is settled: its machine has ended, and the charge is what this model, which knows only prices
// and
//   the host's measure, says it must be.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "compute/fake/fake_host.hpp"
#include "domain/invariants.hpp"
#include "store/change.hpp"

namespace stipend::control {

class Auditor {
 public:
  explicit Auditor(const compute::FakeHost& host) : host_(host) {}

  // `state`: after the commit.
  domain::Violation committed(const store::Batch& batch, const domain::State& state, base::WallTime now);
  domain::Violation machines(const domain::State& state) const;
  // From now on, when a person asked for a stop is known to the server by its clock only as far as reports
  // tell.
  void clock_jumped() { jumped_ = true; }

  int settled_runs() const { return settled_; }
  int turns() const { return turns_; }  // machines that the queue began
  base::Money charged_in_all() const { return charged_in_all_; }

 private:
  struct Paid {
    base::Price price;
    domain::RatePlan plan = domain::RatePlan::kPerSecond;
    base::RunSeconds held;                      // the longest ever committed
    std::optional<std::int64_t> stopped_at_ms;  // of the run, when a person's stop was committed
    base::Money charged;
  };
  domain::Violation post(const domain::Entry& entry);
  domain::Violation queue(const store::Batch& batch, const domain::State& state);
  std::int64_t ran_ms_now(const compute::RunKey& key) const;
  domain::Violation settled(const compute::RunKey& key, const Paid& paid) const;

  const compute::FakeHost& host_;
  domain::EntriesBalance balance_;
  std::map<base::AccountId, base::Money> granted_, charged_;
  std::map<compute::RunKey, Paid> open_;
  base::Money charged_in_all_;
  int settled_ = 0, turns_ = 0;
  std::map<std::string, domain::QueuePlace> waiting_;
  std::map<std::string, base::InstanceId> made_for_;  // account and key: the one machine
  bool jumped_ = false;
};

}  // namespace stipend::control
