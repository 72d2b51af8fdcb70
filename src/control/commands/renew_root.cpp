#include "control/commands/renew_root.hpp"

#include <fmt/format.h>

#include <tuple>

#include "base/check.hpp"
#include "control/commands/homes.hpp"
#include "control/commands/images.hpp"
#include "control/commands/instances.hpp"
#include "control/commands/trash.hpp"
#include "domain/storage.hpp"

namespace stipend::control {
namespace {

using base::Fault;
using domain::Disk;

Disk new_root(Tx& tx, const domain::Instance& instance, const domain::Image& image, const Disk& old) {
  Disk disk;
  disk.id = base::make_id<base::DiskId>(tx.random());
  disk.account = instance.account;
  disk.gib = std::max(old.gib, image.min_disk_gib);
  disk.attached = disk.origin = instance.id;
  disk.delete_on_termination = old.delete_on_termination;
  const auto& catalogue = catalogue_of(tx.state(), instance.account, tx.now());
  disk.price = domain::disk_price(catalogue, disk.gib);
  disk.catalogue = catalogue.edition;
  disk.reserve_wanted = domain::reserve_for(disk.price, course_of(tx.state(), instance.account).grace_s);
  disk.created = disk.posted_at = tx.now();
  disk.tags = old.tags;
  lay_root(image, disk);
  return disk;
}

}  // namespace

const domain::Image& newest_image(const domain::State& state, const domain::Instance& instance) {
  const auto* own = state.find<domain::Image>(instance.image);
  CHECK(own, "an image that was launched stays registered");
  const auto* newest = own;
  for (const auto& [id, image] : state.images)
    if (image->name == own->name && image->account == own->account && state_of(state, *image) == "available" &&
        may_launch(state, instance.account, *image) && std::tie(image->created, image->id) > std::tie(newest->created, newest->id))
      newest = image.get();
  return *newest;
}

base::Status renew_root(Tx& tx, const base::InstanceId& id, const base::ImageId& wanted) {
  TRY(check_not_suspended(tx));
  TRY_ASSIGN(const auto row, visible_instance(tx.state(), tx.actor(), id));
  domain::Instance instance = *row;
  if (instance.state != domain::InstanceState::kStopped)
    return base::fail(Fault::kConflict, "IncorrectInstanceState",
                      fmt::format("The instance '{}' is not in the 'stopped' state.", id.str()));
  if (instance.home_disk.empty())
    return base::fail(Fault::kConflict, "NoSeparateHome",
                      fmt::format("The home of {} is part of its root disk: a new root would take its files away. Launch a "
                                  "new machine and copy what you need.",
                                  id.str()));
  TRY_ASSIGN(const auto* image,
             launchable_image(tx.state(), instance.account, wanted.empty() ? newest_image(tx.state(), instance).id : wanted));
  const auto* old = tx.state().find<Disk>(instance.root_disk);
  CHECK(old && !old->deleted, "a stopped machine has its root disk");
  Disk fresh = new_root(tx, instance, *image, *old);
  domain::Wallet wallet(tx.state(), instance.account, tx.now());
  wallet.delete_disk(old->id, purge_time(tx));  // its reserve goes to the new one
  wallet.detach_disk(old->id);
  if (!wallet.add_disk(fresh)) {
    Shortage shortage{.who = "A new root disk needs", .needed = fresh.reserve_wanted,
                      .purpose = fmt::format("to keep its {} GiB", fresh.gib)};
    return insufficient_credit(tx.state(), instance.account, tx.now(), shortage);
  }
  save_wallet(tx, wallet);
  tx.audit("renew-root", id.str(), image->id.str());
  instance.image = image->id;
  instance.root_disk = fresh.id;
  instance.failed_starts = 0;
  tx.save(std::move(instance));
  return {};
}

}  // namespace stipend::control
