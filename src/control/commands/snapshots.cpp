#include "control/commands/snapshots.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.hpp"
#include "control/commands/policy.hpp"
#include "control/commands/renewals.hpp"
#include "control/commands/tag_rules.hpp"
#include "control/commands/trash.hpp"
#include "domain/storage.hpp"

namespace stipend::control {
namespace {

using base::Fault;
using domain::Disk;
using domain::DiskKind;
using domain::SnapshotState;

constexpr std::size_t kMostOfAnAccount = 500;
constexpr std::size_t kMostAtOnce = 5;
constexpr std::size_t kDescriptionMost = 255;

std::unexpected<base::Error> not_found(const base::DiskId& id) {
  return base::fail(Fault::kNotFound, "InvalidSnapshot.NotFound", fmt::format("The snapshot '{}' does not exist.", snapshot_id(id).str()));
}

base::Status check_count(const domain::State& state, const base::AccountId& account) {
  std::size_t all = 0, pending = 0;
  if (const auto of = state.disks_of.find(account); of != state.disks_of.end())
    for (const auto& id : of->second) {
      const auto& disk = *state.disks.at(id);
      if (disk.kind != DiskKind::kSnapshot || disk.deleted) continue;
      ++all;
      pending += disk.snapshot == SnapshotState::kPending ? 1 : 0;
    }
  if (all >= kMostOfAnAccount)
    return base::fail(Fault::kNoRoom, "SnapshotLimitExceeded",
                      fmt::format("account {} has {} snapshots, the most there may be. Delete some first.", account.str(), all));
  if (pending >= kMostAtOnce)
    return base::fail(Fault::kNoRoom, "ConcurrentSnapshotLimitExceeded",
                      fmt::format("{} snapshots are being made; try again once one of them is completed.", pending));
  return {};
}

// What its host may have of a snapshot that failed goes, and is asked for until the host confirms it (disk_gone).
void drop_bytes(Tx& tx, const base::DiskId& id) {
  Disk failed = *tx.state().find<Disk>(id);
  failed.purge_at = tx.now();
  tx.save(std::move(failed));
  tx.effect(DeleteDiskEffect{id});
}

std::string id_with(std::string_view prefix, std::string_view id) { return std::string(prefix).append(id.substr(id.find('-') + 1)); }

}  // namespace

base::SnapshotId snapshot_id(const base::DiskId& disk) { return *base::SnapshotId::parse(id_with("snap-", disk.view())); }
base::DiskId disk_of(const base::SnapshotId& snapshot) { return *base::DiskId::parse(id_with("vol-", snapshot.view())); }

base::Result<const Disk*> find_snapshot(const domain::State& state, const base::AccountId& account, const base::DiskId& id) {
  const auto* disk = state.find<Disk>(id);
  if (!disk || disk->kind != DiskKind::kSnapshot || disk->deleted || disk->account != account) return not_found(id);
  return disk;
}

base::Result<domain::RowPtr<Disk>> create_snapshot(Tx& tx, const SnapshotRequest& request) {
  TRY(check_not_suspended(tx));
  TRY_ASSIGN(const auto* account, own_account(tx));
  const auto* source = tx.state().find<Disk>(request.disk);
  if (!source || source->deleted || source->account != account->id || source->kind == DiskKind::kSnapshot || source->kind == DiskKind::kCourse)
    return base::fail(Fault::kNotFound, "InvalidVolume.NotFound", fmt::format("The volume '{}' does not exist.", request.disk.str()));
  if (request.description.size() > kDescriptionMost)
    return base::fail(Fault::kInvalid, "InvalidParameterValue", fmt::format("Description is limited to {} characters", kDescriptionMost));
  TRY(check_tags(request.tags));
  TRY(check_count(tx.state(), account->id));
  TRY(check_disk_policy(tx, account->id, source->gib));

  const auto& catalogue = catalogue_of(tx.state(), account->id, tx.now());
  const auto grace_s = course_of(tx.state(), account->id).grace_s;
  Disk snapshot;
  snapshot.id = base::make_id<base::DiskId>(tx.random());
  snapshot.account = account->id;
  snapshot.kind = DiskKind::kSnapshot;
  snapshot.gib = source->gib;
  snapshot.delete_on_termination = false;
  snapshot.catalogue = catalogue.edition;
  snapshot.reserve_wanted = domain::reserve_for(domain::snapshot_price(catalogue, source->gib * 1024), grace_s);
  snapshot.created = snapshot.posted_at = tx.now();
  snapshot.tags = request.tags;
  snapshot.image = source->image;
  snapshot.origin = source->origin;
  snapshot.source = source->id;
  snapshot.snapshot = SnapshotState::kPending;
  snapshot.description = request.description;
  domain::Wallet wallet(tx.state(), account->id, tx.now());
  if (!wallet.add_disk(snapshot)) {
    Shortage shortage{.who = fmt::format("A snapshot of {} needs", source->id.str()), .needed = snapshot.reserve_wanted,
                      .purpose = fmt::format("to be kept for {} days, at most: what it does not occupy is free again once it is completed",
                                             grace_s / 86400)};
    return insufficient_credit(tx.state(), account->id, tx.now(), shortage);
  }
  if (request.dry_run) return dry_run_succeeded();
  save_wallet(tx, wallet);
  tx.effect(SnapshotEffect{snapshot.source, snapshot.id});
  tx.audit("create-snapshot", snapshot_id(snapshot.id).str(), source->id.str());
  return tx.state().disks.at(snapshot.id);
}

base::Status delete_snapshot(Tx& tx, const base::DiskId& id, bool dry_run) {
  TRY(check_not_suspended(tx));
  const auto* known = tx.state().find<Disk>(id);
  if (!known || !may_act_for(tx.state(), tx.actor(), known->account)) return not_found(id);
  TRY_ASSIGN(const auto* snapshot, find_snapshot(tx.state(), known->account, id));
  for (const auto& [ami, image] : tx.state().images)
    if (image->snapshot == id && !image->deregistered)
      return base::fail(Fault::kConflict, "InvalidSnapshot.InUse",
                        fmt::format("The snapshot {} is currently in use by {}", snapshot_id(id).str(), ami.str()));
  if (dry_run) return dry_run_succeeded();
  const auto account = snapshot->account;
  // One that is not whole would become a copy of a later instant if it were brought back.
  const auto purge_at = snapshot->snapshot == SnapshotState::kCompleted ? purge_time(tx) : tx.now();
  domain::Wallet wallet(tx.state(), account, tx.now());
  wallet.delete_disk(id, purge_at);
  save_wallet(tx, wallet);
  TRY(renew_with_what_is_free(tx, account));
  if (purge_at <= tx.now()) tx.effect(DeleteDiskEffect{id});
  tx.audit("delete-snapshot", snapshot_id(id).str(), {});
  return {};
}

base::Status snapshot_done(Tx& tx, const base::DiskId& id, std::int64_t stored_mib) {
  const auto* snapshot = tx.state().find<Disk>(id);
  if (snapshot && !snapshot->deleted && snapshot->snapshot == SnapshotState::kError) drop_bytes(tx, id);  // it came too late
  if (!snapshot || snapshot->deleted || snapshot->snapshot != SnapshotState::kPending) return {};
  const auto* catalogue = domain::find_catalogue(tx.state(), snapshot->catalogue);
  CHECK(catalogue, "a price list is never taken away");
  const auto account = snapshot->account;
  // What the file system itself takes may be a little more than the size that it offers.
  const auto mib = std::clamp<std::int64_t>(stored_mib, 1, snapshot->gib * 1024);
  const auto price = domain::snapshot_price(*catalogue, mib);
  domain::Wallet wallet(tx.state(), account, tx.now());
  wallet.complete_snapshot(id, mib, price, std::min(snapshot->reserve_wanted, domain::reserve_for(price, course_of(tx.state(), account).grace_s)));
  save_wallet(tx, wallet);
  tx.audit("snapshot-completed", snapshot_id(id).str(), {});
  return renew_with_what_is_free(tx, account);
}

base::Status snapshot_failed(Tx& tx, const base::DiskId& id, const std::string& code) {
  const auto* snapshot = tx.state().find<Disk>(id);
  if (!snapshot || snapshot->deleted || snapshot->snapshot != SnapshotState::kPending) return {};
  const auto account = snapshot->account;
  domain::Wallet wallet(tx.state(), account, tx.now());
  wallet.fail_snapshot(id);
  save_wallet(tx, wallet);
  drop_bytes(tx, id);
  tx.audit("snapshot-failed", snapshot_id(id).str(), code);
  return renew_with_what_is_free(tx, account);
}

}  // namespace stipend::control
