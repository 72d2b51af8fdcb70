// What the rows must hold, and that they are what the entries made them.
#include <fmt/format.h>

#include <map>
#include <set>
#include <unordered_map>

#include "ledger/checks.hpp"
#include "ledger/kept.hpp"

namespace stipend::ledger {
namespace {

using domain::EntryKind;
using domain::InstanceState;

constexpr std::int64_t kLateS = 600;  // an end that is so old should have been reported and settled

class Grants final : public Check {
 public:
  Grants() : Check("grants", "each grant's row is what its entries moved") {}
  void end(const Rows& rows, const Books& books) override {
    static const Book kNone;
    for (const auto& [id, grant] : rows.state.grants) {
      const auto* book = books.find("grant:" + id.str());
      const Book& sum = book ? *book : kNone;
      compare(*grant, "given", sum.given, grant->amount);
      compare(*grant, "spent", sum.spent, grant->spent);
      compare(*grant, "taken back", sum.taken_back, grant->taken_back);
      compare(*grant, "expired", sum.expired, grant->expired);
    }
    books.each([&](const std::string& name, const Book&) {
      if (side_of(name) != Side::kGrant) return;
      const auto id = base::GrantId::parse(owner_in(name));
      if (!id || !rows.state.find<domain::Grant>(*id)) found(fmt::format("{} has entries and no row", name));
    });
    figures(fmt::format("{} grants", rows.state.grants.size()));
  }

 private:
  void compare(const domain::Grant& grant, const char* what, Wide entries, base::Money row) {
    if (entries != row.nano)
      found(fmt::format("{} of account {}: {} {} by its entries, {} in its row", grant.id.view(), grant.account.view(), dollars(entries), what,
                        dollars(row.nano)));
  }
};

class Posted final : public Check {
 public:
  explicit Posted(const Rows& rows) : Check("posted", "each disk, each snapshot, each address and each run carries what its entries charged") {
    each_kept(rows.state, [&](const Kept& row) { sums_[row.id]; });
    for (const auto& [id, instance] : rows.state.instances)
      if (instance->run) sums_[id.str()].generation = instance->run->generation;
  }
  void add(const Posting& posting) override {
    const auto& entry = posting.entry;
    const auto at = sums_.find(entry.subject);
    if (at == sums_.end() || at->second.generation != entry.generation) return;
    at->second.charged += entry.kind == EntryKind::kCorrection ? -Wide{entry.amount.nano} : Wide{entry.amount.nano};
    if (side_of(entry.debit) == Side::kUnfunded) at->second.house += entry.amount.nano;
  }
  void end(const Rows& rows, const Books&) override {
    std::int64_t runs = 0;
    each_kept(rows.state, [&](const Kept& row) {
      const auto& sum = sums_.at(row.id);
      compare(row.id, "charged", sum.charged, row.posted);
      compare(row.id, "paid by the house", sum.house, row.house);
    });
    for (const auto& [id, instance] : rows.state.instances) {
      if (!instance->run) continue;
      ++runs;
      compare(id.view(), "charged for its run", sums_.at(id.str()).charged, instance->run->posted);
    }
    figures(fmt::format("{} disks, {} addresses, {} runs", rows.state.disks.size(), rows.state.elastic_addresses.size(), runs));
  }

