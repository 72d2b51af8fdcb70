// The host's own file systems under the state: looked at each second. The one of the disks (roots, homes, courses' folders,
// what is uploaded into them) is kept from filling (disk_watch.hpp); the others, when they are others, hold copies and books:
// whoever writes those keeps room free by himself, and the operator is told here.
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <set>

#include "base/log.hpp"
#include "host/daemon.hpp"
#include "host/disk.hpp"
#include "host/host_reserve.hpp"
#include "hostlink/codec.hpp"

namespace stipend::host {
namespace {

namespace log = base::log;

// What a folder occupies once all that its writers have in memory has come to it.
std::int64_t accepted_for(const base::DiskId& folder, const DiskLook& look) {
  std::int64_t bytes = 0;
  for (const auto& shared : look.folders)
    if (shared.id == folder) bytes += shared.occupied;
  for (const auto& machine : look.machines)
    if (machine.folder == folder) bytes += machine.dirty;
  return bytes;
}

}  // namespace

void Daemon::watch_other_file_systems() {
  struct stat of_disks{};
  std::set<dev_t> seen;
  if (::stat(names_.disks().c_str(), &of_disks) == 0) seen.insert(of_disks.st_dev);
  std::set<dev_t> low;
  for (const std::string& folder : {names_.state + "/copies", names_.state + "/host", names_.state}) {
    struct stat at{};
    struct statvfs s{};
    if (::stat(folder.c_str(), &at) != 0 || !seen.insert(at.st_dev).second || ::statvfs(folder.c_str(), &s) != 0) continue;
    const auto free = static_cast<std::int64_t>(s.f_bavail * s.f_frsize);
    if (free >= DiskMarks::of(static_cast<std::int64_t>(s.f_blocks * s.f_frsize), 0).soft) continue;
    low.insert(at.st_dev);
    if (!low_file_systems_.contains(at.st_dev))
      log::warn("little disk is left; free space there", {{"folder", folder}, {"free_mib", free >> 20}});
  }
  low_file_systems_ = std::move(low);
}

// Machines that write into a held folder answer for what it grows: it is given to the ones that may write there.
std::map<base::DiskId, std::int64_t> Daemon::look_at_folders(DiskLook& look, const DiskSpace& space, std::size_t from,
                                                             const std::vector<base::DiskId>& folders) {
  std::map<base::DiskId, std::int64_t> grown;
  std::erase_if(held_folders_, [&](const auto& held) { return std::ranges::find(folders, held.first) == folders.end(); });
  for (std::size_t i = 0; i < folders.size(); ++i) {
    const std::int64_t occupied = space.occupied_bytes[from + i];
    const auto held = held_folders_.find(folders[i]);
    look.folders.push_back({folders[i], occupied, held != held_folders_.end()});
    if (held != held_folders_.end()) grown[folders[i]] = std::max<std::int64_t>(0, occupied - held->second.from);
  }
  return grown;
}

std::vector<base::DiskId> Daemon::folders_in_use() const {
  std::set<base::DiskId> folders;
  for (const auto& [id, machine] : machines_)
    if (!machine.course.empty()) folders.insert(machine.course);
  for (const auto& worker : file_workers_)
    if (worker.course && worker.ready) folders.insert(worker.disk);
  return {folders.begin(), folders.end()};
}

void Daemon::hold_folder(const DiskStop& stop, const DiskLook& look, std::int64_t now) {
  held_folders_[stop.folder] = {accepted_for(stop.folder, look), now};
  log::error("the disk is almost full: the course folder that grows most takes no more for now",
             {{"disk", stop.folder.str()}, {"left_mib", disk_watch_.room() >> 20}, {"wrote_mib", stop.grew >> 20}});
  if (auto held = fork_child([&] { return hold_disk(names_, stop.folder) ? 0 : 1; })) orphan_jobs_.push_back(*std::move(held));
}

void Daemon::release_folders() {
  for (const auto& [disk, held] : std::exchange(held_folders_, {})) {
    if (held.at_ms > 0) log::info("there is room again: the course folder can be written", {{"disk", disk.str()}});
    if (auto released = fork_child([&, disk] { return release_disk(names_, disk) ? 0 : 1; })) orphan_jobs_.push_back(*std::move(released));
  }
}

void Daemon::watch_disk(std::int64_t now) {
  DiskLook look;
  std::vector<base::DiskId> disks;
  for (const auto& [id, machine] : machines_) {
    disks.push_back(machine.disk);
    if (!machine.home.empty()) disks.push_back(machine.home);
  }
  const std::size_t of_machines = disks.size();
  const auto folders = folders_in_use();
  disks.insert(disks.end(), folders.begin(), folders.end());
  const auto space = disk_space(names_, disks);
  if (!space)
    return log::error("the file system of the disks cannot be looked at", {{"error", space.error().message}});
  look.size = space->size_bytes;
  look.free = space->free_bytes;
  look.dirty_limit = dirty_limit();
  const auto grown = look_at_folders(look, *space, of_machines, folders);
  const bool near = look.free < 4 * DiskMarks::of(look.size, look.dirty_limit).hard;
  for (std::size_t i = 0; const auto& [id, machine] : machines_) {
    std::int64_t occupied = space->occupied_bytes[i++];
    if (!machine.home.empty()) occupied += space->occupied_bytes[i++];
    if (const auto of_folder = grown.find(machine.course); of_folder != grown.end() && machine.course_writable) occupied += of_folder->second;
    DiskWriter writer{.id = id, .occupied = occupied, .dirty = 0,
                      .ending = machine.stop || machine.ending || machine.status.lease.stage != Stage::kRunning,
                      .folder = machine.course_writable ? machine.course : base::DiskId{}};
    if (near) writer.dirty = machine_dirty_bytes(names_, id).value_or(0);
    look.machines.push_back(writer);
  }
  for (auto& [disk, held] : held_folders_)
    if (held.at_ms > 0 && now <= held.at_ms + kHoldTakesMs) held.from = accepted_for(disk, look);
  const bool was_low = disk_watch_.low();
  const auto stop = disk_watch_.look(look, now);
  if (disk_watch_.low() && !was_low) {
    log::warn("little disk is left", {{"state", names_.state}, {"free_mib", look.free >> 20}});
    tell_all(room());  // no new machine from now on
  }
  if (!disk_watch_.low()) release_folders();
  if (!stop) return;
  if (!stop->folder.empty()) return hold_folder(*stop, look, now);
  auto& machine = machines_.at(stop->id);
  log::error("the disk is almost full: the machine that writes most is stopped",
             {{"instance", stop->id.str()}, {"left_mib", disk_watch_.room() >> 20}, {"wrote_mib", stop->grew >> 20}, {"force", stop->force}});
  const auto hold_all = [&] {
    const bool root = hold_disk(names_, machine.disk).has_value();
    return root && (machine.home.empty() || hold_disk(names_, machine.home)) ? 0 : 1;
  };
  if (auto held = fork_child(hold_all))
    orphan_jobs_.push_back(*std::move(held));
  if (!machine.stop) machine.stop_sent_ms = now;
  machine.stop = hostlink::Stop{.key = machine.key, .epoch = epoch_, .cause = hostlink::Cause::kHostDisk, .force = stop->force};
  order(machine, *machine.stop);
}

}  // namespace stipend::host
