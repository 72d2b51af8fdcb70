// From a start to an end: launching, finding again, ending.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>

#include "base/log.hpp"
#include "host/cgroup.hpp"
#include "host/daemon.hpp"
#include "host/disk.hpp"
#include "host/files.hpp"
#include "host/record_files.hpp"
#include "host/snapshots.hpp"
#include "host/supervisor_guest.hpp"
#include "hostlink/codec.hpp"

namespace stipend::host {
namespace {

namespace log = base::log;
using hostlink::Phase;
using hostlink::Report;

constexpr std::int64_t kAwaitStatusMs = 15'000;
constexpr std::int64_t kUnmakeMs = 60'000;
constexpr int kUnmakeTries = 3;

Phase phase_of(const LeaseState& lease) {
  switch (lease.stage) {
    case Stage::kStarting: return Phase::kStarting;
    case Stage::kRunning: return Phase::kRunning;
    default: return Phase::kStopping;
  }
}

// Nothing is charged after the machine's last sign of life, although its supervisor did not see it end.
std::int64_t alive_until(const std::optional<std::int64_t>& init_gone_ms, std::int64_t now) {
  return init_gone_ms ? std::min(*init_gone_ms, now) : now;
}

void kill_if_same(pid_t pid, std::uint64_t started) {
  if (pid <= 1) return;
  auto fd = open_pidfd(pid);
  if (fd && started != 0 && start_time_of(pid) == started) send_signal(*fd, SIGKILL);
}

}  // namespace

Daemon::Machine* Daemon::live(const hostlink::RunKey& key) {
  const auto at = machines_.find(key.instance);
  return at == machines_.end() || at->second.key != key || at->second.ending ? nullptr : &at->second;
}

std::vector<MachineNetwork> Daemon::networks() const {
  std::vector<MachineNetwork> all;
  for (const auto& [id, machine] : machines_)
    if (!machine.ending && !machine.network.private_address.empty()) all.push_back(machine.network);
  return all;
}

base::Status Daemon::launch(Machine& machine, hostlink::Start start) {
  TRY_ASSIGN(const IdRange ids, acquire_ids(names_, start.key.instance));
  machine.network = {start.key.instance, ids, start.private_address, start.public_address};
  TRY(network_->add_machine(machine.network));
  flows_.hold(hold_order(machine));
  std::vector<CpuUse> in_use;
  for (const auto& [id, other] : machines_)
    if (!other.cpu.cpus.empty()) in_use.push_back(other.cpu);
  const auto cpus = host_cpus();
  machine.cpu = {choose_cpus(start.vcpus, cpus, in_use), guaranteed_milli(start)};

  const auto paths = RunPaths::of(names_, start.key);
  ::unlink(paths.status.c_str());
  Fd output(
      ::open(paths.log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!output) return base::fail_errno("open " + paths.log, errno);
  TRY_ASSIGN(auto ends, packet_pair());
  const std::string instance = start.key.instance.str();
  const SupervisorSpec spec{std::move(start), ids, network_->ranges().gateway, seccomp_, machine.cpu.cpus,
                            proxy_words(options_.egress, network_->ranges().gateway)};
  if (send_packet(ends.first, encode(spec)) != Sent::kYes)
    return base::fail(base::Fault::kInternal, "SystemError", "the supervisor could not be handed its run");
  TRY_ASSIGN(machine.process, spawn_self({"supervise", "--state", names_.state, "--images", names_.images,
                                          "--instance", instance},
                                         ends.second.get(), output.get()));
  machine.status.pid = machine.process.pid;
  machine.status.pid_started = start_time_of(machine.process.pid);
  machine.connection = std::move(ends.first);
  TRY_ASSIGN(machine.pidfd, open_pidfd(machine.process.pid));
  return {};
}

void Daemon::adopt_all() {
  const std::int64_t now = monotonic_ms();
  std::vector<base::InstanceId> keep;
  std::vector<std::pair<hostlink::RunKey, Report>> over;
  for (const auto& [key, run] : book_.runs()) {
    if (run.final_report) continue;
    Machine machine;
    machine.key = machine.status.key = key;
    machine.disk = run.disk;
    machine.home = run.home;
    machine.course = run.course;
    machine.course_writable = run.course_writable;
    machine.own = machine.status.lease.lease = run.lease;
    machine.start_deadline_ms = disk_exists(names_, run.disk) ? now : now + kRootCopyMs;  // perhaps it is being made of a snapshot
    machine.adopt_until_ms = now + kAwaitStatusMs;
    if (run.boot_id != boot_id_) {  // the host went down: charged to the record
      machine.status.ran = {0};
      Report report = lost_report(machine);
      report.boot_id = run.boot_id;
      if (const auto text = read_file(RunPaths::of(names_, key).final))
        if (const auto last = decode_status(*text); last && last->over) {
          machine.status = *last;
          report = report_of(machine);
          report.phase = Phase::kEnded;
        }
      over.emplace_back(key, report);
      continue;
    }
    if (auto ids = acquire_ids(names_, key.instance))
      machine.network = {key.instance, *ids, run.private_address, run.public_address};
    keep.push_back(key.instance);
    machines_[key.instance] = std::move(machine);
  }
  for (const auto& [key, report] : over) {
    log::warn("a run ended with its host", {{"instance", key.instance.str()}, {"ran_s", report.ran.count}});
    if (book_.end(key, report)) (void)remove_file(RunPaths::of(names_, key).final);
  }
  if (auto kept = retain_ids(names_, keep); !kept)
    log::warn("id ranges not given back", {{"error", kept.error().message}});
  for (auto& [id, machine] : machines_) adopt(machine);
  for (const auto& id : machines_with_groups(names_)) {
    if (machines_.contains(id)) continue;
    log::warn("a machine that no record knows is ended", {{"instance", id.str()}});
    if (auto child =
            fork_child([&] { return kill_machine(names_, id) && remove_machine_groups(names_, id) ? 0 : 1; }))
      orphan_jobs_.push_back(*std::move(child));
  }
}

// Finds the supervisor by its status file. True when it is known what became of it.
bool Daemon::adopt(Machine& machine) {
  const auto text = read_file(RunPaths::of(names_, machine.key).status);
  if (!text) return false;
  const auto status = decode_status(*text);
  if (!status || status->key != machine.key) return false;
  machine.adopt_until_ms = 0;
  machine.status = *status;
  machine.cpu = machine_cpu_use(names_, machine.key.instance);
  if (machine.own.seq < status->lease.lease.seq) machine.own = status->lease.lease;
  if (const auto* last = record_.find(machine.key); last && last->lease.seq > machine.own.seq)
    machine.own = last->lease;
  watch_init(machine);
  auto pidfd = open_pidfd(status->pid);
  if (!pidfd || start_time_of(status->pid) != status->pid_started) {
    on_supervisor_end(machine);
    return true;
  }
  machine.pidfd = *std::move(pidfd);
  log::info("supervisor found", {{"instance", machine.key.instance.str()}, {"pid", status->pid}});
  connect(machine);
  return true;
}

void Daemon::connect(Machine& machine) {
  auto socket = connect_to(RunPaths::of(names_, machine.key).socket);
  if (!socket) return;
  machine.connection = *std::move(socket);
  if (machine.own.seq > machine.status.lease.lease.seq)
    order(machine, hostlink::Renew{machine.key, epoch_, machine.own});
  if (machine.stop) order(machine, *machine.stop);
}

void Daemon::order(Machine& machine, const hostlink::Request& request) {
  // A supervisor that cannot be reached is told when it can be again, or swept.
  if (send_packet(machine.connection, hostlink::encode(request)) != Sent::kYes) machine.connection.reset();
}

void Daemon::read_supervisor(Machine& machine) {
  while (machine.connection) {
    auto packet = receive_packet(machine.connection, hostlink::kMaxRequestBytes);
    if (!packet) return machine.connection.reset();
    if (!*packet) return;
    auto status = decode_status(**packet);
    if (status && status->key == machine.key) on_status(machine, *std::move(status));
  }
}

void Daemon::on_status(Machine& machine, SupervisorStatus status) {
  if (machine.ending) return;
  const bool news =
      status.lease.stage != machine.status.lease.stage || status.lease.lease != machine.status.lease.lease;
  machine.status = std::move(status);
  machine.adopt_until_ms = 0;
  watch_init(machine);
  if (machine.status.over) {
    end_copying(machine);
    Report report = report_of(machine);
    report.phase = Phase::kEnded;
    return conclude(machine, report);
  }
  if (news && machine.status.lease.stage != Stage::kRunning) end_copying(machine);
  if (news) tell_all(report_of(machine));
}

// The init that the supervisor names, another one after a reboot.
void Daemon::watch_init(Machine& machine) {
  const auto& status = machine.status;
  if (status.init <= 1 || status.lease.stage == Stage::kEnded || status.init_started == machine.init_watched)
    return;
  machine.init_watched = status.init_started;
  machine.init_gone_ms.reset();
  auto pidfd = open_pidfd(status.init);
  if (pidfd && start_time_of(status.init) == status.init_started)
    machine.init_pidfd = *std::move(pidfd);
  else
    machine.init_gone_ms = monotonic_ms();
}

Report Daemon::report_of(const Machine& machine) const {
  if (machine.ending) {
    Report report = *machine.ending;
    report.phase = Phase::kStopping;
    return report;
  }
  const LeaseState& lease = machine.status.lease;
  return {.key = machine.key,
          .phase = phase_of(lease),
          .ran = ran(lease, alive_until(machine.init_gone_ms, monotonic_ms())),
          .lease_seq = lease.lease.seq,
          .cause = lease.cause,
          .halted_by_us = lease.ours,
          .known_to_end = true,
          .host = host_,
          .boot_id = boot_id_,
          .detail = machine.status.detail};
}

// The supervisor vanished: charged to the last sign of life, and a fault unless it had begun the end itself.
Report Daemon::lost_report(const Machine& machine) const {
  Report report = report_of(machine);
  report.phase = Phase::kEnded;
  report.known_to_end = false;
  report.ran = machine.status.ran;
  if (const auto* last = record_.find(machine.key)) {
    report.ran = std::max(report.ran, last->ran);
    report.lease_seq = std::max(report.lease_seq, last->lease.seq);
  }
  if (!machine.status.lease.ours) report.cause = hostlink::Cause::kFault;
  if (machine.status.lease.stage == Stage::kEnded) report.cause = machine.status.lease.cause;
  return report;
}

void Daemon::on_supervisor_end(Machine& machine) {
  machine.pidfd.reset();
  read_supervisor(machine);  // its last words
  machine.connection.reset();
  if (machine.ending || std::ranges::find(finished_, machine.key.instance) != finished_.end()) return;
  if (const auto text = read_file(RunPaths::of(names_, machine.key).final))
    if (const auto last = decode_status(*text); last && last->over && last->key == machine.key) {
      machine.status = *last;
      Report report = report_of(machine);
      report.phase = Phase::kEnded;
      return conclude(machine, report);
    }
  log::error("a supervisor is gone; its machine is ended", {{"instance", machine.key.instance.str()}});
  begin_unmaking(machine, lost_report(machine));
}

void Daemon::begin_unmaking(Machine& machine, Report ending) {
  if (machine.pidfd) send_signal(machine.pidfd, SIGKILL);
  machine.ending = std::move(ending);
  end_copying(machine);
  kill_if_same(machine.status.init, machine.status.init_started);
  kill_if_same(machine.status.runner, machine.status.runner_started);
  ++machine.unmake_tries;
  auto child =
      fork_child([&] { return unmake_machine(names_, machine.key.instance, {machine.disk, machine.home}, STDERR_FILENO); });
  if (!child) return;  // tried again by the sweep
  machine.unmaker = *std::move(child);
  machine.unmaker.deadline_ms = monotonic_ms() + kUnmakeMs;
  tell_all(report_of(machine));
}

void Daemon::after_unmaking(Machine& machine, int status) {
  const auto running = machine_has_processes(names_, machine.key.instance);
  const bool gone = running && !*running;
  if (status != 0 && (machine.unmake_tries < kUnmakeTries || !gone)) return;  // the sweep tries again
  if (status != 0)
    log::error("not everything of a machine could be taken down", {{"instance", machine.key.instance.str()}});
  conclude(machine, *machine.ending);
}

void Daemon::conclude(Machine& machine, const Report& ending) {
  const auto paths = RunPaths::of(names_, machine.key);
  if (network_ && !machine.network.private_address.empty())
    if (auto removed = network_->remove_machine(machine.network); !removed)
      log::error("a machine's network stays", {{"error", removed.error().message}});
  if (auto released = release_ids(names_, machine.key.instance); !released)
    log::warn("an id range stays taken", {{"error", released.error().message}});
  if (book_.end(machine.key, ending)) {
    (void)remove_file(paths.final);
    tell_all(*book_.find(machine.key)->final_report);
  }
  (void)remove_file(paths.status);
  (void)remove_file(paths.socket);
  log::info("run ended", {{"instance", machine.key.instance.str()},
                          {"generation", machine.key.generation},
                          {"ran_s", ending.ran.count},
                          {"cause", hostlink::to_word(ending.cause)},
                          {"detail", ending.detail}});
  if (machine.process) leaving_.push_back(std::move(machine.process));
  machine.process = Child{};
  machine.ending = ending;
  finished_.push_back(machine.key.instance);
}

void Daemon::sweep(Machine& machine, std::int64_t now) {
  if (machine.ending) {
    if (machine.unmaker && now > machine.unmaker.deadline_ms) kill_child(machine.unmaker);
    if (!machine.unmaker && std::ranges::find(finished_, machine.key.instance) == finished_.end())
      begin_unmaking(machine, *machine.ending);
    return;
  }
  if (machine.adopt_until_ms != 0) {
    if (!adopt(machine) && now > machine.adopt_until_ms) on_supervisor_end(machine);
    return;
  }
  if (machine.pidfd && !machine.connection) connect(machine);
  const Watched watched{.supervisor_lives = machine.pidfd.valid(),
                        .lease = machine.status.lease,
                        .own = machine.own,
                        .start_deadline_ms = machine.start_deadline_ms,
                        .init_gone_ms = machine.init_gone_ms,
                        .stop_sent_ms = machine.stop ? std::optional(machine.stop_sent_ms) : std::nullopt};
  const Sweep verdict = judge(rules_, watched, now);
  if (verdict == Sweep::kLeave) return;
  log::error("the sweep ends a machine",
             {{"instance", machine.key.instance.str()}, {"verdict", static_cast<int>(verdict)}});
  LeaseState lease = machine.status.lease;
  if (machine.own.seq > lease.lease.seq) lease.lease = machine.own;
  Report report = report_of(machine);
  report.phase = Phase::kEnded;
  report.lease_seq = lease.lease.seq;
  if (verdict == Sweep::kLost) report = lost_report(machine);
  if (verdict == Sweep::kStuckStart) {
    report.cause = hostlink::Cause::kStartFailed;
    report.detail = "it did not start in time; the host may be overloaded";
  }
  if (verdict == Sweep::kOverdue || verdict == Sweep::kStuckStop) {
    if (machine.stop && !lease.charged_to_ms) lease.charged_to_ms = machine.stop_sent_ms;
    report.ran = ran(lease, alive_until(machine.init_gone_ms, now));
    if (!lease.ours) report.cause = machine.stop ? machine.stop->cause : hostlink::Cause::kCredit;
    report.halted_by_us = true;
  }
  begin_unmaking(machine, report);
}

void Daemon::start_record(std::int64_t now) {
  if (recorder_) {
    if (now > recorder_.deadline_ms)
      log::error("the record of last life is not being written; is the disk stuck?");
    return;
  }
  std::vector<RecordEntry> entries;
  for (const auto& [id, machine] : machines_) {
    if (machine.ending) continue;
    const LeaseState& lease = machine.status.lease;
    if (machine.adopt_until_ms == 0)
      entries.push_back({machine.key, ran(lease, alive_until(machine.init_gone_ms, now)),
                         machine.own.seq > lease.lease.seq ? machine.own : lease.lease});
    else if (const auto* before = record_.find(machine.key))
      entries.push_back(*before);  // not heard of yet: what was known stays
  }
  ++record_.sequence;
  record_.entries = std::move(entries);
  auto child = fork_child([&] {
    const auto written = write_record(names_.state + "/host/record", record_);
    if (!written)
      log::error("the record of last life could not be written", {{"error", written.error().message}});
    return written ? 0 : 1;
  });
  if (!child) return log::error("fork failed", {{"error", child.error().message}});
  recorder_ = *std::move(child);
  recorder_.deadline_ms = now + 30'000;
}

}  // namespace stipend::host
