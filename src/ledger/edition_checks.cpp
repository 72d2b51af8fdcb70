// Prices: every charge is at a list that its course sold at, and at that list's price.
#include <fmt/format.h>

#include <map>
#include <optional>
#include <unordered_map>

#include "domain/catalogue_data.hpp"
#include "ledger/checks.hpp"

namespace stipend::ledger {
namespace {

using domain::Entry;
using domain::EntryKind;

// A list as data; which one holds when is worked out here anew.
class PriceLists {
 public:
  explicit PriceLists(const domain::State& state) {
    for (const auto& list : domain::catalogues()) add(list);
    for (const auto& [edition, list] : state.catalogues) add(*list);
  }
  struct List {
    base::CourseId course;  // empty: everybody's
    std::int64_t gib_month = 0, snapshot_gib_month = 0, address = 0;
    std::unordered_map<std::string, std::int64_t> types;
  };
  const List* find(const std::string& edition) const {
    const auto at = lists_.find(edition);
    return at == lists_.end() ? nullptr : &at->second;
  }
  // Whether the course sold at it, at some time until then.
  const List* sold(const domain::Course& course, const std::string& edition, base::WallTime until) const {
    bool was = course.catalogue == edition;
    for (const auto& step : course.prices) was = was || (step.edition == edition && step.from <= until);
    const auto* list = was ? find(edition) : nullptr;
    return list && (list->course.empty() || list->course == course.id) ? list : nullptr;
  }

 private:
  void add(const domain::Catalogue& list) {
    auto [at, fresh] = lists_.try_emplace(list.edition, List{list.course, list.gp2_gib_month.nano, list.snapshot_gib_month.nano, list.address.nano_per_hour, {}});
    if (!fresh) return;  // one that is built in is everybody's
    for (const auto& type : list.types) at->second.types.emplace(type.name, type.price.nano_per_hour);
  }
  std::map<std::string, List> lists_;
};

const std::string& held_at(const domain::Course& course, base::WallTime at) {
  const std::string* edition = &course.catalogue;
  base::WallTime since{INT64_MIN};
  for (const auto& step : course.prices)
    if (step.from <= at && step.from >= since) edition = &step.edition, since = step.from;
  return *edition;
}

class Prices final : public Check {
 public:
  explicit Prices(const Rows& rows)
      : Check("prices", "each price is that of a list which its course sold at; a run's and an address's that of the list at its start"), lists_(rows.state) {
    for (const auto& [id, account] : rows.state.accounts)
      if (const auto* course = rows.state.find<domain::Course>(account->course)) courses_.emplace(id, course);
    for (const auto& [id, disk] : rows.state.disks) disks_.emplace(id.str(), disk.get());
  }
  void add(const Posting& posting) override {
    const auto& entry = posting.entry;
    if (entry.kind != EntryKind::kCharge && entry.kind != EntryKind::kCorrection && entry.kind != EntryKind::kStorage) return;
    const auto course = courses_.find(entry.account);
    if (course == courses_.end()) return;  // told by `subjects`
    ++charges_;
    if (auto wrong = look(*course->second, entry)) found(fmt::format("entry {}: {}", entry.number, *wrong));
  }
  void end(const Rows& rows, const Books&) override {
    for (const auto& [id, instance] : rows.state.instances)
      if (instance->run) look_at_run(*instance);
    for (const auto& [id, disk] : rows.state.disks) look_at_disk(*disk);
    for (const auto& [id, address] : rows.state.elastic_addresses) look_at_address(*address);
    for (const auto& [id, course] : rows.state.courses) look_at_steps(*course);
    figures(fmt::format("{} charges", charges_));
  }

 private:
  // An entry of a disk from before lists could change names none: it is the course's first.
  std::optional<std::string> look(const domain::Course& course, const Entry& entry) const {
    const auto& edition = entry.catalogue.empty() ? course.catalogue : entry.catalogue;
    const auto* list = lists_.sold(course, edition, entry.at);
    if (!list) return fmt::format("the course did not sell at a price list '{}' by then", edition);
    const auto price = entry.price.nano_per_hour;
    if (entry.kind != EntryKind::kStorage) {
      const auto type = list->types.find(entry.type);
      if (type == list->types.end()) return fmt::format("the price list {} has no {}", edition, entry.type);
      if (type->second != price) return fmt::format("{} an hour for {}, the price list {} has {}", dollars(price), entry.type, edition, dollars(type->second));
      return {};
    }
    if (const auto disk = disks_.find(entry.subject); disk != disks_.end()) return wrong_price(*disk->second, price, edition, *list);
    if (entry.type == "address")
      return price == list->address ? std::nullopt
                                    : std::optional(fmt::format("{} an hour for an address, the price list {} has {}", dollars(price), edition, dollars(list->address)));
    const bool snapshot = entry.type == "snapshot";
    return (snapshot ? is_of_some_snapshot(price, list->snapshot_gib_month) : is_of_some_disk(price, list->gib_month))
               ? std::nullopt
               : std::optional(fmt::format("{} an hour is the price of no {} at the price list {}", dollars(price), snapshot ? "snapshot" : "disk", edition));
  }
  // Of a snapshot what it occupies counts, and nothing before that is known.
  static std::optional<std::string> wrong_price(const domain::Disk& disk, std::int64_t price, const std::string& edition, const PriceLists::List& list) {
    if (disk.kind != domain::DiskKind::kSnapshot) {
      if (const auto right = disk_price(disk.gib, list.gib_month); right != price)
        return fmt::format("priced {} an hour as a disk of {} GiB, the price list {} makes it {}", dollars(price), disk.gib, edition, dollars(right));
      return {};
    }
    const bool whole = disk.snapshot == domain::SnapshotState::kCompleted;
    if (whole && (disk.stored_mib < 1 || disk.stored_mib > disk.gib * 1024))
      return fmt::format("it is a snapshot of {} GiB that occupies {} MiB", disk.gib, disk.stored_mib);
    if (const auto right = whole ? snapshot_price(disk.stored_mib, list.snapshot_gib_month) : 0; right != price)
      return fmt::format("priced {} an hour as a snapshot {}, the price list {} makes it {}", dollars(price),
                         whole ? fmt::format("of {} MiB", disk.stored_mib) : "that is not whole", edition, dollars(right));
    return {};
  }
  // Of one whose row is gone the size is not known, but that it is in whole GiB.
  static bool is_of_some_disk(std::int64_t price, std::int64_t gib_month) {
    constexpr Wide kMonthHours = 730;
    if (gib_month <= 0 || price <= 0) return false;
    const auto gib = static_cast<std::int64_t>(Wide{price} * kMonthHours / gib_month);
    return gib > 0 && disk_price(gib, gib_month) == price;
  }

