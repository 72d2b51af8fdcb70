// `stipend-host down`: every machine of the state stopped, nothing of it left on the host but its files.
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/log.hpp"
#include "host/cgroup.hpp"
#include "host/daemon.hpp"
#include "host/daemon_down.hpp"
#include "host/files.hpp"
#include "host/mount_namespace.hpp"
#include "host/record_files.hpp"
#include "host/rootfs.hpp"

namespace stipend::host {
namespace {

namespace log = base::log;

constexpr std::int64_t kCleanStopMs = 50'000;
constexpr std::int64_t kForceStopMs = 80'000;
constexpr std::int64_t kLockWaitMs = 15'000;
constexpr int kFlowsWaitMs = 5'000;

}  // namespace

bool end_daemon(const Names& names) {
  const std::int64_t until = monotonic_ms() + kLockWaitMs;
  Fd lock(::open((names.runtime + "/host.lock").c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!lock) return true;
  bool told = false;
  while (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    const auto text = read_file(names.runtime + "/host.lock");
    const auto pid = text ? static_cast<pid_t>(std::atol(text->c_str())) : 0;
    auto process = pid > 1 ? open_pidfd(pid) : base::Result<Fd>(Fd());
    // The lock is still held, so the number in it is its holder's.
    if (!told && process && ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
      told = send_signal(*process, SIGTERM);
    if (monotonic_ms() > until) {
      if (process) send_signal(*process, SIGKILL);
      if (monotonic_ms() > until + 2'000) return false;
    }
    ::usleep(50'000);
  }
  return true;
}

int Daemon::take_down() {
  listener_.reset();
  const std::int64_t begin = monotonic_ms();
  bool forced = false;
  for (auto& [id, machine] : machines_) {
    machine.stop = hostlink::Stop{machine.key, epoch_, hostlink::Cause::kTeacher, false};
    machine.stop_sent_ms = begin;
    order(machine, *machine.stop);
  }
  while (!machines_.empty() || !orphan_jobs_.empty()) {
    loop_once(100);
    if (!forced && monotonic_ms() > begin + kCleanStopMs) {
      forced = true;
      for (auto& [id, machine] : machines_)
        order(machine, hostlink::Stop{machine.key, epoch_, hostlink::Cause::kTeacher, true});
    }
    if (monotonic_ms() > begin + kForceStopMs) break;
  }
  for (const auto& [id, machine] : machines_)
    log::error("a machine could not be stopped", {{"instance", id.str()}});
  if (auto released = release_unused_images(names_); !released)
    log::warn("images stay mounted", {{"error", released.error().message}});
  return machines_.empty() ? 0 : 1;
}

int bring_down(const DaemonOptions& options) {
  auto names = Names::open(options.state, options.images);
  if (!names) {
    log::error("cannot take down", {{"error", names.error().message}});
    return 1;
  }
  if (!end_daemon(*names)) {
    log::error("the stipend-host of this state does not end");
    return 1;
  }
  int rc = 1;
  // A host that is very busy may fail a tool's time limit once; a state half down is worse than a wait.
  for (int tries = 0; tries < 3 && rc != 0; ++tries) {
    if (tries > 0) ::sleep(2);
    // In a child, because it enters the mount namespace, which is to go.
    auto child = fork_child([&] {
      auto daemon = Daemon::open(options);
      if (!daemon) {
        log::error("machines cannot be looked for", {{"error", daemon.error().message}});
        return 1;
      }
      return (*daemon)->take_down();
    });
    int status = 1;
    if (child && ::waitpid(child->pid, &status, 0) == child->pid)
      rc = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
  }
  const auto check = [&](const base::Status& done, std::string_view what) {
    if (done) return;
    log::error(what, {{"error", done.error().message}});
    rc = 1;
  };
  // One that no book knows would hold the mounts and the groups.
  check(end_supervisors(*names), "a supervisor does not end");
  check(end_file_workers(*names), "a file worker does not end");
  if (!flows_ended(*names, kFlowsWaitMs)) log::error("the log of connections is still being written");
  for (const auto& id : machines_with_groups(*names)) {
    check(kill_machine(*names, id), "a machine could not be killed");
    check(remove_machine_groups(*names, id), "a machine's control groups stay");
  }
  check(Network::teardown(*names), "the network stays");
  check(drop_mount_namespace(*names), "mounts stay");
  check(remove_state_group(*names), "control groups stay");
  check(retain_ids(*names, {}), "id ranges stay taken");
  if (rc == 0) {
    std::error_code ignored;  // its contents are of this boot only
    std::filesystem::remove_all(names->runtime, ignored);
  }
  return rc;
}

}  // namespace stipend::host
