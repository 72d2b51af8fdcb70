// What stipend-host sees inside its machines: processes that were ended because memory was full, disks that fill.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <tuple>

#include "base/log.hpp"
#include "host/daemon.hpp"
#include "host/disk.hpp"

namespace stipend::host {
namespace {

constexpr std::int64_t kOomEveryMs = 2'000;
constexpr std::int64_t kDiskEveryMs = 30'000;
constexpr std::int64_t kTellEveryMs = 10'000;  // of one machine; a cell that is run again and again is no flood
constexpr std::int64_t kStatLimitMs = 20'000;

// Of the whole disk: what is held back for the host's sake (disk_watch.hpp) is not the machine's doing.
std::optional<DiskUse> use_of(const std::string& mount) {
  struct statvfs s{};
  if (::statvfs(mount.c_str(), &s) != 0 || s.f_blocks == 0) return std::nullopt;
  const auto mib = [&](std::uint64_t blocks) { return static_cast<std::int64_t>(blocks * s.f_frsize >> 20); };
  const std::uint64_t used = s.f_blocks - s.f_bfree;
  return DiskUse{mib(used), mib(s.f_blocks), static_cast<std::int64_t>((used * 100 + s.f_blocks - 1) / s.f_blocks)};
}

}  // namespace

void Daemon::measure(std::int64_t now) {
  if (now >= next_oom_ms_) {
    next_oom_ms_ = now + kOomEveryMs;
    const std::int64_t of_host = host_oom_kills();
    for (auto& [id, machine] : machines_) {
      if (machine.ending || !machine.connection || machine.status.lease.stage != Stage::kRunning) continue;
      const auto kills = machine.oom.look(names_, id, of_host);  // fails while its groups are being made
      if (kills && *kills != machine.status.signals.oom_kills)
        if (send_packet(machine.connection, encode(Measured{.oom_kills = *kills, .disk = {}})) == Sent::kGone)
          machine.connection.reset();
    }
  }
  if (now >= next_disk_use_ms_) {
    next_disk_use_ms_ = now + kDiskEveryMs;
    start_measuring_disks(now);
  }
  for (auto& [id, machine] : machines_) tell_signals(machine, now);
}

// In a child: a file system that hangs must not hold up the sweep.
void Daemon::start_measuring_disks(std::int64_t now) {
  if (disk_measurer_) {
    if (now > disk_measurer_.deadline_ms) kill_child(disk_measurer_);
    return;
  }
  std::vector<std::tuple<base::InstanceId, base::DiskId, base::DiskId>> disks;
  for (const auto& [id, machine] : machines_)
    if (!machine.ending && machine.status.lease.stage == Stage::kRunning) disks.emplace_back(id, machine.disk, machine.home);
  if (disks.empty()) return;
  // Unnamed and in memory: a pipe would be full after some hundred machines.
  disks_measured_ = Fd(::memfd_create("disks", MFD_CLOEXEC));
  if (!disks_measured_) return;
  auto child = fork_child([&] {
    std::ostringstream lines;
    for (const auto& [id, disk, home] : disks) {
      auto use = use_of(raw_disk_path(names_, disk));
      // The fuller one of the two is what its person has to know of.
      if (const auto of_home = home.empty() ? std::nullopt : use_of(raw_disk_path(names_, home));
          of_home && (!use || of_home->percent > use->percent))
        use = of_home;
      if (use)
        lines << id.str() << ' ' << use->used_mib << ' ' << use->size_mib << ' ' << use->percent << '\n';
    }
    const std::string text = lines.str();
    return ::pwrite(disks_measured_.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()) ? 0 : 1;
  });
  if (!child) return;
  disk_measurer_ = *std::move(child);
  disk_measurer_.deadline_ms = now + kStatLimitMs;
}

void Daemon::finish_measuring_disks(int status) {
  const Fd measured = std::move(disks_measured_);
  if (status != 0) return base::log::warn("the machines' disks could not be measured", {{"status", status}});
  std::string text(static_cast<std::size_t>(std::max<off_t>(0, ::lseek(measured.get(), 0, SEEK_END))), '\0');
  if (::pread(measured.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) return;
  std::istringstream lines(text);
  std::string name;
  for (DiskUse use; lines >> name >> use.used_mib >> use.size_mib >> use.percent;) {
    const auto id = base::InstanceId::parse(name);
    const auto at = id ? machines_.find(*id) : machines_.end();
    if (at == machines_.end() || at->second.ending) continue;
    auto& machine = at->second;
    const bool matters = use.percent >= kDiskFilling || machine.status.signals.disk_filling;
    if (matters && send_packet(machine.connection, encode(Measured{.oom_kills = {}, .disk = use})) == Sent::kGone)
      machine.connection.reset();
  }
}

std::vector<hostlink::Notice> Daemon::notices_of(const Machine& machine) {
  const Signals& s = machine.status.signals;
  std::vector<hostlink::Notice> notices;
  if (s.memory_count > 0)
    notices.push_back({.key = machine.key,
                       .kind = hostlink::NoticeKind::kMemoryFull,
                       .count = s.memory_count,
                       .memory_mib = machine.status.memory_mib});
  if (s.disk_count > 0)
    notices.push_back({.key = machine.key,
                       .kind = hostlink::NoticeKind::kDiskFilling,
                       .count = s.disk_count,
                       .over = !s.disk_filling,
                       .percent = s.disk.percent,
                       .used_mib = s.disk.used_mib,
                       .size_mib = s.disk.size_mib});
  return notices;
}

void Daemon::tell_signals(Machine& machine, std::int64_t now) {
  const Signals& s = machine.status.signals;
  auto& told = machine.told;
  const bool same = s.memory_count == told.signals.memory_count && s.disk_count == told.signals.disk_count &&
                    s.disk_filling == told.signals.disk_filling;
  if (same || machine.ending || (told.at_ms != 0 && now < told.at_ms + kTellEveryMs)) return;
  told = {s, now};
  for (const auto& notice : notices_of(machine)) tell_all(notice);
}

}  // namespace stipend::host