  static bool is_of_some_snapshot(std::int64_t price, std::int64_t gib_month) {
    constexpr Wide kMonthHours = 730;
    if (gib_month <= 0 || price <= 0) return false;
    const auto mib = static_cast<std::int64_t>(Wide{price} * 1024 * kMonthHours / gib_month);
    return mib > 0 && snapshot_price(mib, gib_month) == price;
  }

  void look_at_run(const domain::Instance& instance) {
    const auto course = courses_.find(instance.account);
    if (course == courses_.end()) return;
    const auto& run = *instance.run;
    if (const auto& held = held_at(*course->second, run.start_committed); run.catalogue != held)
      found(fmt::format("{}: its run is priced by the list '{}', at its start {} held", instance.id.view(), run.catalogue, held));
    const auto* list = lists_.sold(*course->second, run.catalogue, run.start_committed);
    if (!list) return found(fmt::format("{}: the course did not sell at a price list '{}' when its run began", instance.id.view(), run.catalogue));
    const auto type = list->types.find(instance.type);
    if (type == list->types.end() || type->second != run.price.nano_per_hour)
      found(fmt::format("{}: its run is priced {} an hour, which the price list {} does not say of {}", instance.id.view(), dollars(run.price.nano_per_hour),
                        run.catalogue, instance.type));
  }

  // `created` of one that was brought back is later than its making, so which list held then is not known to the instant.
  void look_at_disk(const domain::Disk& disk) {
    const auto course = courses_.find(disk.account);
    if (course == courses_.end()) return;
    const auto* list = lists_.sold(*course->second, disk.catalogue, disk.created);
    if (!list) return found(fmt::format("{}: the course did not sell at a price list '{}' when it was made", disk.id.view(), disk.catalogue));
    if (const auto wrong = wrong_price(disk, disk.price.nano_per_hour, disk.catalogue, *list)) found(fmt::format("{}: {}", disk.id.view(), *wrong));
  }

  void look_at_address(const domain::Address& address) {
    const auto course = courses_.find(address.account);
    if (course == courses_.end()) return found(fmt::format("{}: it is of account {}, which is not there", address.id, address.account.view()));
    if (const auto& held = held_at(*course->second, address.created); address.catalogue != held)
      found(fmt::format("{}: priced by the list '{}', at its allocation {} held", address.id, address.catalogue, held));
    const auto* list = lists_.sold(*course->second, address.catalogue, address.created);
    if (!list || list->address != address.price.nano_per_hour)
      found(fmt::format("{}: priced {} an hour, which the price list {} does not say", address.id, dollars(address.price.nano_per_hour), address.catalogue));
  }

  // The type of every machine is in every later list.
  void look_at_steps(const domain::Course& course) {
    const auto* before = lists_.find(course.catalogue);
    base::WallTime last{INT64_MIN};
    for (const auto& step : course.prices) {
      const auto* list = lists_.find(step.edition);
      if (!list || (!list->course.empty() && list->course != course.id))
        return found(fmt::format("{}: it has no price list '{}'", course.id.view(), step.edition));
      if (step.from <= last) found(fmt::format("{}: its prices change to {} out of order", course.id.view(), step.edition));
      if (before)
        for (const auto& [type, price] : before->types)
          if (!list->types.contains(type)) found(fmt::format("{}: the price list {} lacks {}, which the one before has", course.id.view(), step.edition, type));
      before = list;
      last = step.from;
    }
  }

  PriceLists lists_;
  std::unordered_map<base::AccountId, const domain::Course*> courses_;
  std::unordered_map<std::string, const domain::Disk*> disks_;
  std::int64_t charges_ = 0;
};

}  // namespace

void add_edition_checks(Checks& checks, const Rows& rows) { checks.push_back(std::make_unique<Prices>(rows)); }

}  // namespace stipend::ledger
