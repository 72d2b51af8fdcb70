#include "host/disk_watch.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace stipend::host {
namespace {

constexpr std::int64_t kMib = std::int64_t{1} << 20;
constexpr std::int64_t kWindowMs = 10'000;
constexpr std::int64_t kAheadS = 2;
constexpr std::int64_t kPatienceMs = 5'000;
constexpr std::int64_t kFull = 16 * kMib;  // nothing is gained any more: writes fail, whoever is stopped
constexpr std::int64_t kLeastGrowth = 4 * kMib;  // less is housekeeping
constexpr std::int64_t kOneAtATimeMs = 45'000;   // hook, halt and taking down

}  // namespace

DiskMarks DiskMarks::of(std::int64_t size, std::int64_t dirty_limit) {
  const std::int64_t wanted = std::max(std::clamp<std::int64_t>(size / 50, 384 * kMib, 4096 * kMib), dirty_limit);
  const std::int64_t hard = std::min(wanted, size / 4);
  return {.soft = 2 * hard, .hard = hard, .critical = hard / 3};
}

std::optional<DiskStop> DiskWatch::look(const DiskLook& look, std::int64_t now_ms) {
  marks_ = DiskMarks::of(look.size, look.dirty_limit);
  room_ = look.free;
  std::map<base::InstanceId, std::vector<Sample>> samples;
  const std::int64_t since_ms = std::max<std::int64_t>(250, now_ms - std::exchange(looked_at_ms_, now_ms));
  std::int64_t pace = 0;  // bytes a second, all together
  bool somebody_ends = false;
  const DiskWriter* most = nullptr;
  std::int64_t most_grew = 0;
  for (const auto& machine : look.machines) {
    room_ -= machine.dirty;
    auto& kept = samples[machine.id] = std::move(samples_[machine.id]);
    kept.push_back({now_ms, machine.occupied + machine.dirty});
    std::erase_if(kept, [&](const Sample& s) { return s.at_ms < now_ms - kWindowMs; });
    if (kept.size() > 1)
      pace += std::max<std::int64_t>(0, kept.back().bytes - kept[kept.size() - 2].bytes) * 1'000 / since_ms;
    const auto least = std::ranges::min_element(kept, {}, &Sample::bytes);
    const std::int64_t grew = kept.back().bytes - least->bytes;
    if (machine.ending) {
      somebody_ends = somebody_ends || (last_ && last_->id == machine.id && now_ms < last_at_ms_ + kOneAtATimeMs);
      continue;
    }
    if (grew < kLeastGrowth) continue;
    const auto rank = [](std::int64_t growth, const DiskWriter& w) { return std::tuple(-growth, -w.occupied, w.id); };
    if (!most || rank(grew, machine) < rank(most_grew, *most)) {
      most = &machine;
      most_grew = grew;
    }
  }
  samples_ = std::move(samples);
  if (room_ - kAheadS * pace >= marks_.hard) return std::nullopt;
  if (look.free < kFull) return std::nullopt;
  const bool critical = room_ < marks_.critical;
  if (!most || (somebody_ends && !critical)) {
    if (!critical || !somebody_ends || last_->force || now_ms < last_at_ms_ + kPatienceMs) return std::nullopt;
    last_->force = true;  // a held disk that still fills: blocks set aside before are being written
    return last_;
  }
  last_ = DiskStop{most->id, false, most_grew};
  last_at_ms_ = now_ms;
  return last_;
}

}  // namespace stipend::host
