// What the server may ask for.
#include <fcntl.h>
#include <signal.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "base/log.hpp"
#include "host/cgroup.hpp"
#include "host/copies.hpp"
#include "host/daemon.hpp"
#include "host/disk.hpp"
#include "host/files.hpp"
#include "host/record_files.hpp"
#include "host/snapshots.hpp"
#include "hostlink/codec.hpp"

namespace stipend::host {
namespace {

namespace log = base::log;
using hostlink::Cause;
using hostlink::Phase;
using hostlink::Report;

constexpr std::int64_t kDiskJobMs = 120'000;
constexpr std::size_t kMaxDiskJobs = 8;
constexpr std::int64_t kConsoleBytes = 64 * 1024;

// The newest bytes of the console; the log before the last rotation fills up a short one.
base::Result<std::string> console_tail(const std::string& path) {
  std::string text;
  bool found = false;
  for (const std::string& file : {path, path + ".1"}) {
    Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!fd) continue;
    found = true;
    const auto room = kConsoleBytes - static_cast<std::int64_t>(text.size());
    const off_t size = ::lseek(fd.get(), 0, SEEK_END);
    const off_t from = std::max<off_t>(0, size - room);
    std::string part(static_cast<std::size_t>(size - from), '\0');
    const auto got = ::pread(fd.get(), part.data(), part.size(), from);
    if (got > 0) text = part.substr(0, static_cast<std::size_t>(got)) + text;
    if (static_cast<std::int64_t>(text.size()) >= kConsoleBytes) break;
  }
  if (!found)
    return base::fail(base::Fault::kNotFound, "NoConsole", "this machine has written no console output yet");
  return text;
}

}  // namespace

Report Daemon::bare_report(const hostlink::RunKey& key, Phase phase, Cause cause, std::string detail) const {
  Report report;
  report.key = key;
  report.phase = phase;
  report.cause = cause;
  report.host = host_;
  report.boot_id = boot_id_;
  report.detail = std::move(detail);
  return report;
}

bool Daemon::admit(Client& client, std::int64_t epoch) {
  if (epoch < epoch_) {
    say(client, hostlink::Fenced{epoch_});
    return false;
  }
  if (epoch == epoch_) return true;
  if (auto kept = write_file_atomic(names_.state + "/host/epoch", std::to_string(epoch) + "\n", 0600);
      !kept) {
    log::error("a new epoch could not be kept; the request is dropped", {{"error", kept.error().message}});
    return false;
  }
  epoch_ = epoch;
  return true;
}

void Daemon::handle(Client& client, const hostlink::Hello& m) {
  if (!admit(client, m.epoch)) return;
  client.greeted = true;
  const auto& ranges = network_->ranges();
  say(client, hostlink::Welcome{std::min(m.version, hostlink::kVersion), host_, boot_id_, ranges.private_cidr,
                                ranges.public_cidr, epoch_});
  say(client, room());
}

void Daemon::refuse(const hostlink::RunKey& key, Cause cause, std::string detail) {
  const Report report = bare_report(key, Phase::kEnded, cause, std::move(detail));
  if (book_.refuse(key, report)) tell_all(report);
}

void Daemon::report_known(Client& client, const hostlink::RunKey& key) {
  if (const Machine* machine = live(key)) return say(client, report_of(*machine));
  if (const Run* run = book_.find(key)) {
    if (run->final_report && book_.durable(key)) say(client, *run->final_report);
    return;
  }
  say(client, bare_report(key, Phase::kAbsent, Cause::kNone, {}));
}

