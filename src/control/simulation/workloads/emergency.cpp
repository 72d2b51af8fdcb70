// A course of poor members that offers emergency credit, for fewer than will want it. Everybody asks for it, some when they
// have enough, some twice in the same second, many when a machine has just stopped for its credit. Nobody may have it twice,
// the course never give more than its total, and refuse nobody for the total's sake while it lasts.
#include <fmt/format.h>

#include <map>
#include <set>

#include "control/commands/emergency.hpp"
#include "control/commands/policy.hpp"
#include "control/simulation/people.hpp"

namespace stipend::control {
namespace {

class Emergency final : public Workload {
 public:
  explicit Emergency(Size size) : size_(size) {}

  void set_up(World& world) override {
    class_ = make_class(world, "emergency", size_.students, 1'000'000, 90'000'000);
    each_ = {world.between(5'000'000, 60'000'000)};
    total_ = {each_.nano * std::max<std::int64_t>(1, size_.students * world.between(1, 4) / 4) + world.between(0, each_.nano - 1)};
    world.now([&](Tx& tx) {
      return change_policy(tx, class_.name, [&](domain::Policy& rules) -> base::Status {
        rules.emergency = each_;
        rules.emergency_total = total_;
        return {};
      });
    });
  }

  void start(World& world) override {
    for (std::int64_t day = 0; day < size_.weeks * 7; ++day)
      for (const auto& student : class_.students) {
        if (!world.one_in(4)) continue;
        const auto comes = world.now_ms() + day * kDayMs + world.between(0, 20 * kHourMs);
        Wish wish{.type = any_type(world, true), .count = world.between(1, 2)};
        world.at(comes, [&world, student, wish] { begin_work(world, student, wish); });
        const auto asks = comes + world.between(-kHourMs, 3 * kHourMs);
        for (auto presses = world.between(1, 3); presses > 0; --presses) world.at(asks, [&world, this, student] { ask(world, student, 10); });
        world.at(asks + kMinuteMs, [&world, student, wish] { begin_work(world, student, wish); });
        if (!world.one_in(3)) world.at(comes + world.between(kHourMs, 6 * kHourMs), [&world, student] { end_work(world, student, world.one_in(4)); });
      }
  }

  void check(World& world) override {
    const auto& state = world.durable();
    base::Money given;
    std::set<base::AccountId> had;
    for (const auto& student : class_.students)
      for (const auto& id : state.grants_of.at(student)) {
        const auto& grant = *state.find<domain::Grant>(id);
        if (grant.source != kEmergencySource) continue;
        world.must(had.insert(student).second, student.str() + " had emergency credit twice");
        world.must(grant.amount == each_, fmt::format("{} had {} of emergency credit, not {}", student.view(), grant.amount.nano, each_.nano));
        given += grant.amount;
      }
    const auto& course = *state.find<domain::Course>(state.find<domain::Account>(class_.students.front())->course);
    world.must(given == course.emergency_given && given <= total_,
               fmt::format("{} of emergency credit was given, the course counts {} of {}", given.nano, course.emergency_given.nano, total_.nano));
    world.must(!used_up_ || given + each_ > total_, fmt::format("emergency credit was told to be used up with {} of {} given", given.nano, total_.nano));
    for (const auto& student : answered_) world.must(had.contains(student), student.str() + ": its emergency credit was lost");
  }

 private:
  void ask(World& world, const base::AccountId& student, int patience) {
    world.submit(
        world.as(student, "console"),
        [](Tx& tx) -> base::Status {
          TRY(take_emergency(tx));
          return {};
        },
        [&world, this, student, patience](base::Status status) {
          if (status) answered_.insert(student);
          else if (status.error().code == "EmergencyUsedUp") used_up_ = true;
          else if (status.error().code == "ServiceUnavailable" && patience > 0 && !world.is_ending())
            world.in(world.between(1'000, kMinuteMs), [&world, this, student, patience] { ask(world, student, patience - 1); });
        });
  }

  Size size_;
  Class class_;
  base::Money each_, total_;
  std::set<base::AccountId> answered_;
  bool used_up_ = false;
};

}  // namespace

WorkloadPtr make_emergency(Size size) { return std::make_unique<Emergency>(size); }

}  // namespace stipend::control
