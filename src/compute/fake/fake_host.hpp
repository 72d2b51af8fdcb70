// FakeHost: a host that runs no machine but behaves as one that does: leases end runs to the millisecond with
// the server gone, stops take their hook, generations end once and for ever, supervisors and the host itself
// can die. It outlives the servers (FakeProvider) that connect to it, as a real host does. Calls and reports
// pass through a mailbox that loses, repeats, delays and reorders as told. Time is the clock's, events happen
// in run_due(). Thread-safe. Reports and answers are given outside the lock, by the thread that calls
// run_due().
#pragma once

#include <functional>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "compute/provider.hpp"

namespace stipend::compute {

struct FakeFaults {  // of a thousand
  int lose_call = 0, lose_report = 0, repeat_report = 0, fail_start = 0, refuse_deletion = 0, refuse_snapshot = 0;
  std::int64_t call_delay_ms_max = 0;    // calls keep their order
  std::int64_t report_delay_ms_max = 0;  // reports do not
};

struct FakeOptions {
  std::int64_t prepare_ms = 30;          // disk, mounts, init
  std::int64_t hook_ms = 1'000;          // at most 30 s
  std::int64_t halt_ms = 500;            // at most 5 s
  std::int64_t snapshot_ms = 2'000;      // a copy of a disk,
  std::int64_t snapshot_mib = 300;       // and what it occupies
  std::int64_t report_every_ms = 5'000;  // of a running machine, and of an ended one until acknowledged
  std::int64_t record_every_ms = 5'000;  // last known alive
  std::int64_t cpus = 64, memory_mib = 256 * 1024, disk_free_mib = 4 * 1024 * 1024;
  AddressRanges addresses{"10.97.16.0/20", "127.97.16.0/20"};
  FakeFaults faults;
};

class FakeHost {
 public:
  static constexpr std::int64_t kHookMs = 30'000, kHaltMs = 5'000;  // the most a hook and a halt may take
  FakeHost(const base::Clock& clock, base::Random& random, FakeOptions options = {});

  // Time: what happens next, and doing all that is due.
  std::optional<std::int64_t> next_ms() const;
  void run_due();

  // The connection of a server. A higher epoch shuts the older ones out; what is under way to a closed one is
  // lost.
  void connect(std::int64_t epoch, ReportSink sink, NoticeSink notices = {});
  void disconnect();
  bool connected() const;
  void set_faults(FakeFaults faults);
  HostRoom room() const;
  const FakeOptions& options() const { return options_; }

  void start(StartSpec spec);
  void renew(RunKey key, std::int64_t epoch, Lease lease);
  void stop(RunKey key, std::int64_t epoch, StopWish wish);
  void reboot(RunKey key, std::int64_t epoch);
  void acknowledge(RunKey key, std::int64_t epoch);
  void delete_disk(base::DiskId disk, std::int64_t epoch, DoneSink done);
  void snapshot_disk(base::DiskId from, base::DiskId to, std::int64_t epoch, SizeSink done);
  void set_public_address(RunKey key, std::int64_t epoch, std::string address, DoneSink done);
  void console_output(base::InstanceId instance, TextSink done);
  void resync(std::vector<RunKey> expected);

  // What goes wrong.
  void guest_shutdown(const base::InstanceId& instance);
  void kill_supervisor(const base::InstanceId& instance);
  void reboot_host();
  // Something that a host sees inside the machine; lost, repeated and late like a report.
  void notice(Notice notice);

