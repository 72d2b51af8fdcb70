// Simulation: the whole of control under virtual time on a store that crashes at commits and a fake host that
// fails, with several accounts that race for their last cents. Everything follows from the seed; which faults
// a run has, too. The auditor judges every commit; at the end the faults stop and all must come to rest.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "compute/fake/fake_provider.hpp"
#include "control/commands/accounts.hpp"
#include "control/guard.hpp"
#include "control/inline_engine.hpp"
#include "control/reconciler.hpp"
#include "control/simulation/auditor.hpp"
#include "store/memory/memory_store.hpp"

namespace stipend::control {

struct SimulationReport {
  std::string violation;  // empty: all was well
  int commits = 0, crashes = 0, settled_runs = 0, turns = 0;  // turns: of the queue
  std::int64_t virtual_minutes = 0;
  std::string chain;  // of the ledger at the end: the same for the same seed
};

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed);
  ~Simulation();
  // Until `crashes` crashes (or without them `minutes` of virtual time) have been.
  SimulationReport run(int crashes, std::int64_t minutes);

 private:
  class CrashStore;
  struct Server;
  struct Crash {};  // thrown at a commit: the process is gone
  struct Broken {   // thrown when the auditor found something
    std::string what;
  };
  struct Faults {
    bool crashes = false, commit_failures = false, wall_jumps = false, host_failures = false;
    std::int64_t down_s_max = 0;
    compute::FakeFaults mail;
  };

  void choose_faults();
  void boot();
  void crash();
  void make_class();
  void pass_until(std::int64_t mono_ms);  // virtual time, with all that happens meanwhile
  void pump();
  void act();
  void command(const base::AccountId& account);
  void world_fault();
  void come_to_rest();
  void audit_machines();
  void must(bool so, const std::string& what) const;
  bool one_in(std::uint64_t n) { return random_.below(n) == 0; }
  const domain::State& durable() const { return disk_->state; }
  base::InstanceId any_instance(const base::AccountId& account);
  base::DiskId deleted_disk(const base::AccountId& account);

  base::SeededRandom random_;
  base::ManualClock clock_;
  std::shared_ptr<store::MemoryDisk> disk_ = std::make_shared<store::MemoryDisk>();
  Faults faults_;
  std::int64_t keep_deleted_s_ = 0;
  compute::FakeHost host_;
  Auditor auditor_;
  std::unique_ptr<Server> server_;  // none: it is down
  std::int64_t boot_at_ms_ = 0, tick_at_ms_ = 0, reconnect_at_ms_ = 0;
  std::vector<base::AccountId> accounts_;
  base::ImageId image_;
  std::set<base::InstanceId> launched_;           // answered, and not forgotten since
  std::map<base::AccountId, base::Money> given_;  // answered
  std::set<std::string> placed_;                  // answered places that wait
  SimulationReport report_;
};

}  // namespace stipend::control
