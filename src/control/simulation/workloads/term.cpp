// A term: two labs a week. Most students come, some minutes early or late; at the end most stop their machine, some forget
// to, a few terminate it. Who runs out of credit may ask for more.
#include "control/simulation/people.hpp"

namespace stipend::control {
namespace {

class Term final : public Workload {
 public:
  explicit Term(Size size) : size_(size) {}

  void set_up(World& world) override { class_ = make_class(world, "term", size_.students, 300'000'000, 8'000'000'000); }

  void start(World& world) override {
    for (std::size_t i = 0; i < class_.students.size(); ++i) types_.push_back(any_type(world, !world.one_in(6)));
    for (std::int64_t week = 0; week < size_.weeks; ++week)
      for (const auto day : {0, 3}) lab(world, world.now_ms() + week * kWeekMs + day * kDayMs + kHourMs);
  }

 private:
  void lab(World& world, std::int64_t at) {
    const auto lasts = world.between(1, 3) * kHourMs;
    for (std::size_t i = 0; i < class_.students.size(); ++i) {
      if (world.one_in(7)) continue;
      Wish wish{.type = types_[i]};
      if (world.one_in(2)) wish.press = "lab-" + std::to_string(at) + "-" + std::to_string(i);
      wish.asks_for_credit = world.one_in(3);
      world.at(at + world.between(-5 * kMinuteMs, 12 * kMinuteMs), [&world, this, i, wish] { begin_work(world, class_.students[i], wish); });
      if (world.one_in(5)) continue;  // forgets
      const bool terminates = world.one_in(12);
      world.at(at + lasts + world.between(-20 * kMinuteMs, 15 * kMinuteMs), [&world, this, i, terminates] { end_work(world, class_.students[i], terminates); });
    }
  }

  Size size_;
  Class class_;
  std::vector<std::string> types_;
};

}  // namespace

WorkloadPtr make_term(Size size) { return std::make_unique<Term>(size); }

}  // namespace stipend::control
