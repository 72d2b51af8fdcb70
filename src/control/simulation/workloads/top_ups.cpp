// Credit comes and goes: small grants and take-backs at any time while machines run, often in the last minutes of a lease;
// and now and then one grant for the whole class under one name, repeated until it is answered: it may count only once.
#include "control/commands/people.hpp"
#include "control/simulation/people.hpp"

namespace stipend::control {
namespace {

constexpr std::int64_t kForAll = 7'000'001;

class TopUps final : public Workload {
 public:
  explicit TopUps(Size size) : size_(size) {}

  void set_up(World& world) override { class_ = make_class(world, "top-ups", size_.students, 5'000'000, 120'000'000); }

  void start(World& world) override {
    const auto days = std::max<std::int64_t>(1, size_.weeks * 2);
    for (std::int64_t day = 0; day < days; ++day) {
      const auto morning = world.now_ms() + day * size_.weeks * 7 / days * kDayMs;
      for (const auto& student : class_.students) {
        if (!world.one_in(3)) continue;
        Wish wish{.type = any_type(world, true), .count = world.between(1, 2)};
        world.at(morning + world.between(0, 2 * kHourMs), [&world, student, wish] { begin_work(world, student, wish); });
        for (auto more = world.between(0, 4); more > 0; --more)
          world.at(morning + world.between(0, 6 * kHourMs), [&world, student] { give(world, student, world.between(-20'000'000, 40'000'000), "simulated"); });
        if (world.one_in(2)) world.at(morning + world.between(3 * kHourMs, 8 * kHourMs), [&world, student] { end_work(world, student, world.one_in(3)); });
      }
    }
    for (std::int64_t i = 0; i < size_.weeks; ++i)
      world.in(world.between(0, size_.weeks * kWeekMs), [&world, this, i] { for_all(world, "bonus " + std::to_string(i), 20); });
  }

  void check(World& world) override {
    for (const auto& student : class_.students) {
      std::int64_t times = 0;
      for (const auto& id : world.durable().grants_of.at(student)) times += world.durable().find<domain::Grant>(id)->amount.nano == kForAll;
      world.must(times >= answered_ && times <= asked_, student.str() + ": a grant for all was given twice, or lost");
    }
  }

 private:
  void for_all(World& world, const std::string& once, int patience) {
    if (patience == 20) ++asked_;
    world.submit(
        World::admin(), [=, this](Tx& tx) { return grant_all(tx, class_.students, {kForAll}, "bonus", once); },
        [&world, this, once, patience](base::Status status) {
          if (status) ++answered_;
          else if (patience > 0 && !world.is_ending()) world.in(world.between(1'000, kHourMs), [&world, this, once, patience] { for_all(world, once, patience - 1); });
        });
  }

  Size size_;
  Class class_;
  std::int64_t asked_ = 0, answered_ = 0;
};

}  // namespace

WorkloadPtr make_top_ups(Size size) { return std::make_unique<TopUps>(size); }

}  // namespace stipend::control
