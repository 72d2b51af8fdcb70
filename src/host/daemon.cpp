#include "host/daemon.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>

#include "base/log.hpp"
#include "base/random.hpp"
#include "host/cgroup.hpp"
#include "host/course_folder.hpp"
#include "host/disk_copy.hpp"
#include "host/files.hpp"
#include "host/lxc_config.hpp"
#include "host/mount_namespace.hpp"
#include "host/record_files.hpp"
#include "host/rootfs.hpp"
#include "host/snapshots.hpp"
#include "hostlink/grammar.hpp"

namespace stipend::host {
namespace {

namespace log = base::log;

constexpr std::int64_t kRepeatMs = 10'000;
constexpr std::int64_t kNetworkMs = 10'000;
constexpr int kTombstoneDays = 30;

base::Result<std::string> this_boot() {
  TRY_ASSIGN(std::string text, read_file("/proc/sys/kernel/random/boot_id"));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

base::Result<std::int64_t> read_epoch(const std::string& path) {
  if (!exists(path)) return 0;
  TRY_ASSIGN(const std::string text, read_file(path));
  std::int64_t epoch = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), epoch);
  if (error != std::errc{} || epoch < 0 || std::string_view(end) != "\n")
    return base::fail(base::Fault::kInternal, "DamagedRecord",
                      path + " must hold one number; restore it from a backup");
  return epoch;
}

base::Result<base::HostId> read_host_id(const std::string& path) {
  if (exists(path)) {
    TRY_ASSIGN(const std::string text, read_file(path));
    return base::HostId::parse(trimmed(text));
  }
  base::SystemRandom random;
  const auto id = base::make_id<base::HostId>(random);
  TRY(write_file_atomic(path, id.str() + "\n", 0600));
  return id;
}

}  // namespace