  // The truth, for auditors: what each run really ran, to the millisecond, and the longest it was ever
  // allowed.
  struct Measured {
    bool running = false;
    std::int64_t ran_ms = 0;
    base::RunSeconds longest_lease, lease;  // the newest one that it took
    Cause cause = Cause::kNone;     // once it ended
    std::int64_t known_ran_ms = 0;  // what its final report says
    bool known_to_end = true;
    bool forced = false;            // somebody did not wait for the hook
    std::int64_t started_ms = 0;    // init ran since; of the host's clock
  };
  std::optional<Measured> measured(const RunKey& key) const;  // absent: never came
  std::map<RunKey, Measured> live() const;                    // of what starts or runs now
  // What the machines that start or run now were given in all, and how many of them there are.
  struct InUse {
    std::int64_t machines = 0, cpu_milli = 0, memory_mib = 0;
  };
  InUse in_use() const;
  std::set<base::DiskId> disks() const;
  std::vector<RunKey> unacknowledged() const;  // ended, and still reported
  std::int64_t lost_at_ms() const;             // when a message was lost last; long ago: never

 private:
  struct Machine {
    StartSpec spec;
    Phase phase = Phase::kStarting;
    Lease lease;
    std::int64_t phase_ms = 0;    // since when it is in its phase
    std::int64_t started_ms = 0;  // init runs since
    std::int64_t ended_ran_ms = 0;
    std::optional<std::int64_t> stop_ms;  // a wish's hook began; absent: only the lease ends it
    std::int64_t halt_at_ms = 0;
    Cause cause = Cause::kNone;
    bool halting = false, halted_by_us = false, known_to_end = true;
    std::string boot_id, detail;
    std::int64_t report_at_ms = 0;
    std::int64_t due_ms = 0;  // its key in due_
  };
  struct Mail {
    std::int64_t at_ms = 0;
    std::function<void()> deliver;  // calls: with the lock held; reports: without
    bool to_server = false;
    std::int64_t connection = 0;
  };

  void call(std::int64_t epoch, std::function<void()> act);
  void report(const RunKey& key, Machine& machine);
  template <class Sink, class Message>
  void post(const Sink& sink, const Message& message);
  void send(Report report);
  Report absent(const RunKey& key) const;
  void do_start(const StartSpec& spec, std::int64_t deadline_ms);
  std::string wrong_with_source(const StartSpec& spec) const;  // empty: nothing
  void make_disk(const base::DiskId& disk, std::int64_t gib);
  std::optional<base::InstanceId> user_of_disk(const StartSpec& spec, const RunKey& key) const;
  void do_stop(const RunKey& key, const StopWish& wish);
  void end(const RunKey& key, Machine& machine, std::int64_t at_ms, Cause cause, bool known_to_end = true);
  void vanish(const RunKey& key, Machine& machine);
  std::int64_t lease_end_ms(const Machine& m) const { return m.started_ms + m.lease.run_max.count * 1000; }
  std::int64_t next_of(const Machine& machine) const;
  void step(const RunKey& key, Machine& machine, std::int64_t now);
  std::int64_t chance(std::int64_t bound);
  std::int64_t now_ms() const;
  Machine* find_live(const base::InstanceId& instance, RunKey* key);
  Measured measure(const RunKey& key, const Machine& machine) const;

  const base::Clock& clock_;
  base::Random& random_;
  FakeOptions options_;
  mutable std::mutex guard_;
  base::HostId host_;
  std::string boot_id_;
  std::int64_t epoch_ = 0, connection_ = 0;
  ReportSink sink_;
  NoticeSink notices_;
  std::map<RunKey, Machine> machines_;
  std::set<std::pair<std::int64_t, RunKey>> due_;        // the next event of each machine
  std::map<base::InstanceId, std::int64_t> tombstones_;  // newest generation that can never start (again)
  std::map<RunKey, Measured> measured_;                  // of runs that are over
  std::set<base::DiskId> disks_;
  std::map<base::DiskId, std::int64_t> gib_;             // of them
  std::map<base::InstanceId, std::string> consoles_;
  std::multimap<std::int64_t, Mail> mail_;
  std::int64_t last_call_ms_ = 0;
  std::optional<std::int64_t> due_now_ms_;
  std::int64_t latest_ms_ = 0;  // what fell due before it, by a lease that came too late, is done now
  std::int64_t lost_at_ms_ = std::numeric_limits<std::int64_t>::min() / 2;
};

}  // namespace stipend::compute
