// What each charge must say, and that it is what its price and plan give.
#include <fmt/format.h>

#include <optional>
#include <unordered_map>

#include "ledger/checks.hpp"
#include "ledger/kept.hpp"

namespace stipend::ledger {
namespace {

using domain::Entry;
using domain::EntryKind;

class Subjects final : public Check {
 public:
  explicit Subjects(const Rows& rows)
      : Check("subjects", "each entry has its account, subject and price, and they are those of its row"), state_(rows.state) {
    each_kept(state_, [&](const Kept& row) { kept_.emplace(row.id, row); });
  }
  void add(const Posting& posting) override {
    const auto& entry = posting.entry;
    if (auto wrong = look(entry)) found(fmt::format("entry {}: {}", entry.number, *wrong));
  }
  void end(const Rows&, const Books&) override { figures(fmt::format("{} of runs, {} of disks and addresses, {} of grants", runs_, disks_, grants_)); }

 private:
  std::optional<std::string> look(const Entry& entry) {
    const auto account = entry.account.view();
    if (!state_.accounts.contains(entry.account)) return fmt::format("there is no account {}", account);
    for (const auto* side : {&entry.debit, &entry.credit}) {
      const auto kind = side_of(*side);
      if ((kind == Side::kUsage || kind == Side::kExpired) && owner_in(*side) != account) return fmt::format("{} is not of {}", *side, account);
      if (kind != Side::kGrant) continue;
      const auto id = base::GrantId::parse(owner_in(*side));
      const auto* grant = id ? state_.find<domain::Grant>(*id) : nullptr;
      if (grant && grant->account != entry.account) return fmt::format("{} is not of {}", *side, account);
    }
    switch (entry.kind) {
      case EntryKind::kCharge:
      case EntryKind::kCorrection: ++runs_; return look_at_run(entry);
      case EntryKind::kStorage: ++disks_; return look_at_kept(entry);
      default: ++grants_; return look_at_grant(entry);
    }
  }

  std::optional<std::string> look_at_run(const Entry& entry) const {
    const auto id = base::InstanceId::parse(entry.subject);
    if (!id || entry.generation < 1) return fmt::format("'{}' run {} is no run of a machine", entry.subject, entry.generation);
    if (entry.price.nano_per_hour <= 0 || entry.type.empty() || entry.catalogue.empty()) return "it names no price, type or catalogue";
    if (entry.from.count < 0 || entry.to.count < 0 || (entry.kind == EntryKind::kCharge && entry.to <= entry.from))
      return fmt::format("it charges from second {} to second {}", entry.from.count, entry.to.count);
    const auto* instance = state_.find<domain::Instance>(*id);
    if (!instance) return {};  // forgotten an hour after it was terminated
    if (instance->account != entry.account) return fmt::format("{} is a machine of {}", entry.subject, instance->account.view());
    if (entry.generation > instance->generation) return fmt::format("{} never had a run {}", entry.subject, entry.generation);
    if (instance->run && instance->run->generation == entry.generation && instance->run->price != entry.price)
      return fmt::format("its price is {} an hour, the run's {}", dollars(entry.price.nano_per_hour), dollars(instance->run->price.nano_per_hour));
    return {};
  }

  std::optional<std::string> look_at_kept(const Entry& entry) const {
    const bool address = entry.type == "address";
    if (!address && entry.type != "disk" && entry.type != "snapshot") return fmt::format("it is of a '{}', which nothing is that is kept", entry.type);
    if ((address ? !is_address_id(entry.subject) : !base::DiskId::parse(entry.subject).has_value()) || entry.generation != 0)
      return fmt::format("'{}' is no {}", entry.subject, address ? "address" : "disk");
    if (entry.price.nano_per_hour <= 0) return "it names no price";
    if (entry.from.count < 0 || entry.to <= entry.from)
      return fmt::format("it charges from second {} to second {}", entry.from.count, entry.to.count);
    const auto at = kept_.find(entry.subject);
    if (at == kept_.end()) return {};  // its bytes are gone, it was released
    const Kept& row = at->second;
    if (row.account != entry.account) return fmt::format("{} is of {}", entry.subject, row.account.view());
    if (row.kind != entry.type) return fmt::format("{} is no {} but a {}", entry.subject, entry.type, row.kind);
    if (row.price != entry.price)
      return fmt::format("its price is {} an hour, the {}'s {}", dollars(entry.price.nano_per_hour), row.kind, dollars(row.price.nano_per_hour));
    return {};
  }

