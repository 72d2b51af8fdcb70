#include "domain/storage.hpp"

#include <algorithm>

namespace stipend::domain {

RunSeconds disk_age(const Disk& disk, WallTime at) {
  const WallTime end = disk.deleted ? std::min(*disk.deleted, at) : at;
  return {std::max<std::int64_t>(0, disk.created.ms_until(end) / 1000)};
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
