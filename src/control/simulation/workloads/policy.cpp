// A course with rules: free hours twice a week, perhaps hours in which machines may run, a limit of a day, a free tier, other
// prices from some day on. Students come before, in and after the hours. Nothing of the course may run outside its hours, no
// day cost more than its limit; what was free is in each run's bill.
#include "control/commands/policy.hpp"

#include <fmt/format.h>

#include "control/commands/people.hpp"
#include "control/commands/prices.hpp"
#include "control/simulation/people.hpp"

namespace stipend::control {
namespace {

class Rules final : public Workload {
 public:
  explicit Rules(Size size) : size_(size) {}

  void set_up(World& world) override {
    class_ = make_class(world, "rules", size_.students, 30'000'000, 2'000'000'000);
    domain::Policy policy;
    policy.free_end = world.one_in(2) ? domain::FreeEnd::kStop : domain::FreeEnd::kGoOn;
    const bool opens = world.one_in(2);
    if (world.one_in(2)) policy.day_max = {world.between(50'000'000, 600'000'000)};
    const auto today = world.wall().ms;
    for (std::int64_t week = 0; week < size_.weeks; ++week)
      for (const auto day : {1, 4}) {
        const auto lab = today + week * kWeekMs + day * kDayMs + world.between(0, 8) * kHourMs;
        labs_.push_back(lab - today + world.now_ms());
        for (auto free = world.between(1, 2); free > 0; --free) {
          const auto from = lab + world.between(-kHourMs, 2 * kHourMs);
          policy.free.push_back({{from}, {from + world.between(15 * kMinuteMs, 3 * kHourMs)}});
        }
        if (opens) policy.open.push_back({{lab - kHourMs}, {lab + world.between(2, 5) * kHourMs}});
      }
    for (const auto& window : policy.open) closes_.push_back(window.to.ms - today + world.now_ms());
    if (world.one_in(2)) policy.free_tier = {"t2.micro", world.between(1, 40), world.between(1, 3)};
    if (world.one_in(2)) change_prices(world);
    day_max_ = policy.day_max;
    world.now([&](Tx& tx) {
      return change_policy(tx, "rules", [&](domain::Policy& rules) -> base::Status {
        rules = policy;
        return {};
      });
    });
  }

  void start(World& world) override {
    for (const auto lab : labs_)
      for (const auto& student : class_.students) {
        if (world.one_in(4)) continue;
        Wish wish{.type = any_type(world, !world.one_in(4)), .count = world.one_in(5) ? 2 : 1};
        world.at(lab + world.between(-kHourMs, 2 * kHourMs), [&world, student, wish] { begin_work(world, student, wish); });
        if (!world.one_in(3)) world.at(lab + world.between(kHourMs, 5 * kHourMs), [&world, student] { end_work(world, student, world.one_in(6)); });
      }
    if (world.faults().has(Trouble::kClock)) return;  // a rule is the clock's
    for (const auto at : closes_) world.at(at + kClosedWithinMs, [&world, this] { must_be_closed(world); });
  }

  void check(World& world) override {
    if (day_max_ == base::Money{} || world.faults().has(Trouble::kClock)) return;
    std::map<std::pair<base::AccountId, std::int64_t>, std::int64_t> days;
    const std::set<base::AccountId> mine(class_.students.begin(), class_.students.end());
    for (const auto& entry : world.entries()) {
      if (!mine.contains(entry.account)) continue;
      auto& day = days[{entry.account, (entry.at.ms - 1) / kDayMs}];  // one at midnight belongs to the day that ends
      if (entry.kind == domain::EntryKind::kCharge) day += entry.amount.nano;
      if (entry.kind == domain::EntryKind::kCorrection) day -= entry.amount.nano;
    }
    for (const auto& [key, cost] : days)
      world.must(cost <= day_max_.nano, fmt::format("{}: a day cost {}, its limit is {}", key.first.view(), cost, day_max_.nano));
  }

 private:
  // From some time of the term on a list of its own, all of it cheaper or dearer.
  void change_prices(World& world) {
    const auto percent = world.between(50, 200);
    const auto from = world.wall().plus_seconds(world.between(0, size_.weeks * 7 * 86'400));
    world.now([&](Tx& tx) -> base::Status {
      auto list = *domain::catalogue_at(tx.state(), *find_course(tx.state(), "rules"), tx.now());
      list.edition = "of-the-rules";
      list.source = "the simulation";
      for (auto& type : list.types) type.price.nano_per_hour = type.price.nano_per_hour * percent / 100;
      list.gp2_gib_month.nano = list.gp2_gib_month.nano * percent / 100;
      TRY(add_price_list(tx, "rules", list));
      TRY(use_price_list(tx, "rules", list.edition, from));
      return {};
    });
  }

  static constexpr std::int64_t kClosedWithinMs = 30'000;

  void must_be_closed(World& world) {
    for (const auto& [key, run] : world.host().live()) {
      const auto* row = world.durable().find<domain::Instance>(key.instance);
      if (!run.running || !row || std::ranges::find(class_.students, row->account) == class_.students.end()) continue;
      world.must(false, fmt::format("{} of {}: runs {} s after the hours of its course, {} ms of a lease of {} s", key.instance.view(),
                                    row->account.view(), kClosedWithinMs / 1000, run.ran_ms, run.longest_lease.count));
    }
  }

  Size size_;
  Class class_;
  base::Money day_max_;
  std::vector<std::int64_t> labs_, closes_;
};

}  // namespace

WorkloadPtr make_policy(Size size) { return std::make_unique<Rules>(size); }

}  // namespace stipend::control
