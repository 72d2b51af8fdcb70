// The host's own file system under the state: looked at each second, kept from filling (disk_watch.hpp).
#include <sys/sysinfo.h>

#include <charconv>

#include "base/log.hpp"
#include "host/daemon.hpp"
#include "host/disk.hpp"
#include "host/files.hpp"
#include "hostlink/codec.hpp"

namespace stipend::host {
namespace {

namespace log = base::log;

// What the kernel lets all writers together keep in memory before they wait for the disk.
std::int64_t dirty_limit() {
  const auto number = [](const char* path) {
    std::int64_t value = 0;
    if (const auto text = read_file(path)) std::from_chars(text->data(), text->data() + text->size(), value);
    return value;
  };
  if (const auto bytes = number("/proc/sys/vm/dirty_bytes"); bytes > 0) return bytes;
  struct sysinfo memory{};
  if (::sysinfo(&memory) != 0) return 0;
  return static_cast<std::int64_t>(memory.totalram * memory.mem_unit) / 100 * number("/proc/sys/vm/dirty_ratio");
}

}  // namespace

void Daemon::watch_disk(std::int64_t now) {
  DiskLook look;
  std::vector<base::DiskId> disks;
  for (const auto& [id, machine] : machines_) {
    disks.push_back(machine.disk);
    if (!machine.home.empty()) disks.push_back(machine.home);
  }
  const auto space = disk_space(names_, disks);
  if (!space)
    return log::error("the file system of the disks cannot be looked at", {{"error", space.error().message}});
  look.size = space->size_bytes;
  look.free = space->free_bytes;
  look.dirty_limit = dirty_limit();
  const bool near = look.free < 4 * DiskMarks::of(look.size, look.dirty_limit).hard;
  for (std::size_t i = 0; const auto& [id, machine] : machines_) {
    std::int64_t occupied = space->occupied_bytes[i++];
    if (!machine.home.empty()) occupied += space->occupied_bytes[i++];
    DiskWriter writer{.id = id, .occupied = occupied, .dirty = 0,
                      .ending = machine.stop || machine.ending || machine.status.lease.stage != Stage::kRunning};
    if (near) writer.dirty = machine_dirty_bytes(names_, id).value_or(0);
    look.machines.push_back(writer);
  }
  const bool was_low = disk_watch_.low();
  const auto stop = disk_watch_.look(look, now);
  if (disk_watch_.low() && !was_low) {
    log::warn("little disk is left", {{"state", names_.state}, {"free_mib", look.free >> 20}});
    tell_all(room());  // no new machine from now on
  }
  if (!stop) return;
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
