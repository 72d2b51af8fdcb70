// Months of outages: the server is away for minutes, hours and days while machines run, the host loses its connection or
// its power. Leases end machines with nobody there; nobody may be charged for what did not run.
#include "control/simulation/people.hpp"

namespace stipend::control {
namespace {

class Outages final : public Workload {
 public:
  explicit Outages(Size size) : size_(size) {}

  void set_up(World& world) override { class_ = make_class(world, "outages", size_.students, 50'000'000, 4'000'000'000); }

  void start(World& world) override {
    for (std::int64_t week = 0; week < size_.weeks; ++week) {
      const auto monday = world.now_ms() + week * kWeekMs;
      for (const auto& student : class_.students) {
        world.at(monday + world.between(0, 6 * kDayMs), [&world, student] { begin_work(world, student, {.type = any_type(world, true), .patience = 30}); });
        if (!world.one_in(3)) world.at(monday + world.between(2 * kDayMs, 7 * kDayMs), [&world, student] { end_work(world, student, world.one_in(5)); });
      }
      for (auto more = world.between(1, 4); more > 0; --more) world.at(monday + world.between(0, kWeekMs), [&world] { outage(world); });
    }
  }

 private:
  static void outage(World& world) {
    const auto lasts_s = world.one_in(3) ? world.between(3'600, 2 * 86'400) : world.between(10, 7'200);
    switch (world.random().below(4)) {
      case 0: return world.crash(lasts_s);
      case 1: return world.disconnect_host(lasts_s);
      case 2: return world.reboot_host(std::min<std::int64_t>(lasts_s, 3'600));
      default:  // the power is gone: both
        world.reboot_host(lasts_s);
        world.crash(lasts_s);
    }
  }

  Size size_;
  Class class_;
};

}  // namespace

WorkloadPtr make_outages(Size size) { return std::make_unique<Outages>(size); }

}  // namespace stipend::control