void Daemon::handle(Client& client, hostlink::Start m) {
  if (!admit(client, m.epoch)) return;
  const auto key = m.key;
  if (Machine* machine = live(key)) {  // said twice
    handle(client, hostlink::Renew{key, m.epoch, m.lease});
    return say(client, report_of(*machine));
  }
  if (const Run* newest = book_.newest(key.instance); newest && newest->key.generation >= key.generation) {
    if (book_.find(key)) return report_known(client, key);
    return say(client, bare_report(key, Phase::kEnded, Cause::kStartFailed,
                                   "a later run of this machine was started already"));
  }
  if (monotonic_ms() >= m.deadline_mono_ms)
    return refuse(key, Cause::kStartFailed, "the order to start it came too late");
  watch_disk(monotonic_ms());  // a second ago is long ago on a disk that fills, or was emptied
  if (!disk_watch_.may_start())
    return refuse(key, Cause::kStartFailed, "the server's disk is almost full; the administrator must free space on it");
  for (const auto& [id, other] : machines_) {
    if (id == key.instance)
      return refuse(key, Cause::kStartFailed, "an earlier run of this machine has not ended yet");
    if (other.disk == m.disk) return refuse(key, Cause::kStartFailed, "its disk is in use by " + id.str());
    if (!m.home.empty() && other.home == m.home)
      return refuse(key, Cause::kStartFailed, "its home is in use by " + id.str());
    if (other.network.private_address == m.private_address ||
        other.network.public_address == m.public_address)
      return refuse(key, Cause::kStartFailed, "its address is in use by " + id.str());
  }
  const Run run{.key = key,
                .disk = m.disk,
                .home = m.home,
                .course = m.course,
                .course_writable = m.course_writable,
                .private_address = m.private_address,
                .public_address = m.public_address,
                .boot_id = boot_id_,
                .lease = m.lease,
                .final_report = {},
                .acknowledged = false};
  if (!m.root_source.empty() && !disk_exists(names_, m.disk)) m.deadline_mono_ms += kRootCopyMs;
  for (const auto& disk : {m.disk, m.home}) {  // a machine comes before who reads or copies its files
    end_file_worker(disk);
    end_copying(disk);
  }
  if (auto begun = book_.begin(run); !begun) return refuse(key, Cause::kStartFailed, begun.error().message);

  Machine& machine = machines_[key.instance];
  machine.key = key;
  machine.disk = m.disk;
  machine.home = m.home;
  machine.course = m.course;
  machine.course_writable = m.course_writable;
  machine.own = m.lease;
  machine.start_deadline_ms = m.deadline_mono_ms;
  machine.status.key = key;
  machine.status.lease.lease = m.lease;
  tell_all(report_of(machine));
  if (auto launched = launch(machine, std::move(m)); !launched) {
    auto report = report_of(machine);
    report.phase = Phase::kEnded;
    report.cause = Cause::kStartFailed;
    report.detail = launched.error().message;
    conclude(machine, report);
  }
  for (const auto& id : finished_) machines_.erase(id);  // a next request may be for the same machine
  finished_.clear();
}

void Daemon::handle(Client& client, const hostlink::Renew& m) {
  if (!admit(client, m.epoch)) return;
  Machine* machine = live(m.key);
  if (!machine) return report_known(client, m.key);
  if (m.lease.seq <= machine->own.seq) return;
  machine->own = m.lease;
  order(*machine, m);
}

void Daemon::handle(Client& client, const hostlink::Stop& m) {
  if (!admit(client, m.epoch)) return;
  if (Machine* machine = live(m.key)) {
    if (!machine->stop || (m.force && !machine->stop->force)) {
      machine->stop_sent_ms = machine->stop ? machine->stop_sent_ms : monotonic_ms();
      machine->stop = m;
      end_copying(*machine);
      order(*machine, m);
    }
    return;
  }
  const Run* newest = book_.newest(m.key.instance);
  if (newest && newest->key.generation >= m.key.generation) return report_known(client, m.key);
  // Never started here: from now on it cannot be, and its money can go back.
  refuse(m.key, m.cause, {});
}

void Daemon::handle(Client& client, const hostlink::Reboot& m) {
  if (!admit(client, m.epoch)) return;
  if (Machine* machine = live(m.key)) order(*machine, m);
}

// In the book first: a stipend-host that is started anew makes its rules of that.
void Daemon::handle(Client& client, const hostlink::SetPublicAddress& m) {
  const int socket = client.socket.get();
  if (!admit(client, m.epoch)) return answer(socket, m.request, false, "Fenced", "a newer server has taken over");
  Machine* machine = live(m.key);
  if (!machine || !network_ || machine->network.private_address.empty())
    return answer(socket, m.request, false, "IncorrectInstanceState", "this run of the machine is not under way");
  for (const auto& [id, other] : machines_)
    if (id != m.key.instance && other.network.public_address == m.address)
      return answer(socket, m.request, false, "AddressInUse", "the address is in use by " + id.str());
  MachineNetwork moved = machine->network;
  const std::string before = std::exchange(moved.public_address, m.address);
  auto set = book_.readdress(m.key, m.address);
  if (set) {
    set = network_->add_machine(moved);
    if (!set) (void)book_.readdress(m.key, before);
  }
  if (!set) return answer(socket, m.request, false, set.error().code, set.error().message);
  machine->network = moved;
  answer(socket, m.request, true, {}, {});
}

void Daemon::handle(Client& client, const hostlink::Acknowledge& m) {
  if (admit(client, m.epoch)) book_.acknowledge(m.key);
}

