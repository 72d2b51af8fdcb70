// What the lease orders: warn, hook, halt, kill, tell.
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <charconv>

#include "base/log.hpp"
#include "host/cgroup.hpp"
#include "host/files.hpp"
#include "host/record_files.hpp"
#include "host/supervisor.hpp"
#include "hostlink/codec.hpp"

namespace stipend::host {
namespace {

constexpr std::int64_t kWarnLimitMs = 20'000;
constexpr std::int64_t kKillLimitMs = 10'000;
constexpr std::int64_t kNoticeEveryMs = 30'000;  // a cell that is run again and again is told of less often

}  // namespace

void Supervisor::feed(const LeaseEvent& event, std::int64_t now) {
  for (const auto& action : step(rules_, lease_, event, now))
    std::visit([this](const auto& a) { take(a); }, action);
}

void Supervisor::start_job(Job& job, std::int64_t limit_ms, const std::function<int(int)>& body) {
  stop_job(job);
  if (job.child) doomed_.push_back(std::move(job.child));
  job.child = Child{};
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return;
  job.said = Fd(ends[0]);
  job.text.clear();
  Fd write_end(ends[1]);
  auto child = fork_child([&] { return body(write_end.get()); });
  if (!child) {
    base::log::error("fork failed", {{"error", child.error().message}});
    job.said.reset();
    return;
  }
  job.child = *std::move(child);
  job.child.deadline_ms = limit_ms > 0 ? monotonic_ms() + limit_ms : 0;
}

// Also ends the program that the job runs inside the machine.
void Supervisor::stop_job(Job& job) {
  if (!job.child) return;
  drain(job);
  if (&job == &hook_ || &job == &warn_ || &job == &notice_) {
    pid_t inside = 0;
    std::from_chars(job.text.data(), job.text.data() + job.text.size(), inside);
    // The job waits for it, so the number cannot be another process's; still, only inside the machine.
    if (inside > 1 && is_in_machine(names_, spec_.start.key.instance, inside)) {
      ::kill(-inside, SIGKILL);  // its session
      ::kill(inside, SIGKILL);   // before it had one
    }
  }
  kill_child(job.child);
}

void Supervisor::drain(Job& job) {
  char buffer[1024];
  while (job.said) {
    const auto n = ::read(job.said.get(), buffer, sizeof buffer);
    if (n <= 0 || job.text.size() > 2048) return;
    job.text.append(buffer, static_cast<std::size_t>(n));
  }
}

void Supervisor::take(const Warn& action) {
  base::log::info("warning", {{"instance", spec_.start.key.instance.str()}, {"seconds", action.seconds}});
  const std::vector<std::string> command = {"/usr/lib/stipend/warn", std::to_string(action.seconds),
                                            std::string(hostlink::to_word(action.cause))};
  start_job(warn_, kWarnLimitMs, [&](int said) { return run_in_guest(names_, spec_, init_, command, said); });
}

void Supervisor::take(const RunHook& action) {
  base::log::info("stop hook",
                  {{"instance", spec_.start.key.instance.str()}, {"cause", hostlink::to_word(action.cause)}});
  const std::vector<std::string> command = {"/usr/lib/stipend/stop-hook",
                                            std::string(hostlink::to_word(action.cause))};
  const std::int64_t limit = std::max<std::int64_t>(lease_.hook_until_ms - monotonic_ms(), 1);
  start_job(hook_, limit, [&](int said) { return run_in_guest(names_, spec_, init_, command, said); });
  if (!hook_.child) feed(HookEnded{}, monotonic_ms());
}

void Supervisor::take(const CancelHook&) {
  stop_job(hook_);
}

void Supervisor::take(const RecordCause&) {
  publish();
}

void Supervisor::take(const Halt&) {
  base::log::info("halt",
                  {{"instance", spec_.start.key.instance.str()}, {"cause", hostlink::to_word(lease_.cause)}});
  publish();
  send_signal(init_pidfd_, SIGRTMIN + 3);  // systemd: halt
  if (init_gone_ms_ && !kill_runner_at_ms_) kill_runner_at_ms_ = monotonic_ms() + 1'000;
}

void Supervisor::take(const Kill&) {
  base::log::info("kill",
                  {{"instance", spec_.start.key.instance.str()}, {"cause", hostlink::to_word(lease_.cause)}});
  publish();
  // At once: the kernel ends every process of the machine with its init. Then, by a child with a time limit,
  // everything that is left, frozen first so that nothing runs between one kill and the next.
  send_signal(init_pidfd_, SIGKILL);
  kill_runner_at_ms_ = monotonic_ms() + (init_ > 0 ? 2'000 : 0);
  if (step_ == Step::kPreparing) kill_child(worker_.child);
  start_job(killer_, kKillLimitMs,
            [this](int) { return kill_whole_machine(names_, spec_.start.key.instance, {spec_.start.disk, spec_.start.home}) ? 0 : 1; });
}

void Supervisor::take(const Tell&) {
  changed_ = true;
}

void Supervisor::take_measure(const Measured& measured) {
  const Signals before = seen_;
  const News news = host::take(seen_, measured);
  if (seen_ == before) return;
  changed_ = true;
  if (!news.any()) return;
  base::log::info("notice", {{"instance", spec_.start.key.instance.str()},
                             {"oom_kills", seen_.oom_kills},
                             {"memory_full", news.memory},
                             {"disk_percent", news.disk ? seen_.disk.use.percent : 0},
                             {"home_percent", news.home ? seen_.home.use.percent : 0}});
  const std::int64_t now = monotonic_ms();
  if (lease_.stage != Stage::kRunning || notice_.child || (now < next_notice_ms_ && !news.disk && !news.home)) return;
  next_notice_ms_ = now + kNoticeEveryMs;
  const auto command = notice_command(news, seen_, spec_.start.memory_mib);
  start_job(notice_, kWarnLimitMs, [&](int said) { return run_in_guest(names_, spec_, init_, command, said); });
}

std::string Supervisor::status_text() const {
  SupervisorStatus status;
  status.key = spec_.start.key;
  status.pid = getpid();
  status.pid_started = start_time_of(getpid());
  status.runner = runner_pid_;
  status.runner_started = runner_started_;
  status.init = init_;
  status.init_started = init_started_;
  status.lease = lease_;
  status.ran = ran(lease_, monotonic_ms());
  status.over = step_ == Step::kDone;
  status.detail = detail_.substr(0, 1'500);
  status.memory_mib = spec_.start.memory_mib;
  status.signals = seen_;
  return encode(status);
}

void Supervisor::publish() {
  changed_ = false;
  const std::string text = status_text();
  if (auto written = write_file(paths_.status, text); !written)
    base::log::warn("status not written", {{"error", written.error().message}});
  for (auto& connection : connections_)
    if (send_packet(connection, text) == Sent::kGone) connection.reset();
  std::erase_if(connections_, [](const Fd& c) { return !c; });
}

}  // namespace stipend::host
