#include <fmt/format.h>

#include "control/commands/common.hpp"
#include "control/commands/instances.hpp"
#include "control/commands/renewals.hpp"
#include "control/commands/trash.hpp"

namespace stipend::control {

using base::Fault;

base::Status delete_disk(Tx& tx, const base::DiskId& id, bool dry_run) {
  TRY(check_not_suspended(tx));
  const auto* disk = tx.state().find<domain::Disk>(id);
  if (!disk || disk->deleted || disk->kind == domain::DiskKind::kSnapshot || !may_act_for(tx.state(), tx.actor(), disk->account))
    return base::fail(Fault::kNotFound, "InvalidVolume.NotFound", fmt::format("The volume '{}' does not exist.", id.str()));
  if (!disk->attached.empty())
    return base::fail(Fault::kConflict, "VolumeInUse",
                      fmt::format("Volume {} is currently attached to {}", id.str(), disk->attached.str()));
  if (dry_run) return dry_run_succeeded();
  domain::Wallet wallet(tx.state(), disk->account, tx.now());
  const auto purge_at = purge_time(tx);
  wallet.delete_disk(id, purge_at);
  const auto account = disk->account;
  save_wallet(tx, wallet);
  TRY(renew_with_what_is_free(tx, account));
  if (purge_at <= tx.now()) tx.effect(DeleteDiskEffect{id});
  tx.audit("delete-disk", id.str(), {});
  return {};
}

}  // namespace stipend::control
