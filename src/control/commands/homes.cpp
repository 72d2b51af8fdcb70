#include "control/commands/homes.hpp"

#include <fmt/format.h>

#include "domain/storage.hpp"

namespace stipend::control {
namespace {

using base::Fault;
using domain::Instance;
using domain::InstanceState;

// The machine that has it and may be writing to it.
const Instance* user_of(const domain::State& state, const domain::Disk& home) {
  const auto* instance = state.find<Instance>(home.attached);
  return instance && instance->run ? instance : nullptr;
}

bool is_ending(const Instance& instance) {
  return instance.terminate_wanted || instance.state == InstanceState::kStopping ||
         instance.state == InstanceState::kShuttingDown;
}

std::unexpected<base::Error> in_use(const domain::Disk& home, const Instance& user) {
  return base::fail(Fault::kConflict, "VolumeInUse",
                    is_ending(user)
                        ? fmt::format("The home {} is still attached to {}, which is ending; try again in a few seconds.",
                                      home.id.str(), user.id.str())
                        : fmt::format("The home {} is attached to {}, which runs; a home is attached to one machine at a "
                                      "time. Stop that machine first.",
                                      home.id.str(), user.id.str()));
}

domain::Disk new_home(Tx& tx, const base::AccountId& account) {
  const auto& course = course_of(tx.state(), account);
  domain::Disk disk;
  disk.id = base::make_id<base::DiskId>(tx.random());
  disk.account = account;
  disk.kind = domain::DiskKind::kHome;
  disk.gib = course.home_gib;
  disk.delete_on_termination = false;
  const auto& catalogue = catalogue_of(tx.state(), account, tx.now());
  disk.price = domain::disk_price(catalogue, disk.gib);
  disk.catalogue = catalogue.edition;
  disk.reserve_wanted = domain::reserve_for(disk.price, course.grace_s);
  disk.tags = {{"Name", "home"}};
  disk.created = disk.posted_at = tx.now();
  return disk;
}

}  // namespace

const domain::Disk* home_of(const domain::State& state, const base::AccountId& account) {
  if (const auto of = state.disks_of.find(account); of != state.disks_of.end())
    for (const auto& id : of->second)
      if (const auto* disk = state.find<domain::Disk>(id); disk->kind == domain::DiskKind::kHome && !disk->deleted) return disk;
  return nullptr;
}

base::Result<HomePlan> home_for_launch(Tx& tx, const base::AccountId& account) {
  HomePlan plan;
  if (course_of(tx.state(), account).homes != domain::HomePolicy::kKeep) return plan;
  const auto* home = home_of(tx.state(), account);
  if (!home) {
    plan.fresh = new_home(tx, account);
    return plan;
  }
  const auto* user = user_of(tx.state(), *home);
  if (user && is_ending(*user)) return in_use(*home, *user);
  if (!user) plan.disk = home->id;
  return plan;
}

base::Result<HomePlan> home_for_start(Tx& tx, const Instance& instance) {
  HomePlan plan;
  if (instance.home_disk.empty()) return plan;
  const auto* home = home_of(tx.state(), instance.account);
  if (!home) {  // it was deleted since
    plan.fresh = new_home(tx, instance.account);
    return plan;
  }
  if (const auto* user = user_of(tx.state(), *home)) return in_use(*home, *user);
  plan.disk = home->id;
  return plan;
}

void take_home(domain::Wallet& wallet, const HomePlan& plan, Instance& instance) {
  if (!plan.wanted()) return;
  wallet.attach_disk(plan.id(), instance.id);
  instance.home_disk = plan.id();
}

}  // namespace stipend::control
