// The supervisor: one process beside one run of one machine. It holds the lease and needs neither the server
// nor stipend-host nor a disk to end the machine on time. It is fresh (executed), has one thread, a session
// and a control group of its own, is locked in memory, and never calls liblxc or a file system itself: its
// children do (supervisor_guest.hpp), each with a deadline. The child that runs liblxc dies with it, and init
// dies with that child: without a supervisor there is no machine.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/lease.hpp"
#include "host/packet.hpp"
#include "host/spawn.hpp"
#include "host/supervisor_guest.hpp"
#include "host/supervisor_link.hpp"

namespace stipend::host {

class Supervisor {
 public:
  Supervisor(Names names, SupervisorSpec spec, Fd parent);
  int run();  // until the run is over; the program's exit status

 private:
  enum class Step : std::uint8_t { kPreparing, kBooting, kUp, kCleaning, kDone };
  // A child, its pipe and what came through it.
  struct Job {
    Child child;
    Fd said;
    std::string text;
  };

  base::Status set_up();
  void loop_once();
  std::int64_t next_due(std::int64_t now) const;
  void on_time(std::int64_t now);
  void on_child_end();
  void on_packet(const std::string& packet);
  void read_connections();
  void accept_connections();

  // supervisor_steps.cpp
  void begin_preparing();
  void after_preparing(int status);
  void begin_booting();
  void look_for_init(std::int64_t now);
  void after_runner(int status);
  void begin_cleaning();
  void finish(bool clean);
  void fail_start(std::string detail);

  // supervisor_actions.cpp
  void feed(const LeaseEvent& event, std::int64_t now);
  void take(const Warn& action);
  void take(const RunHook& action);
  void take(const CancelHook&);
  void take(const RecordCause&);
  void take(const Halt&);
  void take(const Kill&);
  void take(const Tell&);
  void take_measure(const Measured& measured);
  void publish();
  void start_job(Job& job, std::int64_t limit_ms, const std::function<int(int)>& body);
  void stop_job(Job& job);
  void drain(Job& job);
  std::string status_text() const;

  Names names_;
  SupervisorSpec spec_;
  RunPaths paths_;
  LeaseRules rules_;
  LeaseState lease_;
  Step step_ = Step::kPreparing;
  std::string detail_;

  Fd signals_, timer_, listener_, final_;
  std::vector<Fd> connections_;
  Job worker_, runner_, hook_, warn_, notice_, killer_;
  Signals seen_;
  std::int64_t next_notice_ms_ = 0;
  std::vector<Child> doomed_;  // killed, replaced, to be reaped
  pid_t runner_pid_ = 0;       // stays after its end, for the status
  std::uint64_t runner_started_ = 0;
  pid_t init_ = 0;
  std::uint64_t init_started_ = 0;
  Fd init_pidfd_;
  std::optional<std::int64_t> init_gone_ms_;
  std::optional<std::int64_t> kill_runner_at_ms_;
  std::int64_t next_beat_ms_ = 0;
  bool changed_ = false;
};

// The program `stipend-host supervise`: reads the spec from descriptor 3, runs to the end.
int supervise(Names names);

}  // namespace stipend::host
