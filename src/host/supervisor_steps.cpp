// The way of a run: prepare, boot, up, clean, done.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "base/log.hpp"
#include "host/files.hpp"
#include "host/record_files.hpp"
#include "host/supervisor.hpp"

namespace stipend::host {
namespace {

constexpr std::int64_t kCleanLimitMs = 60'000;

// The first line of liblxc's log that says more than that something failed.
std::string first_error(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return {};
  std::string_view rest = *text;
  const auto line = rest.substr(0, rest.find('\n'));
  const auto error = line.find(" ERROR ");
  return std::string(error == std::string_view::npos ? line : line.substr(error + 7));
}

}  // namespace

void Supervisor::begin_preparing() {
  step_ = Step::kPreparing;
  const std::int64_t now = monotonic_ms();
  next_beat_ms_ = now;
  start_job(worker_, std::max<std::int64_t>(spec_.start.deadline_mono_ms - now, 1),
            [this](int said) { return prepare_machine(names_, spec_, said); });
  if (!worker_.child) fail_start("the host has no room for another process");
}

void Supervisor::after_preparing(int status) {
  if (lease_.stage != Stage::kStarting) return begin_cleaning();  // stopped meanwhile
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return begin_booting();
  fail_start(worker_.text.empty() ? "its disk and root file system were not ready in time" : worker_.text);
}

void Supervisor::begin_booting() {
  step_ = Step::kBooting;
  ::unlink(paths_.lxc_log.c_str());
  const pid_t self = getpid();
  start_job(runner_, 0, [this, self](int said) { return run_machine(names_, spec_, self, said); });
  if (!runner_.child) return fail_start("the host has no room for another process");
  runner_pid_ = runner_.child.pid;
  runner_started_ = start_time_of(runner_pid_);
}

void Supervisor::look_for_init(std::int64_t now) {
  for (const pid_t child : children_of(runner_.child.pid)) {
    if (child == init_ && init_gone_ms_) continue;
    auto pidfd = open_pidfd(child);
    if (!pidfd || !is_container_init(child)) continue;
    init_ = child;
    init_started_ = start_time_of(child);
    init_pidfd_ = *std::move(pidfd);
    init_gone_ms_.reset();
    kill_runner_at_ms_.reset();
    if (lease_.stage >= Stage::kHalt) return take(Kill{});  // it came back although it was told to end
    if (step_ == Step::kBooting) {
      step_ = Step::kUp;
      feed(InitRuns{}, now);
    }
    changed_ = true;
    return;
  }
  if (step_ == Step::kBooting && now >= spec_.start.deadline_mono_ms && lease_.stage == Stage::kStarting)
    fail_start("it did not start in time; the host may be overloaded");
}

void Supervisor::after_runner(int status) {
  const std::int64_t gone = init_gone_ms_.value_or(monotonic_ms());
  init_pidfd_.reset();
  kill_runner_at_ms_.reset();
  if (step_ == Step::kBooting) {
    if (lease_.stage == Stage::kStarting) {
      const std::string said = runner_.text.empty() ? first_error(paths_.lxc_log) : runner_.text;
      return fail_start(said.empty() ? "the machine ended before its first process ran"
                                     : "the machine did not start: " + said);
    }
  } else if (step_ == Step::kUp) {
    const bool by_guest = WIFEXITED(status) && WEXITSTATUS(status) == kGuestEnded;
    feed(MachineEnded{by_guest ? Cause::kGuest : Cause::kFault}, gone);
  } else {
    return;
  }
  begin_cleaning();
}

void Supervisor::fail_start(std::string detail) {
  if (lease_.stage != Stage::kStarting) return;
  detail_ = std::move(detail);
  base::log::error("start failed", {{"instance", spec_.start.key.instance.str()}, {"detail", detail_}});
  feed(MachineEnded{Cause::kStartFailed}, monotonic_ms());
  if (runner_.child) {
    kill_child(runner_.child);  // its end brings the cleaning
    return;
  }
  begin_cleaning();
}

void Supervisor::begin_cleaning() {
  if (step_ == Step::kCleaning || step_ == Step::kDone) return;
  step_ = Step::kCleaning;
  feed(MachineEnded{Cause::kFault}, monotonic_ms());  // no effect when its end is known already
  for (Job* job : {&hook_, &warn_, &notice_, &killer_}) stop_job(*job);
  if (!final_) return finish(false);
  start_job(worker_, kCleanLimitMs, [this](int said) {
    return unmake_machine(names_, spec_.start.key.instance, {spec_.start.disk, spec_.start.home}, said);
  });
  if (!worker_.child) finish(false);
}

void Supervisor::finish(bool clean) {
  if (!clean)
    base::log::error("not everything of the machine could be taken down",
                     {{"instance", spec_.start.key.instance.str()}, {"detail", worker_.text}});
  step_ = Step::kDone;
  if (lease_.stage != Stage::kEnded) feed(MachineEnded{Cause::kFault}, monotonic_ms());
  std::string text = status_text();
  text.resize(kFinalBytes, ' ');
  if (!final_ || ::pwrite(final_.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()) ||
      ::fdatasync(final_.get()) != 0)
    base::log::error("the end of the run could not be kept on disk", {{"errno", errno}});
  publish();
  ::unlink(paths_.socket.c_str());
}

}  // namespace stipend::host
