#include "domain/room.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace stipend::domain {
namespace {

// "1.5", "2", "0.05": thousandths of a CPU as CPUs.
std::string cpus(std::int64_t milli) {
  auto text = fmt::format("{}.{:03}", milli / 1000, milli % 1000);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

const Space& of(const std::map<CourseId, Space>& spaces, const CourseId& course) {
  static const Space kNone;
  const auto at = spaces.find(course);
  return at == spaces.end() ? kNone : at->second;
}

Lack figure(Figure which, std::int64_t needed, std::int64_t free, std::int64_t kept = 0) {
  // What others run in cannot be kept as well.
  const auto unused = std::max<std::int64_t>(0, free + kept), shown = std::max<std::int64_t>(0, free);
  return {which, needed, shown, std::clamp<std::int64_t>(kept, 0, unused - shown)};
}

}  // namespace

Space most_of(const Space& a, const Space& b) {
  return {std::max(a.cpu_milli, b.cpu_milli), std::max(a.memory_mib, b.memory_mib)};
}
Space at_least_none(const Space& a) { return most_of(a, {}); }

std::int64_t memory_reserve(std::int64_t memory_mib) { return std::clamp<std::int64_t>(memory_mib / 16, 512, 8192); }

Host allow(const RoomPolicy& policy, HostId id, std::int64_t cpus, std::int64_t memory_mib, std::int64_t disk_free_mib,
           std::int64_t disk_total_mib) {
  const auto reserve = policy.memory_reserve_mib < 0 ? memory_reserve(memory_mib) : policy.memory_reserve_mib;
  Host host;
  host.id = std::move(id);
  host.cpus = cpus;
  host.space = {cpus * 1000, std::max<std::int64_t>(0, memory_mib - reserve) * policy.memory_percent / 100};
  host.disk_free_mib = disk_free_mib;
  host.disk_total_mib = policy.promised_disks ? disk_total_mib : 0;
  return host;
}

std::int64_t vcpu_milli(std::int64_t vcpu_percent) { return std::max<std::int64_t>(1, 100'000 / std::max<std::int64_t>(1, vcpu_percent)); }

Space space_of(const InstanceType& type, std::int64_t vcpu_milli) {
  return {type.baseline_milli > 0 ? type.baseline_milli : type.vcpus * vcpu_milli, type.memory_mib};
}

bool keeps_now(const ClassHours& hours, WallTime now) {
  return hours.from.plus_seconds(-kKeptBeforeS) <= now && now < hours.to;
}

Space share_of(const Host& host, std::int64_t percent) {
  return {host.space.cpu_milli * percent / 100, host.space.memory_mib * percent / 100};
}

Space kept_for(const Course& course, const Catalogue* catalogue, const Host& host, std::int64_t vcpu_milli, WallTime now) {
  Space in_class;
  for (const auto& hours : course.class_hours) {
    const auto* type = catalogue && keeps_now(hours, now) ? find_type(*catalogue, hours.type) : nullptr;
    if (type) in_class += space_of(*type, vcpu_milli) * hours.machines;
  }
  return most_of(share_of(host, course.share_percent), in_class);
}

Space Room::own_left(const CourseId& course) const { return at_least_none(of(kept, course) - of(used_by, course)); }

Space Room::kept_from(const CourseId& course) const {
  Space sum;
  for (const auto& [other, space] : kept)
    if (other != course) sum += own_left(other);
  return sum;
}

Space Room::free_for(const CourseId& course) const { return host.space - used - kept_from(course); }

Space Room::most_for(const CourseId& course) const {
  Space most = host.space;
  for (const auto& [other, space] : kept)
    if (other != course) most -= space;
  return most;
}

Space Room::missing(const CourseId& course) const {
  return at_least_none(own_left(course) - at_least_none(host.space - used));
}

std::optional<Lack> lack(const Room& room, const Wish& wish) {
  const auto& host = room.host;
  const auto most = room.most_for(wish.course), free = room.free_for(wish.course), kept = room.kept_from(wish.course);
  const auto lacks = [&](const Space& left) -> std::optional<Lack> {
    if (wish.space.cpu_milli > left.cpu_milli)
      return figure(Figure::kCpu, wish.space.cpu_milli, free.cpu_milli, kept.cpu_milli);
    if (wish.space.memory_mib > left.memory_mib)
      return figure(Figure::kMemory, wish.space.memory_mib, free.memory_mib, kept.memory_mib);
    return {};
  };
  if (wish.vcpus > host.cpus) return figure(Figure::kVcpus, wish.vcpus, host.cpus);
  if (auto never = lacks(most)) return never;
  if (auto none = lacks(free)) return none;
  if (host.disk_free_mib < kDiskFloorMib) return figure(Figure::kDisk, kDiskFloorMib, host.disk_free_mib);
  if (host.disk_total_mib > 0 && wish.new_disks_gib > 0) {
    const auto left = host.disk_total_mib - kDiskFloorMib - room.disks_gib * 1024;
    if (wish.new_disks_gib * 1024 > left)
      return figure(Figure::kDisk, wish.new_disks_gib * 1024, left);
  }
  if (room.held != Space{} && !(free - room.held).holds(wish.space) && !room.own_left(wish.course).holds(wish.space))
    return Lack{Figure::kQueue};
  return {};
}

std::string sentence(const Lack& lack) {
  const auto kept = [&](const std::string& what) {
    return lack.kept > 0 ? fmt::format(" ({} more {} kept for other courses)", what, lack.figure == Figure::kCpu ? "are" : "is") : std::string();
  };
  switch (lack.figure) {
    case Figure::kVcpus: return fmt::format("it has {} vCPUs and the host {}", lack.needed, lack.free);
    case Figure::kCpu:
      return fmt::format("{} CPUs are needed and {} are free{}", cpus(lack.needed), cpus(lack.free), kept(cpus(lack.kept)));
    case Figure::kMemory:
      return fmt::format("{} MiB of memory are needed and {} are free{}", lack.needed, lack.free, kept(fmt::format("{} MiB", lack.kept)));
    case Figure::kDisk: return fmt::format("{} MiB of disk are needed and the host has {} left", lack.needed, lack.free);
    case Figure::kQueue: return "a larger machine has waited long and is next";
  }
  return {};
}

}  // namespace stipend::domain