void Daemon::handle(Client& client, const hostlink::DeleteDisk& m) {
  const auto answer = [&](bool ok, std::string code, std::string message) {
    say(client, hostlink::Done{m.request, ok, std::move(code), std::move(message)});
  };
  if (!admit(client, m.epoch)) return answer(false, "Fenced", "a newer server has taken over");
  for (const auto& [id, machine] : machines_)
    if (machine.disk == m.disk || machine.home == m.disk || machine.course == m.disk)
      return answer(false, "VolumeInUse", "the disk is in use by " + id.str());
  for (const auto& job : copy_jobs_)
    if (job.disk == m.disk && !job.snapshot.empty()) return answer(false, "VolumeInUse", "a snapshot of it is being made; try again");
  folders_told_.erase(m.disk);
  end_copying(m.disk);
  if (end_file_worker(m.disk)) return answer(false, "VolumeInUse", "its files were being read; try again");
  for (auto& job : disk_jobs_)
    if (job.disk == m.disk) return job.asked.emplace_back(client.socket.get(), m.request), void();
  if (disk_jobs_.size() >= kMaxDiskJobs)
    return answer(false, "RequestLimitExceeded", "too many disks are being deleted; try again");
  DiskJob job{.disk = m.disk, .snapshot = {}, .child = {}, .said = {}, .asked = {{client.socket.get(), m.request}},
              .ended = {base::Fault::kUnavailable, "InternalError", "the disk could not be deleted"}};
  const auto begun = begin_disk_job(disk_jobs_, std::move(job), kDiskJobMs, [&]() -> base::Result<std::string> {
    await_end_of_copying(m.disk);
    TRY(delete_disk(names_, m.disk));
    drop_unfinished_snapshot(names_, m.disk);
    TRY(delete_copies(names_, m.disk));
    return std::string();
  });
  if (!begun) answer(false, begun.error().code, begun.error().message);
}

base::Status Daemon::begin_disk_job(std::vector<DiskJob>& jobs, DiskJob job, std::int64_t limit_ms,
                                    const std::function<base::Result<std::string>()>& work) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
    return base::fail(base::Fault::kUnavailable, "SystemError", "the host is out of descriptors");
  job.said = Fd(ends[0]);
  const Fd write_end(ends[1]);
  TRY_ASSIGN(job.child, fork_child([&] {
    const auto done = work();
    const std::string text = done ? *done : done.error().code + "\n" + done.error().message;
    if (!text.empty() && ::write(write_end.get(), text.data(), text.size()) < 0) return 2;
    return done ? 0 : 1;
  }));
  job.child.deadline_ms = monotonic_ms() + limit_ms;
  jobs.push_back(std::move(job));
  return {};
}

void Daemon::finish_disk_job(DiskJob& job, int status) {
  char text[2048];
  const auto n = ::read(job.said.get(), text, sizeof text);
  const std::string_view said(text, n > 0 ? static_cast<std::size_t>(n) : 0);
  const auto line = said.find('\n');
  hostlink::Done done{0, status == 0, {}, {}};
  if (status == 0) {
    done.message = said;
  } else if (line != std::string_view::npos) {
    done.code = said.substr(0, line);
    done.message = said.substr(line + 1);
  } else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
    done.code = job.ended.code;
    done.message = job.ended.message;
  } else {
    done.code = "InternalError";
    done.message = "what was to be done with the disk ended without a word; see the log of stipend-host";
  }
  for (const auto& [socket, request] : job.asked) answer(socket, request, done.ok, done.code, done.message);
}

void Daemon::handle(Client& client, const hostlink::ReadConsole& m) {
  auto text = console_tail(RunPaths::of(names_, {m.instance, 1}).console);
  if (!text) return say(client, hostlink::Done{m.request, false, text.error().code, text.error().message});
  say(client, hostlink::Console{m.request, *std::move(text)});
}

void Daemon::handle(Client& client, hostlink::Resync m) {
  if (client.expected.size() < 100'000)
    client.expected.insert(client.expected.end(), m.expected.begin(), m.expected.end());
  if (!m.last) return;
  for (const auto& [id, machine] : machines_) {
    say(client, report_of(machine));
    for (const auto& notice : notices_of(machine)) say(client, notice);
  }
  for (const auto& [disk, use] : folders_told_) say(client, hostlink::FolderUse{disk, use.percent, use.used_mib, use.size_mib});
  for (const auto& [key, run] : book_.runs())
    if (run.final_report && !run.acknowledged && book_.durable(key)) say(client, *run.final_report);
  for (const auto& key : std::exchange(client.expected, {})) {
    const Run* run = book_.find(key);
    if (!run || run->acknowledged) say(client, bare_report(key, Phase::kAbsent, Cause::kNone, {}));
  }
}

hostlink::Room Daemon::room() {
  hostlink::Room room;
  room.cpus = static_cast<std::int64_t>(host_cpus().size());
  struct sysinfo memory{};
  if (::sysinfo(&memory) == 0)
    room.memory_mib = static_cast<std::int64_t>(memory.totalram * memory.mem_unit >> 20);
  // What machines may still take, before one of them is stopped for it (disk_watch.hpp).
  if (const auto disks = disk_room(names_)) {
    room.disk_free_mib = std::max<std::int64_t>(0, disks->free_bytes - disk_watch_.marks().hard) >> 20;
    room.disk_total_mib = std::max<std::int64_t>(0, disks->total_bytes - disk_watch_.marks().hard) >> 20;
  }
  return room;
}

}  // namespace stipend::host
