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

DiskWatch::Growth DiskWatch::grow(std::vector<Sample>& kept, const Sample& newest) {
  kept.push_back(newest);
  std::erase_if(kept, [&](const Sample& s) { return s.at_ms < newest.at_ms - kWindowMs; });
  return {.on_disk = newest.occupied - std::ranges::min_element(kept, {}, &Sample::occupied)->occupied,
          .all = newest.bytes() - std::ranges::min_element(kept, {}, &Sample::bytes)->bytes(),
          .lately = kept.size() > 1 ? newest.bytes() - kept[kept.size() - 2].bytes() : 0};
}

std::optional<DiskStop> DiskWatch::look(const DiskLook& look, std::int64_t now_ms) {
  marks_ = DiskMarks::of(look.size, look.dirty_limit);
  room_ = look.free;
  struct Shared {
    std::int64_t on_disk = 0, in_memory = 0, lately = 0;  // grown: its own; its writers'; both, with their disks
    bool held = false, just_held = false;
  };
  std::map<base::DiskId, Shared> shared;
  std::map<base::DiskId, std::vector<Sample>> folder_samples;
  for (const auto& folder : look.folders) {
    auto& kept = folder_samples[folder.id] = std::move(folder_samples_[folder.id]);
    const auto growth = grow(kept, {now_ms, folder.occupied, 0});
    const auto held_at = held_at_ms_.find(folder.id);
    const bool just_held = folder.held && held_at != held_at_ms_.end() && now_ms <= held_at->second + kHoldTakesMs;
    shared[folder.id] = {growth.on_disk, 0, growth.lately, folder.held, just_held};
  }
  std::erase_if(held_at_ms_, [&](const auto& one) { return !shared.contains(one.first); });
  std::map<base::InstanceId, std::vector<Sample>> samples;
  std::int64_t grown = 0;  // since the last look, all together
  bool somebody_ends = false;
  const DiskWriter* most = nullptr;
  std::int64_t most_grew = 0;
  for (const auto& machine : look.machines) {
    room_ -= machine.dirty;
    auto& kept = samples[machine.id] = std::move(samples_[machine.id]);
    const auto folder = shared.find(machine.folder);
    if (folder != shared.end() && folder->second.just_held) kept.clear();
    const auto growth = grow(kept, {now_ms, machine.occupied, machine.dirty});
    // What goes from its memory to the folder is counted once.
    if (folder != shared.end()) folder->second.lately += growth.lately;
    else grown += std::max<std::int64_t>(0, growth.lately);
    if (machine.ending) {
      somebody_ends = somebody_ends || (last_ && last_->id == machine.id && now_ms < last_at_ms_ + kOneAtATimeMs);
      continue;
    }
    std::int64_t grew = growth.all;
    const auto in_memory = std::max<std::int64_t>(0, growth.all - growth.on_disk);
    if (folder != shared.end() && !folder->second.held && growth.on_disk <= folder->second.on_disk + in_memory) {
      grew = growth.on_disk;
      folder->second.in_memory += in_memory;
    }
    if (grew < kLeastGrowth) continue;
    const auto rank = [](std::int64_t growth, const DiskWriter& w) { return std::tuple(-growth, -w.occupied, w.id); };
    if (!most || rank(grew, machine) < rank(most_grew, *most)) {
      most = &machine;
      most_grew = grew;
    }
  }
  const SharedDisk* folder = nullptr;
  std::int64_t folder_grew = kLeastGrowth - 1;
  for (const auto& one : look.folders) {
    const auto& of = shared.at(one.id);
    grown += std::max<std::int64_t>(0, of.lately);
    if (one.held || of.on_disk + of.in_memory <= folder_grew) continue;
    folder = &one;
    folder_grew = of.on_disk + of.in_memory;
  }
  const std::int64_t since_ms = std::max<std::int64_t>(250, now_ms - std::exchange(looked_at_ms_, now_ms));
  const std::int64_t pace = grown * 1'000 / since_ms;
  samples_ = std::move(samples);
  folder_samples_ = std::move(folder_samples);
  if (room_ - kAheadS * pace >= marks_.hard) return std::nullopt;
  if (look.free < kFull) return std::nullopt;
  const bool critical = room_ < marks_.critical;
  if (folder && (!most || folder_grew > most_grew)) {
    held_at_ms_[folder->id] = now_ms;
    return DiskStop{.id = {}, .grew = folder_grew, .folder = folder->id};
  }
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
