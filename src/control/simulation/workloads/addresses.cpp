// A course whose students keep elastic addresses: they allocate them, associate them with machines that run and that do not, move
// them and release them, and run out of credit meanwhile, when the server releases them. The auditor judges what each costs; here
// it is seen that nobody has another's, and that what was released is gone.
#include <map>
#include <set>

#include "control/commands/addresses.hpp"
#include "control/simulation/people.hpp"

namespace stipend::control {
namespace {

class Addresses final : public Workload {
 public:
  explicit Addresses(Size size) : size_(size) {}

  void set_up(World& world) override { class_ = make_class(world, "addresses", size_.students, 20'000'000, 2'000'000'000); }

  void start(World& world) override {
    const auto begun = world.now_ms();
    for (std::int64_t week = 0; week < size_.weeks; ++week)
      for (const auto& student : class_.students) {
        for (auto more = world.between(1, 3); more > 0; --more) {
          const auto comes = begun + week * kWeekMs + world.between(kMinuteMs, kWeekMs - kDayMs);
          Wish wish{.type = any_type(world, true), .count = world.between(1, 2)};
          wish.asks_for_credit = world.one_in(3);
          world.at(comes, [&world, student, wish] { begin_work(world, student, wish); });
          if (!world.one_in(4)) world.at(comes + world.between(10 * kMinuteMs, 6 * kHourMs), [&world, student] { end_work(world, student, world.one_in(4)); });
          for (auto acts = world.between(0, 6); acts > 0; --acts)
            world.at(comes + world.between(-kHourMs, 8 * kHourMs), [&world, this, student] { act(world, student); });
        }
        if (world.one_in(3)) world.at(begun + week * kWeekMs + world.between(0, kWeekMs - kHourMs), [&world, student] { give(world, student, world.between(-50'000'000, 200'000'000), "simulated"); });
      }
  }

  void check(World& world) override {
    const auto& state = world.durable();
    for (const auto& [id, account] : mine_) {
      const auto* row = state.find<domain::Address>(id);
      world.must(!row || row->account == account, id + ": is of another account");
      world.must(!row || !gone_.contains(id), id + ": its release was answered, and it is there");
    }
  }

 private:
  static std::string any_address(World& world, const base::AccountId& account) {
    const auto of = world.durable().addresses_of.find(account);
    if (of == world.durable().addresses_of.end() || of->second.empty()) return "eipalloc-00000000000000000";
    return *std::next(of->second.begin(), static_cast<std::ptrdiff_t>(world.random().below(of->second.size())));
  }
  static base::InstanceId any_machine(World& world, const base::AccountId& account) {
    const auto of = world.durable().instances_of.find(account);
    if (of == world.durable().instances_of.end() || of->second.empty()) return base::make_id<base::InstanceId>(world.random());
    return *std::next(of->second.begin(), static_cast<std::ptrdiff_t>(world.random().below(of->second.size())));
  }

  void act(World& world, const base::AccountId& student) {
    if (world.is_ending()) return;
    const auto id = any_address(world, student);
    switch (world.random().below(7)) {
      case 0:
      case 1: return allocate(world, student);
      case 2:
      case 3:
      case 4: {
        const auto machine = any_machine(world, student);
        const bool moves = !world.one_in(4);
        return world.submit(world.as(student), [=](Tx& tx) -> base::Status {
          TRY(associate_address(tx, {.address = id, .instance = machine, .allow_reassociation = moves}));
          return {};
        });
      }
      case 5: {
        const auto* row = world.durable().find<domain::Address>(id);
        const auto association = row ? row->association : std::string();
        return world.submit(world.as(student), [association](Tx& tx) { return disassociate_address(tx, association, false); });
      }
      default:
        return world.submit(
            world.as(student), [id](Tx& tx) { return release_address(tx, id, false); },
            [this, id](base::Status status) {
              if (status) gone_.insert(id);
            });
    }
  }

  void allocate(World& world, const base::AccountId& student) {
    auto made = std::make_shared<std::string>();
    world.submit(
        world.as(student),
        [made](Tx& tx) -> base::Status {
          TRY_ASSIGN(const auto address, allocate_address(tx, {}));
          *made = address->id;
          return {};
        },
        [this, student, made](base::Status status) {
          if (status) mine_.emplace(*made, student);
        });
  }

  Size size_;
  Class class_;
  std::map<std::string, base::AccountId> mine_;  // answered
  std::set<std::string> gone_;                   // whose release was answered
};

}  // namespace

WorkloadPtr make_addresses(Size size) { return std::make_unique<Addresses>(size); }

}  // namespace stipend::control
