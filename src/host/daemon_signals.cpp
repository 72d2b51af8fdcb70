// What stipend-host sees inside its machines: processes that were ended because memory was full, disks that fill.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "base/log.hpp"
#include "host/daemon.hpp"
#include "host/disk.hpp"
#include "host/mounts.hpp"

namespace stipend::host {
namespace {

constexpr std::int64_t kOomEveryMs = 2'000;
constexpr std::int64_t kDiskEveryMs = 30'000;
constexpr std::int64_t kTellEveryMs = 10'000;  // of one machine; a cell that is run again and again is no flood
constexpr std::int64_t kStatLimitMs = 20'000;

// Of the whole disk: what is held back for the host's sake (disk_watch.hpp) is not the machine's doing.
std::optional<DiskUse> use_of(const std::string& mount) {
  struct statvfs s{};
  if (!is_mount_point(mount) || ::statvfs(mount.c_str(), &s) != 0 || s.f_blocks == 0) return std::nullopt;
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
        if (send_packet(machine.connection, encode(Measured{.oom_kills = *kills, .disk = {}, .home = {}})) == Sent::kGone)
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
  std::vector<std::pair<std::string, base::DiskId>> disks;  // by what finish_measuring_disks() knows each
  for (const auto& [id, machine] : machines_) {
    if (machine.ending || machine.status.lease.stage != Stage::kRunning) continue;
    disks.emplace_back(id.str() + " disk", machine.disk);
    if (!machine.home.empty()) disks.emplace_back(id.str() + " home", machine.home);
  }
  for (const auto& folder : folders_in_use()) disks.emplace_back(folder.str() + " course", folder);
  if (disks.empty()) return;
  // Unnamed and in memory: a pipe would be full after some hundred machines.
  disks_measured_ = Fd(::memfd_create("disks", MFD_CLOEXEC));
  if (!disks_measured_) return;
  auto child = fork_child([&] {
    std::ostringstream lines;
    for (const auto& [name, disk] : disks)
      if (const auto use = use_of(raw_disk_path(names_, disk)))
        lines << name << ' ' << use->used_mib << ' ' << use->size_mib << ' ' << use->percent << '\n';
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
  std::string name, what;
  for (DiskUse use; lines >> name >> what >> use.used_mib >> use.size_mib >> use.percent;) {
    if (const auto folder = base::DiskId::parse(name)) tell_folder(*folder, use);
    const auto id = base::InstanceId::parse(name);
    const auto at = id ? machines_.find(*id) : machines_.end();
    if (at == machines_.end() || at->second.ending) continue;
    auto& machine = at->second;
    const bool of_home = what == "home";
    const bool matters = use.percent >= kDiskFilling || (of_home ? machine.status.signals.home : machine.status.signals.disk).now;
    Measured news;
    (of_home ? news.home : news.disk) = use;
    if (matters && send_packet(machine.connection, encode(news)) == Sent::kGone) machine.connection.reset();
  }
}

void Daemon::tell_folder(const base::DiskId& folder, const DiskUse& use) {
  auto& told = folders_told_[folder];
  if (told.percent == use.percent && told.size_mib == use.size_mib) return;
  told = use;
  tell_all(hostlink::FolderUse{folder, use.percent, use.used_mib, use.size_mib});
}

std::vector<hostlink::Notice> Daemon::notices_of(const Machine& machine) {
  const Signals& s = machine.status.signals;
  std::vector<hostlink::Notice> notices;
  if (s.memory_count > 0)
    notices.push_back({.key = machine.key,
                       .kind = hostlink::NoticeKind::kMemoryFull,
                       .count = s.memory_count,
                       .memory_mib = machine.status.memory_mib});
  const auto tell = [&](const Filling& filling, hostlink::NoticeKind kind) {
    if (filling.count > 0)
      notices.push_back({.key = machine.key,
                         .kind = kind,
                         .count = filling.count,
                         .over = !filling.now,
                         .percent = filling.use.percent,
                         .used_mib = filling.use.used_mib,
                         .size_mib = filling.use.size_mib});
  };
  tell(s.disk, hostlink::NoticeKind::kDiskFilling);
  tell(s.home, hostlink::NoticeKind::kHomeFilling);
  return notices;
}

void Daemon::tell_signals(Machine& machine, std::int64_t now) {
  const Signals& s = machine.status.signals;
  auto& told = machine.told;
  const auto alike = [](const Filling& a, const Filling& b) { return a.count == b.count && a.now == b.now; };
  const bool same = s.memory_count == told.signals.memory_count && alike(s.disk, told.signals.disk) && alike(s.home, told.signals.home);
  if (same || machine.ending || (told.at_ms != 0 && now < told.at_ms + kTellEveryMs)) return;
  told = {s, now};
  for (const auto& notice : notices_of(machine)) tell_all(notice);
}

}  // namespace stipend::host