 private:
  struct Sum {
    std::int64_t generation = 0;
    Wide charged = 0, house = 0;
  };
  void compare(std::string_view who, const char* what, Wide entries, base::Money row) {
    if (entries != row.nano) found(fmt::format("{}: {} {} by its entries, {} in its row", who, dollars(entries), what, dollars(row.nano)));
  }
  std::unordered_map<std::string, Sum> sums_;
};

class Overspent final : public Check {
 public:
  Overspent() : Check("overspent", "charged + held + reserved is at most what was granted, for each account and each grant") {}
  void end(const Rows& rows, const Books& books) override {
    struct Sum {
      Wide granted = 0, charged = 0, held = 0, reserved = 0;
    };
    std::map<base::AccountId, Sum> sums;
    std::map<base::GrantId, Wide> drawn;
    for (const auto& [id, grant] : rows.state.grants) {
      const auto* book = books.find("grant:" + id.str());
      if (!book) continue;
      auto& sum = sums[grant->account];
      sum.granted += book->given - book->taken_back - book->expired;
      sum.charged += book->spent;
    }
    for (const auto& [id, hold] : rows.state.holds) {
      sums[id].held += hold->amount.nano;
      for (const auto& draw : hold->draws) drawn[draw.grant] += draw.amount.nano;
    }
    each_kept(rows.state, [&](const Kept& row) {
      sums[row.account].reserved += row.reserved.nano;
      for (const auto& draw : row.draws) drawn[draw.grant] += draw.amount.nano;
    });
    Sum all;
    for (const auto& [account, sum] : sums) {
      if (sum.charged + sum.held + sum.reserved > sum.granted || sum.held < 0 || sum.reserved < 0)
        found(fmt::format("account {}: {} charged, {} held and {} reserved of {} granted", account.view(), dollars(sum.charged),
                          dollars(sum.held), dollars(sum.reserved), dollars(sum.granted)));
      all.granted += sum.granted;
      all.charged += sum.charged;
      all.held += sum.held;
      all.reserved += sum.reserved;
    }
    for (const auto& [id, amount] : drawn) {
      const auto* book = books.find("grant:" + id.str());
      if (amount > (book ? book->balance : 0))
        found(fmt::format("{}: {} is set aside of {} that is left", id.view(), dollars(amount), dollars(book ? book->balance : 0)));
    }
    figures(fmt::format("{} accounts: {} granted, {} charged, {} held, {} reserved", rows.state.accounts.size(), dollars(all.granted),
                        dollars(all.charged), dollars(all.held), dollars(all.reserved)));
  }
};

class Holds final : public Check {
 public:
  Holds() : Check("holds", "each hold has an account that runs what it is held for, and is the sum of what it draws") {}
  void end(const Rows& rows, const Books&) override {
    std::map<base::AccountId, std::set<std::string>> runs;
    for (const auto& [id, instance] : rows.state.instances)
      if (instance->run) runs[instance->account].insert(instance->type);
    std::int64_t held = 0;
    for (const auto& [account, hold] : rows.state.holds) {
      held += hold->amount.nano != 0;
      Wide sum = 0;
      for (const auto& draw : hold->draws) {
        sum += draw.amount.nano;
        const auto* grant = rows.state.find<domain::Grant>(draw.grant);
        if (!grant || grant->account != account) found(fmt::format("account {}: it holds of {}, which is not its grant", account.view(), draw.grant.view()));
        const auto types = runs.find(account);
        if (types == runs.end()) found(fmt::format("account {}: {} held and nothing runs", account.view(), dollars(draw.amount.nano)));
        else if (!draw.type.empty() && !types->second.contains(draw.type))
          found(fmt::format("account {}: {} held for {}, of which none runs", account.view(), dollars(draw.amount.nano), draw.type));
      }
      if (sum != hold->amount.nano)
        found(fmt::format("account {}: {} held, its draws are {}", account.view(), dollars(hold->amount.nano), dollars(sum)));
      if (!rows.state.accounts.contains(account)) found(fmt::format("a hold of account {}, which is not there", account.view()));
    }
    figures(fmt::format("{} accounts hold money", held));
  }
};

class Leases final : public Check {
 public:
  Leases() : Check("leases", "whatever runs has a lease that is held in full and not over; what is stopped has none") {}
  void end(const Rows& rows, const Books&) override {
    std::map<std::pair<base::AccountId, std::string>, Wide> needed;
    std::int64_t runs = 0;
    for (const auto& [id, instance] : rows.state.instances) {
      const bool ended = instance->state == InstanceState::kStopped || instance->state == InstanceState::kTerminated;
      if (ended == instance->run.has_value()) {
        found(fmt::format("{}: {}", id.view(), ended ? "it has ended and still has a run" : "it runs without a lease"));
        continue;
      }
      if (!instance->run) continue;
      ++runs;
      const auto& run = *instance->run;
      if (run.lease_run_max > run.held_run_max)
        found(fmt::format("{}: its lease is {} s, held are {} s", id.view(), run.lease_run_max.count, run.held_run_max.count));
      if (run.running_since && run.seen_at) {
        const auto over = run.seen_at->plus_seconds(run.held_run_max.count - run.seen_ran.count);
        if (over.plus_seconds(kLateS) < rows.now)
          found(fmt::format("{}: its lease ended at {} and nobody has reported its end: is stipend-host connected?", id.view(), base::to_iso8601(over)));
      }
      if (!(run.free == domain::FreeTime{})) continue;  // what it may still cost is not its price alone
      const auto plan = run.plan == domain::RatePlan::kPerHour ? Plan::kPerHour : Plan::kPerSecond;
      const Wide left = Wide{run_cost(plan, run.price.nano_per_hour, run.held_run_max.count)} - run.posted.nano;
      if (left > 0) needed[{instance->account, instance->type}] += left;
    }
    for (const auto& [account, hold] : rows.state.holds)
      for (const auto& draw : hold->draws)
        if (const auto at = needed.find({account, draw.type}); at != needed.end()) at->second -= draw.amount.nano;
    for (const auto& [key, missing] : needed)
      if (missing > 0) found(fmt::format("account {}: its {} machines may cost {} more than is held for them", key.first.view(), key.second, dollars(missing)));
    figures(fmt::format("{} machines, {} run", rows.state.instances.size(), runs));
  }
};

class Reserves final : public Check {
 public:
  explicit Reserves(const Rows& rows)
      : Check("reserves", "each disk's, snapshot's and address's reserve is whole, or was used for it; what is over has none") {
    each_kept(rows.state, [&](const Kept& row) { used_.emplace(row.id, false); });
  }
  void add(const Posting& posting) override {
    if (posting.entry.kind != EntryKind::kStorage || posting.entry.reason != "reserve") return;
    if (const auto at = used_.find(posting.entry.subject); at != used_.end()) at->second = true;
  }
  void end(const Rows& rows, const Books&) override {
    Wide reserved = 0;
    std::int64_t used = 0;
    each_kept(rows.state, [&](const Kept& row) {
      Wide sum = 0;
      for (const auto& draw : row.draws) {
        sum += draw.amount.nano;
        const auto* grant = rows.state.find<domain::Grant>(draw.grant);
        if (!grant || grant->account != row.account || !grant->only_types.empty())
          found(fmt::format("{}: its reserve is of {}, which may not pay it", row.id, draw.grant.view()));
      }
      reserved += row.reserved.nano;
      if (sum != row.reserved.nano) found(fmt::format("{}: {} reserved, its draws are {}", row.id, dollars(row.reserved.nano), dollars(sum)));
      if (row.over) {
        if (row.reserved.nano != 0) found(fmt::format("{}: it is deleted or failed, and {} is reserved for it", row.id, dollars(row.reserved.nano)));
        return;
      }
      if (row.reserved > row.reserve_wanted)
        found(fmt::format("{}: {} reserved, more than the {} it needs", row.id, dollars(row.reserved.nano), dollars(row.reserve_wanted.nano)));
      if (row.reserved < row.reserve_wanted) {
        ++used;
        if (!used_.at(row.id))
          found(fmt::format("{}: {} reserved of {}, and nothing was paid of it", row.id, dollars(row.reserved.nano), dollars(row.reserve_wanted.nano)));
      }
    });
    for (const auto& [id, row] : rows.state.elastic_addresses)  // no work is lost with it: an hour, whatever the course's grace
      if (const auto hour = reserve(row->price.nano_per_hour, 3600); row->reserve_wanted.nano != hour)
        found(fmt::format("{}: it needs a reserve of {}, its hour costs {}", id, dollars(row->reserve_wanted.nano), dollars(hour)));
    figures(fmt::format("{} disks, {} addresses: {} reserved, {} used theirs", rows.state.disks.size(), rows.state.elastic_addresses.size(),
                        dollars(reserved), used));
  }

 private:
  std::unordered_map<std::string, bool> used_;
};

}  // namespace

void add_row_checks(Checks& checks, const Rows& rows) {
  checks.push_back(std::make_unique<Grants>());
  checks.push_back(std::make_unique<Posted>(rows));
  checks.push_back(std::make_unique<Overspent>());
  checks.push_back(std::make_unique<Holds>());
  checks.push_back(std::make_unique<Leases>());
  checks.push_back(std::make_unique<Reserves>(rows));
}

}  // namespace stipend::ledger
