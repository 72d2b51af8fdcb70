#include "domain/storage.hpp"

#include <algorithm>

namespace stipend::domain {

std::int64_t occupied_gib(const Disk& disk) {
  return disk.snapshot == SnapshotState::kCompleted ? (disk.stored_mib + 1023) / 1024 : disk.gib;
}

RunSeconds disk_age(const Disk& disk, WallTime at) {
  const WallTime end = disk.deleted ? std::min(*disk.deleted, at) : at;
  return {std::max<std::int64_t>(0, disk.created.ms_until(end) / 1000)};
}

const char* kind_word(const Disk& disk) { return disk.kind == DiskKind::kSnapshot ? "snapshot" : "disk"; }

RunSeconds counted(const Address& address, WallTime at) {
  RunSeconds idle = address.idle;
  if (address.idle_since) idle.count += std::max<std::int64_t>(0, address.idle_since->ms_until(at) / 1000);
  return idle;
}

Money storage_cost(const Disk& disk, RunSeconds age, base::Rounding rounding) {
  return base::cost(disk.price, age, rounding);
}

Money reserve_for(Price price, std::int64_t grace_s) {
  return base::cost(price, {grace_s}, base::Rounding::kCeil);
}

WallTime utc_midnight(WallTime t) {
  constexpr std::int64_t kDayMs = 86'400'000;
  std::int64_t days = t.ms / kDayMs;
  if (t.ms % kDayMs < 0) --days;
  return {days * kDayMs};
}

}  // namespace stipend::domain
