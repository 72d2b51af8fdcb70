// The night before a deadline: everybody starts several dear machines, starts again whatever ends, and nobody stops
// before midnight. Most run out of credit within minutes of each other.
#include "control/simulation/people.hpp"

namespace stipend::control {
namespace {

class Deadline final : public Workload {
 public:
  explicit Deadline(Size size) : size_(size) {}

  void set_up(World& world) override { class_ = make_class(world, "deadline", size_.students, 20'000'000, 1'500'000'000); }

  void start(World& world) override {
    const auto evening = world.now_ms() + world.between(0, std::max<std::int64_t>(size_.weeks * 7 - 1, 0)) * kDayMs + 10 * kHourMs;
    const auto midnight = evening + 6 * kHourMs;
    for (const auto& student : class_.students) {
      const auto tries = world.between(2, 8);
      for (std::int64_t i = 0; i < tries; ++i) {
        Wish wish{.type = any_type(world, false), .count = world.between(1, 4), .patience = 3, .press = {}, .asks_for_credit = world.one_in(3)};
        world.at(evening + world.between(0, 5 * kHourMs), [&world, student, wish] { begin_work(world, student, wish); });
      }
      world.at(midnight + world.between(0, 10 * kMinuteMs), [&world, student] { end_work(world, student, world.one_in(4)); });
    }
  }

 private:
  Size size_;
  Class class_;
};

}  // namespace

WorkloadPtr make_deadline(Size size) { return std::make_unique<Deadline>(size); }

}  // namespace stipend::control