base::Result<std::unique_ptr<Daemon>> Daemon::open(const DaemonOptions& options) {
  TRY_ASSIGN(Names names, Names::open(options.state, options.images));
  Fd lock(::open((names.runtime + "/host.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock) return base::fail_errno("open the lock in " + names.runtime, errno);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
    return base::fail(base::Fault::kConflict, "AlreadyServed", "another stipend-host serves " + names.state);
  const std::string pid = std::to_string(getpid()) + "\n";
  if (::ftruncate(lock.get(), 0) != 0 || ::pwrite(lock.get(), pid.data(), pid.size(), 0) < 0)
    return base::fail_errno("write the lock in " + names.runtime, errno);

  if (::mkdir(names.state.c_str(), 0755) != 0 && errno != EEXIST)
    return base::fail_errno("mkdir " + names.state, errno);
  TRY(make_root_folder(names.state + "/host"));
  for (const char* folder : {"/host/final", "/host/console", "/host/log"})
    TRY(make_root_folder(names.state + folder));
  TRY(make_root_folder(names.runtime + "/m"));
  TRY(make_folders(names.runtime + "/files", 0711));  // the server goes through it to sockets of its own
  TRY_ASSIGN(RunBook book, RunBook::open(names.state + "/host/runs"));

  std::unique_ptr<Daemon> daemon(new Daemon(std::move(names), options, std::move(book)));
  daemon->lock_ = std::move(lock);
  TRY(daemon->set_up());
  return daemon;
}

base::Status Daemon::set_up() {
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t set;
  sigemptyset(&set);
  for (const int s : {SIGCHLD, SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, s);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  signals_ = Fd(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!signals_) return base::fail_errno("signalfd", errno);

  TRY_ASSIGN(epoch_, read_epoch(names_.state + "/host/epoch"));
  TRY_ASSIGN(host_, read_host_id(names_.state + "/host/id"));
  TRY_ASSIGN(record_, read_record(names_.state + "/host/record"));
  TRY_ASSIGN(boot_id_, this_boot());
  if (!options_.boot_id.empty()) boot_id_ = options_.boot_id;
  if (!hostlink::is_boot_id(boot_id_))
    return base::fail(base::Fault::kInvalid, "InvalidBootId", "not a boot id: " + boot_id_);
  tidy();

  TRY_ASSIGN(seccomp_, write_seccomp_profile(names_));
  TRY(enter_mount_namespace(names_));
  thaw_disks(names_);
  adopt_all();
  std::vector<base::InstanceId> present;
  for (const auto& [id, machine] : machines_) present.push_back(id);
  if (auto kept = retain_course_folders(names_, present); !kept) log::warn("a course's folder stays mounted", {{"error", kept.error().message}});
  for (const auto& folder : folders_in_use()) held_folders_[folder] = {};  // as the stipend-host before this one may have left it
  TRY_ASSIGN(
      network_,
      Network::open(names_, {options_.private_cidr, options_.public_cidr, options_.server_uid, options_.egress},
                    networks()));
  find_proxy(true, monotonic_ms());
  begin_flow_log();
  record_.boot_id = boot_id_;
  TRY_ASSIGN(listener_, listen_at(names_.runtime + "/host.sock", options_.server_uid));
  log::info("stipend-host serves", {{"state", names_.state},
                                    {"machines", machines_.size()},
                                    {"private", network_->ranges().private_cidr},
                                    {"public", network_->ranges().public_cidr}});
  return {};
}

// What belongs to runs that nobody will ask for again.
void Daemon::tidy() {
  book_.forget_older_than(kTombstoneDays);
  std::error_code ignored;
  for (const char* folder : {"/host/console", "/host/log"})
    for (const auto& file : std::filesystem::directory_iterator(names_.state + folder, ignored)) {
      const auto id = base::InstanceId::parse(file.path().stem().string());
      if (!id || !book_.newest(*id)) std::filesystem::remove(file.path(), ignored);
    }
  for (const auto& [key, run] : book_.runs())
    if (run.final_report) (void)remove_file(RunPaths::of(names_, key).final);
  drop_unfinished_snapshots(names_);
  if (auto ended = end_file_workers(names_); !ended) log::warn("control groups of file workers stay", {{"error", ended.error().message}});
}

int Daemon::serve() {
  while (!end_)
    loop_once(static_cast<int>(std::clamp<std::int64_t>(next_second_ms_ - monotonic_ms(), 0, 1'000)));
  flows_.end();
  (void)end_file_workers(names_);  // they die with us; their groups do not
  log::info("stipend-host ends; machines go on under their supervisors", {{"machines", machines_.size()}});
  return 0;
}

void Daemon::loop_once(int timeout_ms) {
  std::vector<pollfd> fds = {{signals_.get(), POLLIN, 0}};
  if (listener_) fds.push_back({listener_.get(), POLLIN, 0});
  for (const auto& client : clients_) {
    const short wants = static_cast<short>((client.tokens >= 1 || !client.greeted ? POLLIN : 0) |
                                           (client.out.empty() ? 0 : POLLOUT));
    fds.push_back({client.socket.get(), wants, 0});
  }
  for (const auto& [id, machine] : machines_) {
    if (machine.connection) fds.push_back({machine.connection.get(), POLLIN, 0});
    if (machine.pidfd) fds.push_back({machine.pidfd.get(), POLLIN, 0});
    if (machine.init_pidfd) fds.push_back({machine.init_pidfd.get(), POLLIN, 0});
  }
  for (const auto& worker : file_workers_)
    if (worker.control) fds.push_back({worker.control.get(), POLLIN, 0});
  ::poll(fds.data(), fds.size(), timeout_ms);

  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) > 0)
    if (info.ssi_signo != SIGCHLD && info.ssi_signo != SIGHUP) end_ = true;
  reap_children();
  look_at_file_workers(monotonic_ms());
  reap_copy_jobs(monotonic_ms());
  for (auto& [id, machine] : machines_) {
    read_supervisor(machine);
    if (machine.init_pidfd && has_ended(machine.init_pidfd)) {
      machine.init_gone_ms = monotonic_ms();
      machine.init_pidfd.reset();
    }
    if (machine.pidfd && has_ended(machine.pidfd)) on_supervisor_end(machine);
  }
  for (const auto& id : finished_) machines_.erase(id);
  finished_.clear();
  if (listener_) accept_clients();
  for (auto& client : clients_) {
    read_client(client);
    write_client(client);
  }
  drop_dead_clients();
  const std::int64_t now = monotonic_ms();
  if (now >= next_second_ms_) {
    next_second_ms_ = now + 1'000;
    each_second(now);
  }
  for (const auto& id : finished_) machines_.erase(id);
  finished_.clear();
}

void Daemon::each_second(std::int64_t now) {
  for (auto& [id, machine] : machines_) sweep(machine, now);
  measure(now);
  watch_disk(now);
  watch_other_file_systems();
  for (const auto& key : book_.flush())
    if (const Run* run = book_.find(key); run && run->final_report) {
      (void)remove_file(RunPaths::of(names_, key).final);
      tell_all(*run->final_report);
    }
  if (now >= next_record_ms_) {
    next_record_ms_ = now + kRecordEveryMs;
    start_record(now);
    tell_all(room());
    for (const auto& [id, machine] : machines_) tell_all(report_of(machine));
  }
  if (now >= next_repeat_ms_) {
    next_repeat_ms_ = now + kRepeatMs;
    for (const auto& [key, run] : book_.runs())
      if (run.final_report && !run.acknowledged && book_.durable(key)) tell_all(*run.final_report);
  }
  find_proxy(false, now);
  flows_.tick(now);
  if (network_ && now >= next_network_ms_) {
    next_network_ms_ = now + kNetworkMs;
    if (auto kept = network_->keep_alive(); !kept)
      log::error("the machines' network needs repair", {{"error", kept.error().message}});
  }
}

void Daemon::reap_children() {
  int status = 0;
  for (auto& [id, machine] : machines_) {
    reap(machine.process, status);
    if (machine.unmaker && reap(machine.unmaker, status)) after_unmaking(machine, status);
  }
  for (auto& job : disk_jobs_)
    if (reap(job.child, status)) finish_disk_job(job, status);
  std::erase_if(disk_jobs_, [](const DiskJob& job) { return !job.child; });
  std::erase_if(orphan_jobs_, [&](Child& child) { return reap(child, status); });
  std::erase_if(leaving_, [&](Child& child) { return reap(child, status); });
  reap(recorder_, status);
  if (reap(disk_measurer_, status)) finish_measuring_disks(status);
  flows_.tick(monotonic_ms());
}

}  // namespace stipend::host
