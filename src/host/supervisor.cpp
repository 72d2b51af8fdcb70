#include "host/supervisor.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/log.hpp"
#include "host/cgroup.hpp"
#include "hostlink/codec.hpp"

namespace stipend::host {
namespace {

constexpr std::int64_t kBeatMs = 5'000;  // the status file is never older
constexpr std::int64_t kBootPollMs = 5;
constexpr std::int64_t kRebootPollMs = 20;
constexpr std::int64_t kRebootLimitMs = 20'000;
constexpr std::size_t kMaxConnections = 4;

void protect_from_oom() {
  // Needs CAP_SYS_RESOURCE; without it the supervisor is as killable as any, and its machine dies with it.
  if (std::FILE* f = std::fopen("/proc/self/oom_score_adj", "we")) {
    std::fputs("-1000", f);
    std::fclose(f);
  }
}

}  // namespace

Supervisor::Supervisor(Names names, SupervisorSpec spec, Fd parent)
    : names_(std::move(names)), spec_(std::move(spec)), paths_(RunPaths::of(names_, spec_.start.key)) {
  lease_.lease = spec_.start.lease;
  connections_.push_back(std::move(parent));
}

base::Status Supervisor::set_up() {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, nullptr);  // only SIGKILL and SIGSTOP reach it
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGCHLD);
  signals_ = Fd(signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC));
  timer_ = Fd(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  if (!signals_ || !timer_) return base::fail_errno("signalfd or timerfd", errno);
  // The room for the final report is taken now: the end of a run can be kept on a full disk.
  final_ = Fd(::open(paths_.final.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  const std::string blank(kFinalBytes, ' ');
  if (!final_ ||
      ::pwrite(final_.get(), blank.data(), blank.size(), 0) != static_cast<ssize_t>(blank.size()) ||
      ::fdatasync(final_.get()) != 0)
    return base::fail_errno("write " + paths_.final, errno);
  TRY_ASSIGN(listener_, listen_at(paths_.socket, geteuid()));
  if (auto joined = join_supervisors(names_, getpid()); !joined)
    base::log::warn("no control group of its own for the supervisor", {{"error", joined.error().message}});
  if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0) base::log::warn("memory cannot be locked", {{"errno", errno}});
  protect_from_oom();
  return {};
}

int Supervisor::run() {
  base::log::info("run begins", {{"instance", spec_.start.key.instance.str()},
                                 {"generation", spec_.start.key.generation},
                                 {"request", spec_.start.request_id}});
  if (auto ready = set_up(); !ready) {
    base::log::error("the supervisor cannot start", {{"error", ready.error().message}});
    fail_start(ready.error().message);
  } else {
    begin_preparing();
  }
  publish();
  while (step_ != Step::kDone) loop_once();
  return 0;
}

std::int64_t Supervisor::next_due(std::int64_t now) const {
  std::int64_t due = next_beat_ms_;
  const auto consider = [&](std::int64_t at) { due = std::min(due, at); };
  if (const auto wake = wake_at(rules_, lease_)) consider(*wake);
  for (const Job* job : {&worker_, &runner_, &hook_, &warn_, &notice_, &killer_})
    if (job->child && job->child.deadline_ms) consider(job->child.deadline_ms);
  if (step_ == Step::kBooting) consider(now + kBootPollMs);
  if (step_ == Step::kUp && init_gone_ms_) consider(now + kRebootPollMs);
  if (kill_runner_at_ms_) consider(*kill_runner_at_ms_);
  return std::max(due, now + 1);
}

void Supervisor::loop_once() {
  const std::int64_t due = next_due(monotonic_ms());
  itimerspec at{};
  at.it_value.tv_sec = due / 1000;
  at.it_value.tv_nsec = due % 1000 * 1'000'000;
  timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &at, nullptr);

  std::vector<pollfd> fds = {
      {timer_.get(), POLLIN, 0}, {signals_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
  if (init_pidfd_) fds.push_back({init_pidfd_.get(), POLLIN, 0});
  for (const auto& c : connections_) fds.push_back({c.get(), POLLIN, 0});
  // -1 would wait for ever if the timer could not be set: the second is the fallback.
  ::poll(fds.data(), fds.size(), 1'000);

  std::uint64_t fired = 0;
  while (::read(timer_.get(), &fired, sizeof fired) > 0) {
  }
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) > 0) {
  }
  const std::int64_t now = monotonic_ms();
  if (init_pidfd_ && has_ended(init_pidfd_)) {
    init_gone_ms_ = now;
    init_pidfd_.reset();
    // After a halt no new init may come: liblxc gets a moment to tidy up.
    kill_runner_at_ms_ = now + (lease_.stage >= Stage::kHalt ? 1'000 : kRebootLimitMs);
  }
  on_child_end();
  if (step_ == Step::kDone) return;
  accept_connections();
  read_connections();
  on_time(monotonic_ms());
  if (changed_) publish();
}

void Supervisor::on_time(std::int64_t now) {
  if (step_ == Step::kBooting || (step_ == Step::kUp && init_gone_ms_)) look_for_init(now);
  feed(Tick{}, now);
  for (Job* job : {&worker_, &runner_, &hook_, &warn_, &notice_, &killer_})
    if (job->child && job->child.deadline_ms && now >= job->child.deadline_ms) {
      job->child.deadline_ms = now + 1'000;  // a process in the kernel's hands takes its time to die
      stop_job(*job);
    }
  if (kill_runner_at_ms_ && now >= *kill_runner_at_ms_) {
    kill_runner_at_ms_.reset();
    kill_child(runner_.child);
  }
  if (now >= next_beat_ms_) {
    next_beat_ms_ = now + kBeatMs;
    changed_ = true;
  }
}

void Supervisor::on_child_end() {
  std::erase_if(doomed_, [](Child& child) {
    int status = 0;
    return reap(child, status);
  });
  for (Job* job : {&hook_, &warn_, &notice_, &killer_, &worker_, &runner_}) {
    if (!job->child) continue;
    int status = 0;
    if (!reap(job->child, status)) continue;
    drain(*job);
    job->said.reset();
    if (job == &hook_) feed(HookEnded{}, monotonic_ms());
    if (job == &worker_) {
      if (step_ == Step::kPreparing)
        after_preparing(status);
      else if (step_ == Step::kCleaning)
        finish(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    if (job == &runner_) after_runner(status);
    if (step_ == Step::kDone) return;
  }
}

void Supervisor::accept_connections() {
  uid_t peer = 0;
  while (auto connection = accept_from(listener_, peer)) {
    if (peer != geteuid()) continue;
    if (connections_.size() >= kMaxConnections) connections_.erase(connections_.begin());
    send_packet(*connection, status_text());
    connections_.push_back(*std::move(connection));
  }
}

void Supervisor::read_connections() {
  for (auto& connection : connections_) {
    for (;;) {
      auto packet = receive_packet(connection, hostlink::kMaxRequestBytes);
      if (!packet) {
        connection.reset();
        break;
      }
      if (!*packet) break;
      on_packet(**packet);
    }
  }
  std::erase_if(connections_, [](const Fd& c) { return !c; });
}

void Supervisor::on_packet(const std::string& packet) {
  const auto request = hostlink::decode_request(packet);
  if (!request) {
    if (const auto measured = decode_measured(packet)) take_measure(*measured);
    return;
  }
  const std::int64_t now = monotonic_ms();
  if (const auto* renew = std::get_if<hostlink::Renew>(&*request); renew && renew->key == spec_.start.key)
    feed(Renewed{renew->lease}, now);
  if (const auto* stop = std::get_if<hostlink::Stop>(&*request); stop && stop->key == spec_.start.key) {
    base::log::info("stop wished", {{"instance", stop->key.instance.str()},
                                    {"cause", hostlink::to_word(stop->cause)},
                                    {"force", stop->force},
                                    {"request", stop->request_id}});
    feed(StopWished{stop->cause, stop->force}, now);
  }
  if (const auto* reboot = std::get_if<hostlink::Reboot>(&*request); reboot && reboot->key == spec_.start.key) {
    base::log::info("reboot wished", {{"instance", reboot->key.instance.str()}, {"request", reboot->request_id}});
    if (lease_.stage == Stage::kRunning) send_signal(init_pidfd_, SIGRTMIN + 5);  // systemd: reboot
  }
}

int supervise(Names names) {
  base::log::set_program("stipend-host supervise");
  Fd parent(3);
  fcntl(3, F_SETFD, FD_CLOEXEC);
  fcntl(3, F_SETFL, O_NONBLOCK);
  pollfd wait{.fd = 3, .events = POLLIN, .revents = 0};
  ::poll(&wait, 1, 10'000);
  auto packet = receive_packet(parent, 2 * hostlink::kMaxRequestBytes);
  if (!packet || !*packet) return 2;
  auto spec = decode_spec(**packet);
  if (!spec) {
    base::log::error("the supervisor was handed no run", {{"error", spec.error().message}});
    return 2;
  }
  return Supervisor(std::move(names), *std::move(spec), std::move(parent)).run();
}

}  // namespace stipend::host
