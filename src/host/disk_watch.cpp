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

constexpr std::int64_t kBesideMachines = 1024 * kMib;  // at most, of the reserve

}  // namespace

DiskMarks DiskMarks::of(std::int64_t size, std::int64_t dirty_limit) {
  const std::int64_t wanted = std::max(std::clamp<std::int64_t>(size / 50, 384 * kMib, 4096 * kMib), dirty_limit);
  const std::int64_t hard = std::min(wanted, size / 4);
  return {.soft = 2 * hard, .hard = hard, .critical = hard / 3, .reserve = hard + std::min(hard, kBesideMachines)};
}

DiskWatch::Growth DiskWatch::sample(std::vector<Sample>& kept, std::int64_t bytes, std::int64_t now_ms, std::int64_t since_ms) {
  kept.push_back({now_ms, bytes});
  std::erase_if(kept, [&](const Sample& s) { return s.at_ms < now_ms - kWindowMs; });
  Growth growth{.grew = bytes - std::ranges::min_element(kept, {}, &Sample::bytes)->bytes, .pace = 0};
  if (kept.size() > 1) growth.pace = std::max<std::int64_t>(0, bytes - kept[kept.size() - 2].bytes) * 1'000 / since_ms;
  return growth;
}

std::optional<DiskStop> DiskWatch::look(const DiskLook& look, std::int64_t now_ms) {
  marks_ = DiskMarks::of(look.size, look.dirty_limit);
  room_ = look.free;
  std::map<base::InstanceId, std::vector<Sample>> samples;
  std::map<base::DiskId, std::vector<Sample>> folder_samples;
  const std::int64_t since_ms = std::max<std::int64_t>(250, now_ms - std::exchange(looked_at_ms_, now_ms));
  std::int64_t pace = 0;  // bytes a second, all together
  bool somebody_ends = false;
  const DiskWriter* most = nullptr;
  std::int64_t most_grew = 0;
  for (const auto& machine : look.machines) {
    room_ -= machine.dirty;
    auto& kept = samples[machine.id] = std::move(samples_[machine.id]);
    const auto growth = sample(kept, machine.occupied + machine.dirty, now_ms, since_ms);
    pace += growth.pace;
    if (machine.ending) {
      somebody_ends = somebody_ends || (last_ && last_->id == machine.id && now_ms < last_at_ms_ + kOneAtATimeMs);
      continue;
    }
    if (growth.grew < kLeastGrowth) continue;
    const auto rank = [](std::int64_t grew, const DiskWriter& w) { return std::tuple(-grew, -w.occupied, w.id); };
    if (!most || rank(growth.grew, machine) < rank(most_grew, *most)) {
      most = &machine;
      most_grew = growth.grew;
    }
  }
  const SharedDisk* folder = nullptr;
  std::int64_t folder_grew = 0;
  for (const auto& shared : look.folders) {
    auto& kept = folder_samples[shared.id] = std::move(folder_samples_[shared.id]);
    const auto growth = sample(kept, shared.occupied, now_ms, since_ms);
    if (shared.held) continue;  // what it still grows is its machines'
    pace += growth.pace;
    if (growth.grew < kLeastGrowth || growth.grew <= folder_grew) continue;
    folder = &shared;
    folder_grew = growth.grew;
  }
  samples_ = std::move(samples);
  folder_samples_ = std::move(folder_samples);
  if (room_ - kAheadS * pace >= marks_.hard) return std::nullopt;
  if (look.free < kFull) return std::nullopt;
  const bool critical = room_ < marks_.critical;
  if (folder && (!most || folder_grew > most_grew)) {
    held_at_ms_ = now_ms;
    return DiskStop{.id = {}, .grew = folder_grew, .folder = folder->id};
  }
  // What was in memory for the folder is still being written.
  if (held_at_ms_ && now_ms < *held_at_ms_ + kPatienceMs && !critical) return std::nullopt;
  if (!most || (somebody_ends && !critical)) {
    if (!critical || !somebody_ends || last_->force || now_ms < last_at_ms_ + kPatienceMs) return std::nullopt;
    last_->force = true;  // a held disk that still fills: blocks set aside before are being written
    return last_;
  }
  last_ = DiskStop{.id = most->id, .grew = most_grew};
  last_at_ms_ = now_ms;
  return last_;
}

}  // namespace stipend::host
