#include "control/commands/trash.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "control/commands/homes.hpp"
#include "domain/storage.hpp"

namespace stipend::control {
namespace {

using base::Fault;
using domain::Disk;
using domain::DiskKind;
using domain::Instance;

constexpr const char* kTrash = "trash";

std::unexpected<base::Error> no_such_disk(const base::DiskId& id) {
  return base::fail(Fault::kNotFound, "InvalidVolume.NotFound",
                    fmt::format("There is no deleted volume '{}' that can be brought back.", id.str()));
}

std::unexpected<base::Error> too_little_credit(const Tx& tx, const Disk& disk, base::Money reserve) {
  Shortage shortage;
  shortage.who = fmt::format("The volume {} needs", disk.id.str());
  shortage.needed = reserve;
  const auto days = course_of(tx.state(), disk.account).grace_s / 86400;
  shortage.purpose = fmt::format("to be kept for {} day{}", days, days == 1 ? "" : "s");
  return insufficient_credit(tx.state(), disk.account, tx.now(), shortage);
}

// Everything of the machine that is not on the disk. Its first boot makes it a machine of its own, with new host keys.
base::Result<Instance> machine_over(Tx& tx, const Disk& root, const std::string& wanted_type) {
  const auto* image = tx.state().find<domain::Image>(root.image);
  if (!image)
    return base::fail(Fault::kConflict, "InvalidAMIID.NotFound",
                      fmt::format("{} belongs to the image {}, which this server does not have", root.id.str(), root.image.str()));
  const auto* origin = tx.state().find<Instance>(root.origin);
  const std::string type = wanted_type.empty() && origin ? origin->type : wanted_type;
  if (type.empty())
    return base::fail(Fault::kInvalid, "MissingParameter", "name the type of the machine that it comes back as");
  const auto* known = domain::find_type(catalogue_of(tx.state(), root.account, tx.now()), type);
  if (!known || !known->provider.empty())
    return base::fail(Fault::kInvalid, "InvalidParameterValue", fmt::format("Invalid value '{}' for InstanceType.", type));
  Instance instance;
  instance.id = base::make_id<base::InstanceId>(tx.random());
  instance.account = root.account;
  instance.reservation = base::make_id<base::ReservationId>(tx.random());
  instance.image = root.image;
  instance.type = type;
  instance.root_disk = root.id;
  instance.state = domain::InstanceState::kStopped;
  instance.launched = instance.created = tx.now();
  instance.stopped_at = tx.now();
  if (origin) {
    instance.tags = origin->tags;
    instance.zone = origin->zone;
    instance.key_name = origin->key_name;
    instance.authorized_key = origin->authorized_key;
  }
  if (const auto name = root.tags.find("Name"); name != root.tags.end()) instance.tags.insert(*name);
  // With a home: its next start takes the account's.
  if (const auto home = root.tags.find(kHomeTag); home != root.tags.end())
    if (const auto id = base::DiskId::parse(home->second)) instance.home_disk = *id;
  return instance;
}

}  // namespace

base::Status set_trash(Tx& tx, const TrashPolicy& policy) {
  const auto text = std::to_string(policy.keep_s);
  const auto* known = tx.state().find<domain::Setting>(kTrash);
  if (!known || known->value != text) tx.save(domain::Setting{kTrash, text});
  return {};
}

base::WallTime purge_time(const Tx& tx) {
  const auto* setting = tx.state().find<domain::Setting>(kTrash);
  return tx.now().plus_seconds(setting ? std::stoll(setting->value) : TrashPolicy{}.keep_s);
}

bool is_purged(const Disk& disk, base::WallTime now) { return disk.deleted && (!disk.purge_at || *disk.purge_at <= now); }

base::Result<Restored> restore_disk(Tx& tx, const RestoreRequest& request) {
  TRY(check_not_suspended(tx));
  const auto* found = tx.state().find<Disk>(request.disk);
  if (!found || !found->deleted || is_purged(*found, tx.now()) || !may_act_for(tx.state(), tx.actor(), found->account))
    return no_such_disk(request.disk);
  const Disk disk = *found;
  if (!disk.attached.empty())  // its machine has not ended yet
    return base::fail(Fault::kConflict, "VolumeInUse",
                      fmt::format("{} is still attached to {}, which is ending; try again in a few seconds.", disk.id.str(),
                                  disk.attached.str()));
  if (const auto* home = disk.kind == DiskKind::kHome ? home_of(tx.state(), disk.account) : nullptr)
    return base::fail(Fault::kConflict, "VolumeInUse",
                      fmt::format("There is a home already, {}: an account has one. Delete it first (it can be brought back, "
                                  "too), then restore {}.",
                                  home->id.str(), disk.id.str()));
  Restored restored{disk.id, {}};
  const auto reserve = domain::reserve_for(disk.price, course_of(tx.state(), disk.account).grace_s);
  domain::Wallet wallet(tx.state(), disk.account, tx.now());
  if (!wallet.restore_disk(disk.id, reserve)) return too_little_credit(tx, disk, reserve);
  if (disk.kind == DiskKind::kRoot && !disk.image.empty()) {
    TRY_ASSIGN(auto instance, machine_over(tx, disk, request.type));
    restored.instance = instance.id;
    wallet.attach_disk(disk.id, instance.id);
    save_wallet(tx, wallet);
    tx.save(std::move(instance));
  } else {
    save_wallet(tx, wallet);
  }
  if (disk.kind == DiskKind::kCourse) {
    domain::Course course = course_of(tx.state(), disk.account);
    if (!course.folder.empty())
      return base::fail(Fault::kConflict, "VolumeInUse",
                        fmt::format("The course has a folder, {}; remove it first.", course.folder.str()));
    course.folder = disk.id;
    tx.save(std::move(course));
  }
  tx.audit("restore-disk", disk.id.str(), restored.instance.str());
  return restored;
}

base::Result<bool> purge_oldest(Tx& tx) {
  const Disk* oldest = nullptr;
  for (const auto& [id, disk] : tx.state().disks) {
    if (!disk->deleted) continue;
    if (is_purged(*disk, tx.now())) return false;  // its bytes are on their way out: then look again
    if (!oldest || *disk->deleted < *oldest->deleted) oldest = disk.get();
  }
  if (!oldest) return false;
  Disk disk = *oldest;
  disk.purge_at = tx.now();
  base::log::warn("a deleted disk goes before its time: the host's disk runs low",
                  {{"disk", disk.id.str()}, {"deleted", base::to_iso8601(*disk.deleted)}});
  tx.audit("purge-early", disk.id.str(), "host-disk-low");
  tx.save(std::move(disk));
  return true;
}

}  // namespace stipend::control
