#include "control/commands/unfunded.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "control/commands/common.hpp"
#include "control/commands/instances.hpp"
#include "control/commands/snapshots.hpp"
#include "domain/disk_runway.hpp"

namespace stipend::control {

using base::Fault;

namespace {

constexpr std::int64_t kAheadS = 7 * 86'400;

bool is_over(base::WallTime kept_until, base::WallTime now) { return kept_until <= now.plus_seconds(1); }  // a whole second

bool pays(const domain::State& state, const base::AccountId& account, base::WallTime now) {
  const auto until = domain::disks_kept_until(state, account, now);
  return until && is_over(*until, now);
}

bool is_staff_of(const domain::State& state, const Actor& actor, const base::AccountId& owner) {
  return actor.account != owner && may_act_for(state, actor, owner);
}

base::Result<const domain::Disk*> decided_by_staff(const Tx& tx, const base::DiskId& id) {
  const auto* disk = tx.state().find<domain::Disk>(id);
  if (!disk || disk->deleted || !is_staff_of(tx.state(), tx.actor(), disk->account))
    return base::fail(Fault::kNotFound, "InvalidVolume.NotFound", fmt::format("The volume '{}' does not exist.", id.str()));
  if (!pays(tx.state(), disk->account, tx.now()))
    return base::fail(Fault::kConflict, "DiskIsPaid",
                      fmt::format("The credit of account {} keeps {}: only its owner decides about it.", disk->account.str(), id.str()));
  return disk;
}

}  // namespace

std::vector<UnfundedDisk> unfunded_disks(const domain::State& state, const domain::Course& course, base::WallTime now) {
  std::vector<UnfundedDisk> found;
  for (const auto& [account, disks] : state.disks_of) {
    const auto* row = state.find<domain::Account>(account);
    if (!row || row->course != course.id) continue;
    const auto kept = domain::disks_kept_until(state, account, now);
    if (!kept || *kept >= now.plus_seconds(kAheadS)) continue;
    for (const auto& id : disks) {
      const auto& disk = state.disks.at(id);
      if (!disk->deleted && disk->price.nano_per_hour > 0) found.push_back({disk, *kept, is_over(*kept, now)});
    }
  }
  std::ranges::sort(found, {}, [](const UnfundedDisk& one) { return std::tuple(one.kept_until, one.disk->account, one.disk->id); });
  return found;
}

bool house_keeps(const domain::State& state, const domain::Disk& disk, base::WallTime now) {
  return !disk.deleted && disk.price.nano_per_hour > 0 && pays(state, disk.account, now);
}

base::Status delete_unfunded(Tx& tx, const base::DiskId& id) {
  TRY(check_not_suspended(tx));
  TRY_ASSIGN(const auto* disk, decided_by_staff(tx, id));
  if (disk->kind == domain::DiskKind::kSnapshot) return delete_snapshot(tx, id, false);
  if (disk->attached.empty() || disk->kind != domain::DiskKind::kRoot) return delete_disk(tx, id, false);
  const auto* machine = tx.state().find<domain::Instance>(disk->attached);
  if (machine && machine->run)
    return base::fail(Fault::kConflict, "VolumeInUse", fmt::format("{} runs; stop it first.", disk->attached.str()));
  TRY_ASSIGN([[maybe_unused]] const auto changes, terminate(tx, {disk->attached}, false));
  return {};
}

base::Status note_export(Tx& tx, const base::DiskId& id) {
  TRY_ASSIGN(const auto* disk, decided_by_staff(tx, id));
  tx.audit("export-disk", disk->id.str(), {});
  return {};
}

}  // namespace stipend::control
