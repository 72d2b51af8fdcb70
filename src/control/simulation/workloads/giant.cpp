// As many starts as possible: every member of one class starts a small machine five times a week, for some minutes, and stops
// it. For what the whole costs in time and memory (`make bench`); nobody makes a mistake.
#include <fmt/format.h>

#include "control/simulation/people.hpp"

namespace stipend::control {
namespace {

constexpr std::int64_t kStartsAWeek = 5;
constexpr std::int64_t kApartMs = kWeekMs / kStartsAWeek;

class Giant final : public Workload {
 public:
  explicit Giant(Size size) : size_(size) {}

  void set_up(World& world) override { class_ = make_class(world, "giant", size_.students, 10'000'000'000, 10'000'000'000); }

  void start(World& world) override {
    ends_ms_ = world.now_ms() + size_.weeks * kWeekMs;
    for (const auto& student : class_.students) {
      const auto lab = world.now_ms() + world.between(0, kApartMs - kHourMs);
      world.at(lab, [&world, this, student] { come(world, student); });
    }
  }

  void check(World& world) override {
    const auto wanted = size_.students * size_.weeks * kStartsAWeek;
    world.must(world.auditor().counts().settled >= wanted || world.faults().any(),
               fmt::format("{} machines were started, not {}", world.auditor().counts().settled, wanted));
  }

 private:
  void come(World& world, const base::AccountId& student) {
    begin_work(world, student, {.type = "t2.micro"});
    world.in(world.between(3 * kMinuteMs, 12 * kMinuteMs), [&world, student] { end_work(world, student, false); });
    if (world.now_ms() + kApartMs < ends_ms_) world.in(kApartMs, [&world, this, student] { come(world, student); });
  }

  Size size_;
  Class class_;
  std::int64_t ends_ms_ = 0;
};

}  // namespace

WorkloadPtr make_giant(Size size) { return std::make_unique<Giant>(size); }

}  // namespace stipend::control