  static bool is_address_id(std::string_view id) {
    constexpr std::string_view kPrefix = "eipalloc-";
    return id.starts_with(kPrefix) && id.size() == kPrefix.size() + 17 && id.find_first_not_of("0123456789abcdef", kPrefix.size()) == id.npos;
  }

  static std::optional<std::string> look_at_grant(const Entry& entry) {
    const auto& side = entry.kind == EntryKind::kGrant ? entry.credit : entry.debit;
    if (owner_in(side) != entry.subject) return fmt::format("its subject is '{}', it moves {}", entry.subject, side);
    return {};
  }

  const domain::State& state_;
  std::unordered_map<std::string, Kept> kept_;
  std::int64_t runs_ = 0, disks_ = 0, grants_ = 0;
};

// A posting that draws on several grants is several entries, one after the other; together they are C(to) - C(from).
class Amounts final : public Check {
 public:
  explicit Amounts(const Rows& rows)
      : Check("amounts", "each posting is what its price and plan give from its first to its last second; less only in free hours") {
    for (const auto& [id, account] : rows.state.accounts)
      if (const auto* course = rows.state.find<domain::Course>(account->course))
        terms_.emplace(id, Terms{course->plan == domain::RatePlan::kPerHour ? Plan::kPerHour : Plan::kPerSecond, rows.with_policy.contains(course->id)});
  }
  void add(const Posting& posting) override {
    const auto& entry = posting.entry;
    if (open_ && !is_same(*open_, entry)) close();
    if (entry.kind != EntryKind::kCharge && entry.kind != EntryKind::kCorrection && entry.kind != EntryKind::kStorage) return;
    if (!open_) {
      open_ = entry;
      sum_ = 0;
    }
    sum_ += entry.amount.nano;
  }
  void end(const Rows&, const Books&) override {
    if (open_) close();
    figures(less_ == 0 ? fmt::format("{} postings", postings_) : fmt::format("{} postings, {} of them less by free hours", postings_, less_));
  }

 private:
  struct Terms {
    Plan plan = Plan::kPerSecond;
    bool free_hours = false;  // some there may have been
  };
  static bool is_same(const Entry& a, const Entry& b) {
    return a.kind == b.kind && a.subject == b.subject && a.generation == b.generation && a.from == b.from && a.to == b.to && a.at == b.at &&
           a.account == b.account;
  }
  // Free hours put off when a paid hour begins, so one may fall into this posting that its seconds alone would not show;
  // of a broken run all may be given back. Seconds are rounded once more.
  static Wide most_with_free_hours(const Entry& entry, Plan plan, Wide right) {
    if (entry.kind == EntryKind::kCorrection) return run_cost(plan, entry.price.nano_per_hour, entry.from.count);
    return right + (plan == Plan::kPerHour ? entry.price.nano_per_hour : 1);
  }
  void close() {
    const Entry entry = *std::exchange(open_, std::nullopt);
    ++postings_;
    const auto terms = terms_.find(entry.account);
    if (terms == terms_.end()) return;  // told by `subjects`
    const auto plan = terms->second.plan;
    const auto price = entry.price.nano_per_hour;
    const auto from = entry.from.count, to = entry.to.count;
    Wide right = 0;
    if (entry.kind == EntryKind::kStorage) right = Wide{disk_cost(price, to)} - disk_cost(price, from);
    else if (entry.kind == EntryKind::kCharge) right = Wide{run_cost(plan, price, to)} - run_cost(plan, price, from);
    else right = Wide{run_cost(plan, price, from)} - broken_run_cost(price, to);
    if (sum_ == right) return;
    if (terms->second.free_hours && entry.kind != EntryKind::kStorage && sum_ <= most_with_free_hours(entry, plan, right)) {
      ++less_;
      return;
    }
    found(fmt::format("entry {}: {} {} for second {} to {} of {}, its price makes it {}", entry.number,
                      entry.kind == EntryKind::kCorrection ? "gives back" : "charges", dollars(sum_), from, to, entry.subject, dollars(right)));
  }

  std::unordered_map<base::AccountId, Terms> terms_;
  std::int64_t less_ = 0;
  std::optional<Entry> open_;
  Wide sum_ = 0;
  std::int64_t postings_ = 0;
};

}  // namespace

void add_price_checks(Checks& checks, const Rows& rows) {
  checks.push_back(std::make_unique<Subjects>(rows));
  checks.push_back(std::make_unique<Amounts>(rows));
}

}  // namespace stipend::ledger
