#include "app/ports_disks.hpp"

#include "app/words.hpp"
#include "control/await.hpp"
#include "control/commands/homes.hpp"
#include "control/commands/instances.hpp"
#include "control/commands/renew_root.hpp"
#include "control/commands/snapshots.hpp"
#include "control/commands/trash.hpp"

namespace stipend::app {

using base::Result;
using base::Status;
using domain::State;
using gateway::awaitable;

namespace {

control::Actor person(const base::AccountId& account, std::string request_id = "") {
  return {.who = account.str(), .via = "console", .request_id = std::move(request_id), .account = account};
}

gateway::DiskView view(const State& state, const domain::Disk& disk) {
  gateway::DiskView out;
  out.id = disk.id;
  out.kind = to_word(disk.kind);
  if (const auto name = disk.tags.find("Name"); name != disk.tags.end()) out.name = name->second;
  out.shown = disk.kind == domain::DiskKind::kSnapshot ? control::snapshot_id(disk.id).str() : disk.id.str();
  out.gib = disk.gib;
  out.price_per_hour = {disk.price.nano_per_hour};
  out.deleted = disk.deleted;
  out.gone_at = disk.purge_at;
  if (const auto* origin = state.find<domain::Instance>(disk.origin)) {
    out.type = origin->type;
    if (const auto name = origin->tags.find("Name"); out.name.empty() && name != origin->tags.end()) out.name = name->second;
  }
  return out;
}

gateway::MachineDisks view(const State& state, const domain::Instance& instance) {
  gateway::MachineDisks out{instance.id, {}, {}};
  const auto* home = state.find<domain::Disk>(instance.home_disk);
  const auto* user = home && home->attached != instance.id ? state.find<domain::Instance>(home->attached) : nullptr;
  if (!instance.home_disk.empty())
    out.home = user && user->run ? "elsewhere" : "kept";
  else if (control::course_of(state, instance.account).homes == domain::HomePolicy::kKeep)
    out.home = "machine";
  if (!instance.home_disk.empty() && instance.state == domain::InstanceState::kStopped) {
    const auto& newest = control::newest_image(state, instance);
    if (newest.id != instance.image) out.newer_image = newest.name;
  }
  return out;
}

}  // namespace

awaitable<Result<gateway::DisksView>> EngineDiskPorts::disks(base::AccountId account) {
  return control::read<gateway::DisksView>(
      engine_, person(account), [account, days = keep_days_](const State& state, base::WallTime now) -> Result<gateway::DisksView> {
        gateway::DisksView out;
        out.keep_days = days;
        if (const auto own = state.instances_of.find(account); own != state.instances_of.end())
          for (const auto& id : own->second)
            if (const auto* row = state.find<domain::Instance>(id); row->state != domain::InstanceState::kTerminated)
              out.machines.push_back(view(state, *row));
        if (const auto own = state.disks_of.find(account); own != state.disks_of.end())
          for (const auto& id : own->second) {
            const auto* disk = state.find<domain::Disk>(id);
            if (!disk->attached.empty() || control::is_purged(*disk, now)) continue;
            (disk->deleted ? out.deleted : out.available).push_back(view(state, *disk));
          }
        return out;
      });
}

awaitable<Result<std::string>> EngineDiskPorts::restore(base::AccountId account, base::DiskId disk, std::string type,
                                                        std::string request_id) {
  return control::run<std::string>(engine_, person(account, std::move(request_id)),
                                   [disk, type = std::move(type)](control::Tx& tx) -> Result<std::string> {
                                     TRY_ASSIGN(const auto restored, control::restore_disk(tx, {disk, type}));
                                     return restored.instance.str();
                                   });
}

awaitable<Status> EngineDiskPorts::remove(base::AccountId account, base::DiskId disk, std::string request_id) {
  const auto done = co_await control::run<bool>(engine_, person(account, std::move(request_id)),
                                                [disk](control::Tx& tx) -> Result<bool> {
                                                  const auto* row = tx.state().find<domain::Disk>(disk);
                                                  const bool snapshot = row && row->kind == domain::DiskKind::kSnapshot;
                                                  TRY(snapshot ? control::delete_snapshot(tx, disk, false) : control::delete_disk(tx, disk, false));
                                                  return true;
                                                });
  if (!done) co_return std::unexpected(done.error());
  co_return Status{};
}

awaitable<Status> EngineDiskPorts::start_on_new_image(base::AccountId account, base::InstanceId instance, std::string request_id) {
  const auto done = co_await control::run<bool>(engine_, person(account, std::move(request_id)),
                                                [instance](control::Tx& tx) -> Result<bool> {
                                                  TRY(control::renew_root(tx, instance, {}));
                                                  TRY(control::start(tx, {instance}, false));
                                                  return true;
                                                });
  if (!done) co_return std::unexpected(done.error());
  co_return Status{};
}

}  // namespace stipend::app
