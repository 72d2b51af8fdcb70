// World: the whole of control under virtual time, on a store that crashes at commits and a fake host that fails. Time
// jumps from event to event: what the host's machines do, what workloads put on the agenda, the server's own ticks.
// Everything follows from the seed. Workloads (workload.hpp) are the people in it; the auditor judges every commit.
// Whatever is found wrong is thrown as Broken.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_set>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "compute/fake/fake_provider.hpp"
#include "control/guard.hpp"
#include "control/inline_engine.hpp"
#include "control/reconciler.hpp"
#include "control/simulation/auditor.hpp"
#include "control/simulation/faults.hpp"
#include "control/vault.hpp"
#include "store/memory/memory_store.hpp"

namespace stipend::control {

struct Broken {
  std::string what;
};

struct WorldOptions {
  std::uint64_t seed = 1;
  Faults faults;
  compute::FakeOptions host;
  std::int64_t keep_deleted_s = 7 * 86'400;
  // How often, where the fault is on: one commit in so many; a trouble of the world every so many seconds, about.
  std::uint64_t crash_one_in = 3'000, refuse_one_in = 500;
  std::int64_t trouble_every_s = 4 * 3600, down_s_most = 2 * 3600;
  std::int64_t resync_every_ms = 120'000;  // a real server asks every 30 s, and hears what it knows
  std::int64_t busy_tick_ms = 10'000;       // a real server ticks every second
  bool restless = false;  // ticks every ten seconds, whatever happens
  std::string trace;  // an account whose commits are printed; empty: none
  // For tests of the judge: changes what is about to be durable, behind the server's back.
  std::function<void(store::Batch&)> tamper;
};

struct WorldCounts {
  std::int64_t commits = 0, crashes = 0, commands = 0, events = 0, ticks = 0;
};

class World {
 public:
  explicit World(WorldOptions options);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // ---- for workloads ----
  base::SeededRandom& random() { return random_; }
  bool one_in(std::uint64_t n) { return random_.below(n) == 0; }
  std::int64_t between(std::int64_t low, std::int64_t high) {  // both included
    return low + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(high - low + 1)));
  }
  std::int64_t now_ms() const { return clock_.monotonic_ms(); }
  base::WallTime wall() const { return clock_.wall(); }
  const domain::State& durable() const { return disk_->state; }
  const std::vector<domain::Entry>& entries() const { return disk_->entries; }
  const Faults& faults() const { return options_.faults; }
  compute::FakeHost& host() { return host_; }
  const Vault& vault() const { return vault_; }
  const base::ImageId& image() const { return image_; }
  bool serves() const { return server_ != nullptr; }
  bool is_ending() const { return ending_; }
  // Later, in the order of time and of asking.
  void at(std::int64_t ms, std::function<void()> act);
  void in(std::int64_t ms, std::function<void()> act) { at(now_ms() + ms, std::move(act)); }
  // A command as people give it: ServerDown when no server answers; a crash may swallow the answer.
  void submit(const Actor& actor, Engine::Plan plan, Engine::Done done = [](base::Status) {});
  // Must succeed; for setting up.
  void now(Engine::Plan plan);
  Actor as(const base::AccountId& account, const char* via = "aws") const;
  static Actor admin();
  // What was promised to somebody: a crash must not take it back.
  void promised(const base::InstanceId& machine) { launched_.insert(machine); }
  void promised_place(const std::string& place);
  void promised(const base::AccountId& account, base::Money credit) { given_[account] += credit; }
  void must(bool so, const std::string& what) const {
    if (!so) throw Broken{what};
  }
  // Troubles that a workload makes on purpose.
  void crash(std::int64_t down_s);
  void disconnect_host(std::int64_t s);
  void reboot_host(std::int64_t s);

  // ---- for who runs it ----
  void begin();                      // server, host and image are there; nothing goes wrong yet
  void let_trouble_come();           // from now on faults happen
  void run_until(std::int64_t ms);
  void come_to_rest();               // faults end, all that was asked for comes true, all machines are terminated
  const WorldCounts& counts() const { return counts_; }
  const Auditor& auditor() const { return auditor_; }
  const std::string& chain() const { return disk_->state.last_chain; }

 private:
  class CrashStore;
  struct Server;
  struct Crash {};  // thrown at a commit: the process is gone

  void boot();
  void pump();
  void tick();
  void trouble();
  void clock_trouble();
  void wait_for_trouble();
  void audit_all();
  bool can(Trouble what) const { return troubled_ && options_.faults.has(what); }

  WorldOptions options_;
  base::SeededRandom random_;
  base::ManualClock clock_;
  std::shared_ptr<store::MemoryDisk> disk_ = std::make_shared<store::MemoryDisk>();
  compute::FakeHost host_;
  Auditor auditor_;
  Vault vault_{{}};
  base::ImageId image_;
  std::unique_ptr<Server> server_;  // none: it is down
  bool troubled_ = false, ending_ = false, leapt_ = false;
  std::int64_t boot_at_ms_ = 0, tick_at_ms_ = 0, reconnect_at_ms_ = 0, audit_at_ms_ = 0, stirred_ms_ = 0;
  std::multimap<std::int64_t, std::function<void()>> agenda_;
  std::unordered_set<base::InstanceId> launched_;  // answered, and not forgotten since
  std::map<base::AccountId, base::Money> given_;   // answered
  std::set<std::string> placed_;                   // answered places that wait
  WorldCounts counts_;
};

}  // namespace stipend::control
