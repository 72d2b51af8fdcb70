// A course whose prices change some times in the term, dearer or cheaper, now or at an instant to come, while machines run and
// disks are there. Students come before and go after each change. What was sold keeps its price: each run and each disk has
// one, and it is that of the list its entries name.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "control/commands/people.hpp"
#include "control/commands/prices.hpp"
#include "control/simulation/people.hpp"
#include "domain/catalogue.hpp"

namespace stipend::control {
namespace {

class Prices final : public Workload {
 public:
  explicit Prices(Size size) : size_(size) {}

  void set_up(World& world) override { class_ = make_class(world, "prices", size_.students, 100'000'000, 5'000'000'000); }

  void start(World& world) override {
    const auto begun = world.now_ms();
    for (auto changes = world.between(1, 2 + size_.weeks / 4); changes > 0; --changes) {
      const auto at = begun + world.between(kHourMs, size_.weeks * kWeekMs - kHourMs);
      const auto told_ms = world.one_in(3) ? 0 : world.between(1'000, 3 * kDayMs);
      const auto permille = world.between(1, 4'000);
      world.at(std::max(begun, at - told_ms), [&world, this, told_ms, permille] { change(world, told_ms, permille, 20); });
      for (const auto& student : class_.students) work(world, student, at + world.between(-5 * kHourMs, kHourMs));
    }
    for (std::int64_t week = 0; week < size_.weeks; ++week)
      for (const auto& student : class_.students) work(world, student, begun + week * kWeekMs + world.between(0, 6 * kDayMs));
  }

  void check(World& world) override {
    const auto& state = world.durable();
    const std::set<base::AccountId> mine(class_.students.begin(), class_.students.end());
    std::map<std::pair<std::string, std::int64_t>, std::pair<std::string, base::Price>> sold;
    for (const auto& entry : world.entries()) {
      const bool run = entry.kind == domain::EntryKind::kCharge || entry.kind == domain::EntryKind::kCorrection;
      if (!mine.contains(entry.account) || (!run && entry.kind != domain::EntryKind::kStorage)) continue;
      const auto [at, fresh] = sold.try_emplace({entry.subject, entry.generation}, entry.catalogue, entry.price);
      world.must(fresh || at->second == std::pair(entry.catalogue, entry.price), fmt::format("entry {}: the price of {} changed", entry.number, entry.subject));
      const auto* list = domain::find_catalogue(state, entry.catalogue);
      world.must(list != nullptr, fmt::format("entry {}: there is no price list {}", entry.number, entry.catalogue));
      if (!run) continue;
      const auto* type = domain::find_type(*list, entry.type);
      world.must(type && type->price == entry.price, fmt::format("entry {}: {} has no {} at {}", entry.number, entry.catalogue, entry.type, entry.price.nano_per_hour));
    }
  }

 private:
  static void work(World& world, const base::AccountId& student, std::int64_t at) {
    Wish wish{.type = any_type(world, !world.one_in(5))};
    wish.asks_for_credit = world.one_in(3);
    world.at(at, [&world, student, wish] { begin_work(world, student, wish); });
    if (!world.one_in(4)) world.at(at + world.between(10 * kMinuteMs, 10 * kHourMs), [&world, student] { end_work(world, student, world.one_in(5)); });
  }

  void change(World& world, std::int64_t in_ms, std::int64_t permille, int patience) {
    world.submit(
        World::admin(), [=, this](Tx& tx) { return new_list(tx, in_ms, permille); },
        [&world, this, in_ms, permille, patience](base::Status status) {
          if (!status && patience > 0 && !world.is_ending())
            world.in(world.between(1'000, kHourMs), [&world, this, in_ms, permille, patience] { change(world, in_ms, permille, patience - 1); });
        });
  }

  // All that the newest list sells, at so many thousandths of its prices.
  base::Status new_list(Tx& tx, std::int64_t in_ms, std::int64_t permille) const {
    TRY_ASSIGN(const auto* found, managed_course(tx.state(), tx.actor(), class_.name));
    const auto course = *found;
    auto list = *domain::catalogue_at(tx.state(), course, base::WallTime::never());
    const auto scaled = [&](std::int64_t nano, base::Money most) { return std::clamp<std::int64_t>(nano / 1'000 * permille, 1, most.nano); };
    for (auto& type : list.types) type.price.nano_per_hour = scaled(type.price.nano_per_hour, base::Money::dollars(900));
    list.gp2_gib_month.nano = scaled(list.gp2_gib_month.nano, base::Money::dollars(9));
    list.snapshot_gib_month.nano = scaled(list.snapshot_gib_month.nano, base::Money::dollars(9));
    list.address.nano_per_hour = scaled(list.address.nano_per_hour, base::Money::dollars(9));
    list.edition = fmt::format("{}-{}", course.name, course.prices.size() + 1);
    list.source = "simulated";
    TRY_ASSIGN(const auto added, add_price_list(tx, course.name, std::move(list)));
    // Never before one that is to come already: steps are in order.
    auto from = base::WallTime{tx.now().ms + in_ms};
    if (!course.prices.empty()) from = std::max(from, course.prices.back().from.plus_ms(1));
    TRY_ASSIGN([[maybe_unused]] const auto used, use_price_list(tx, course.name, added->edition, from));
    return {};
  }

  Size size_;
  Class class_;
};

}  // namespace

WorkloadPtr make_prices(Size size) { return std::make_unique<Prices>(size); }

}  // namespace stipend::control
