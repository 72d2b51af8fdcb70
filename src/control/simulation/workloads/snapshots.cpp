// A course whose students keep copies: snapshots of disks, while a machine runs with them and while none does, images of
// machines and machines launched from those; they delete them, bring some back, and run out of credit meanwhile. What was
// answered is there, a machine of an own image begins with its snapshot, and nothing is there that was deleted.
#include <fmt/format.h>

#include <map>
#include <set>

#include "control/commands/images.hpp"
#include "control/commands/instances.hpp"
#include "control/commands/snapshots.hpp"
#include "control/commands/trash.hpp"
#include "control/simulation/people.hpp"

namespace stipend::control {
namespace {

class Snapshots final : public Workload {
 public:
  explicit Snapshots(Size size) : size_(size) {}

  void set_up(World& world) override { class_ = make_class(world, "snapshots", size_.students, 30'000'000, 4'000'000'000); }

  void start(World& world) override {
    const auto begun = world.now_ms();
    for (std::int64_t week = 0; week < size_.weeks; ++week)
      for (const auto& student : class_.students) {
        const auto any_time = [&] { return begun + week * kWeekMs + world.between(kMinuteMs, kWeekMs - kHourMs); };
        for (auto more = world.between(1, 3); more > 0; --more) {
          const auto comes = any_time();
          Wish wish{.type = any_type(world, true)};
          wish.asks_for_credit = world.one_in(3);
          world.at(comes, [&world, student, wish] { begin_work(world, student, wish); });
          if (!world.one_in(4)) world.at(comes + world.between(10 * kMinuteMs, 6 * kHourMs), [&world, student] { end_work(world, student, world.one_in(4)); });
          for (auto copies = world.between(0, 3); copies > 0; --copies)
            world.at(comes + world.between(0, 6 * kHourMs), [&world, this, student] { act(world, student); });
        }
        for (auto more = world.between(0, 4); more > 0; --more) world.at(any_time(), [&world, this, student] { act(world, student); });
      }
  }

  void check(World& world) override {
    const auto& state = world.durable();
    for (const auto& id : made_) {
      if (touched_.contains(id)) continue;
      const auto* row = state.find<domain::Disk>(id);
      world.must(row && !row->deleted, id.str() + ": a snapshot was answered, and is gone");
      world.must(row->snapshot != domain::SnapshotState::kPending, id.str() + ": pending for ever");
    }
    for (const auto& id : deleted_) {
      const auto* row = state.find<domain::Disk>(id);
      world.must(!row || row->deleted || restored_.contains(id), id.str() + ": a snapshot's deletion was answered, and it is there");
    }
    for (const auto& [id, root] : roots_) world.must(root.first == root.second, fmt::format("{}: begins with '{}', not with '{}'", id.view(), root.first.view(), root.second.view()));
  }

 private:
  template <class Is>
  static base::DiskId any_disk(World& world, const base::AccountId& account, Is is) {
    std::vector<base::DiskId> found;
    if (const auto of = world.durable().disks_of.find(account); of != world.durable().disks_of.end())
      for (const auto& id : of->second)
        if (is(*world.durable().find<domain::Disk>(id))) found.push_back(id);
    return found.empty() ? base::make_id<base::DiskId>(world.random()) : found[world.random().below(found.size())];
  }
  static bool is_snapshot(const domain::Disk& disk) { return disk.kind == domain::DiskKind::kSnapshot; }

  static base::ImageId any_image(World& world, const base::AccountId& account) {
    std::vector<base::ImageId> found;
    for (const auto& [id, image] : world.durable().images)
      if (image->account == account && !image->deregistered) found.push_back(id);
    return found.empty() ? base::make_id<base::ImageId>(world.random()) : found[world.random().below(found.size())];
  }
  static base::InstanceId any_machine(World& world, const base::AccountId& account) {
    const auto of = world.durable().instances_of.find(account);
    if (of == world.durable().instances_of.end() || of->second.empty()) return base::make_id<base::InstanceId>(world.random());
    return *std::next(of->second.begin(), static_cast<std::ptrdiff_t>(world.random().below(of->second.size())));
  }

  void act(World& world, const base::AccountId& student) {
    if (world.is_ending()) return;
    switch (world.random().below(10)) {
      case 0:
      case 1:
      case 2: return copy(world, student, any_disk(world, student, [](const domain::Disk& disk) { return !disk.deleted && !is_snapshot(disk); }));
      case 3:
      case 4: return image(world, student);
      case 5: return begin_with_image(world, student, any_image(world, student));
      case 6: {
        const auto id = any_image(world, student);
        return world.submit(world.as(student), [id](Tx& tx) { return deregister_image(tx, id, false); });
      }
      case 7: return bring_back(world, student, any_disk(world, student, [](const domain::Disk& disk) { return disk.deleted && is_snapshot(disk); }));
      default: return remove(world, student, any_disk(world, student, [](const domain::Disk& disk) { return !disk.deleted && is_snapshot(disk); }));
    }
  }

  void copy(World& world, const base::AccountId& student, const base::DiskId& disk) {
    auto made = std::make_shared<base::DiskId>();
    world.submit(
        world.as(student),
        [disk, made](Tx& tx) -> base::Status {
          TRY_ASSIGN(const auto snapshot, create_snapshot(tx, {.disk = disk, .description = "before the exam"}));
          *made = snapshot->id;
          return {};
        },
        [this, made](base::Status status) {
          if (status) made_.insert(*made);
        });
  }

  void image(World& world, const base::AccountId& student) {
    const auto machine = any_machine(world, student);
    auto made = std::make_shared<base::DiskId>();
    const auto name = fmt::format("mine {}", ++names_);
    world.submit(
        world.as(student),
        [machine, made, name](Tx& tx) -> base::Status {
          TRY_ASSIGN(const auto own, create_image(tx, machine, {.name = name}));
          *made = own->snapshot;
          return {};
        },
        [this, made](base::Status status) {
          if (status) made_.insert(*made);
        });
  }

  void begin_with_image(World& world, const base::AccountId& student, const base::ImageId& image) {
    LaunchRequest request;
    request.image = image;
    request.type = any_type(world, true);
    request.delete_root_on_termination = !world.one_in(4);
    struct Root {
      base::InstanceId machine;
      base::DiskId is, must_be;
    };
    auto root = std::make_shared<Root>();
    world.submit(
        world.as(student),
        [request, root](Tx& tx) -> base::Status {
          TRY_ASSIGN(const auto launched, launch(tx, request));
          const auto& machine = *launched.instances.front();
          *root = {machine.id, tx.state().find<domain::Disk>(machine.root_disk)->source, tx.state().find<domain::Image>(machine.image)->snapshot};
          return {};
        },
        [&world, this, root](base::Status status) {
          if (!status) return;
          world.promised(root->machine);
          roots_[root->machine] = {root->is, root->must_be};
        });
  }

  void remove(World& world, const base::AccountId& student, const base::DiskId& id) {
    touched_.insert(id);  // also when nobody hears the answer
    world.submit(
        world.as(student), [id](Tx& tx) { return delete_snapshot(tx, id, false); },
        [this, id](base::Status status) {
          if (status) deleted_.insert(id);
        });
  }

  void bring_back(World& world, const base::AccountId& student, const base::DiskId& id) {
    restored_.insert(id);
    world.submit(world.as(student), [id](Tx& tx) -> base::Status {
      TRY(restore_disk(tx, {.disk = id, .type = {}}));
      return {};
    });
  }

  Size size_;
  Class class_;
  std::set<base::DiskId> made_, deleted_;          // answered
  std::set<base::DiskId> touched_, restored_;      // asked for, answered or not
  std::map<base::InstanceId, std::pair<base::DiskId, base::DiskId>> roots_;  // what it began with, and should
  std::int64_t names_ = 0;
};

}  // namespace

WorkloadPtr make_snapshots(Size size) { return std::make_unique<Snapshots>(size); }

}  // namespace stipend::control
