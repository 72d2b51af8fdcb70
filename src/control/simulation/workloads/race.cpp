// Four accounts, two in each rate plan, race for their last cents with every command there is, in an order that nobody
// would choose, every few seconds or minutes, until the server has crashed so often or ten hours have passed.
#include <array>

#include "control/commands/accounts.hpp"
#include "control/commands/instances.hpp"
#include "control/commands/queue.hpp"
#include "control/commands/renew_root.hpp"
#include "control/commands/snapshots.hpp"
#include "control/commands/trash.hpp"
#include "control/simulation/people.hpp"

namespace stipend::control {
namespace {

class Race final : public Workload {
 public:
  explicit Race(int crashes) : crashes_(crashes) {}

  void set_up(World& world) override {
    for (const auto plan : {domain::RatePlan::kPerSecond, domain::RatePlan::kPerHour}) {
      const std::string name = plan == domain::RatePlan::kPerHour ? "hours" : "seconds";
      world.now([=](Tx& tx) -> base::Status {
        TRY(create_course(tx, {.name = name, .plan = plan, .catalogue = "2026", .grace_s = 3600,
                               .homes = name == "hours" ? domain::HomePolicy::kMachine : domain::HomePolicy::kKeep, .home_gib = 1}));
        return {};
      });
      for (int i = 0; i < 2; ++i)
        world.now([&](Tx& tx) -> base::Status {
          const base::Money credit{world.between(5'000'000, 125'000'000)};
          TRY_ASSIGN(const auto made, create_account(tx, world.vault(), {.course = name, .name = "somebody", .credit = credit}));
          accounts_.push_back(made.account);
          return {};
        });
    }
  }

  void start(World& world) override { act(world); }
  bool is_done(const World& world) const override { return world.counts().crashes >= crashes_; }

 private:
  void act(World& world) {
    if (world.is_ending()) return;
    for (auto count = world.between(1, 4); count > 0; --count) command(world, accounts_[world.random().below(accounts_.size())]);
    world.in(world.between(1, world.one_in(4) ? 1'200'000 : 40'000), [&world, this] { act(world); });
  }

  static base::InstanceId any_instance(World& world, const base::AccountId& account) {
    const auto of = world.durable().instances_of.find(account);
    if (of == world.durable().instances_of.end()) return base::make_id<base::InstanceId>(world.random());
    return *std::next(of->second.begin(), static_cast<std::ptrdiff_t>(world.random().below(of->second.size())));
  }
  static base::DiskId any_disk(World& world, const base::AccountId& account) {
    const auto of = world.durable().disks_of.find(account);
    if (of == world.durable().disks_of.end()) return base::make_id<base::DiskId>(world.random());
    return *std::next(of->second.begin(), static_cast<std::ptrdiff_t>(world.random().below(of->second.size())));
  }
  static base::DiskId deleted_disk(World& world, const base::AccountId& account) {
    if (const auto of = world.durable().disks_of.find(account); of != world.durable().disks_of.end())
      for (const auto& id : of->second)
        if (world.durable().find<domain::Disk>(id)->deleted) return id;
    return base::make_id<base::DiskId>(world.random());
  }

  void command(World& world, const base::AccountId& account) {
    const auto actor = world.as(account);
    const auto id = any_instance(world, account);
    const auto submit = [&](auto plan) {
      world.submit(actor, [plan](Tx& tx) -> base::Status {
        TRY(plan(tx));
        return {};
      });
    };
    // What a page asks for; the answer says whether it starts or waits.
    const auto wait = [&](auto plan) {
      auto place = std::make_shared<std::string>();
      world.submit(
          actor,
          [plan, place](Tx& tx) -> base::Status {
            TRY_ASSIGN(const Begun begun, plan(tx));
            *place = begun.place;
            return {};
          },
          [&world, place](base::Status status) {
            if (status) world.promised_place(*place);
          });
    };
    const auto type = std::array{"t2.micro", "m1.small", "t2.medium"}[world.random().below(3)];
    switch (world.random().below(21)) {
      case 17: {
        const auto disk = any_disk(world, account);
        return submit([disk](Tx& tx) { return create_snapshot(tx, {.disk = disk, .description = {}}); });
      }
      case 18:
        return submit([disk = any_disk(world, account)](Tx& tx) -> base::Result<bool> {
          TRY(delete_snapshot(tx, disk, false));
          return true;
        });
      case 13:
      case 14: {
        const auto key = "press-" + std::to_string(world.random().below(300));  // pressed twice now and then
        return wait([=, image = world.image()](Tx& tx) { return launch_or_wait(tx, page_launch({image, type, "mine", "", key})); });
      }
      case 15: return wait([id](Tx& tx) { return start_or_wait(tx, id); });
      case 16: {
        const auto& queue = world.durable().queue;
        if (queue.empty()) return;
        const auto at = std::next(queue.begin(), static_cast<std::ptrdiff_t>(world.random().below(queue.size())));
        return submit([place = at->first](Tx& tx) -> base::Result<bool> {
          TRY(leave_queue(tx, place));
          return true;
        });
      }
      case 0:
      case 1:
      case 2: return launch_some(world, actor, type);
      case 3:
      case 4:
      case 5: return submit([id](Tx& tx) { return control::start(tx, {id}, false); });
      case 6:
      case 7: return submit([id, force = world.one_in(5)](Tx& tx) { return stop(tx, {.ids = {id}, .force = force}); });
      case 8: return submit([id](Tx& tx) { return terminate(tx, {id}, false); });
      case 9:
        return submit([id](Tx& tx) -> base::Result<bool> {
          TRY(reboot(tx, {id}, false));
          return true;
        });
      case 10: {
        const auto disk = deleted_disk(world, account);
        return submit([disk](Tx& tx) { return restore_disk(tx, {.disk = disk, .type = "t2.micro"}); });
      }
      case 11: return submit([id](Tx& tx) { return renew_root(tx, id, {}); });
      case 12: {
        const auto disk = world.durable().disks_of.contains(account) ? *world.durable().disks_of.at(account).begin() : base::DiskId();
        return submit([disk](Tx& tx) -> base::Result<bool> {
          TRY(delete_disk(tx, disk, false));
          return true;
        });
      }
      default: give(world, account, world.between(-15'000'000, 45'000'000), "simulated");
    }
  }

  static void launch_some(World& world, const Actor& actor, const std::string& type) {
    LaunchRequest request;
    request.image = world.image();
    request.type = type;
    request.max_count = world.between(1, 3);
    request.terminate_on_guest_shutdown = world.one_in(4);
    request.delete_root_on_termination = !world.one_in(6);
    auto made = std::make_shared<std::vector<base::InstanceId>>();
    world.submit(
        actor,
        [=](Tx& tx) -> base::Status {
          TRY_ASSIGN(const auto launched, launch(tx, request));
          for (const auto& instance : launched.instances) made->push_back(instance->id);
          return {};
        },
        [&world, made](base::Status status) {
          if (!status) return;
          for (const auto& id : *made) world.promised(id);
        });
  }

  int crashes_;
  std::vector<base::AccountId> accounts_;
};

}  // namespace

WorkloadPtr make_race(int crashes) { return std::make_unique<Race>(crashes); }

}  // namespace stipend::control
