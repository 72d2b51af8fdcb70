#include "api/billing/read_costs.hpp"

#include <algorithm>

#include "api/operation.hpp"
#include "control/await.hpp"

namespace stipend::api {
namespace {

using base::AccountId;
using base::WallTime;
using boost::asio::awaitable;
using domain::State;

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::size_t kAccountsAtATime = 50, kAccountsByEntries = 10;
constexpr int kTriesMax = 8;

struct Holder {
  AccountId account;
  std::string name;
};

struct Scope {
  std::vector<Holder> holders;  // by account
  domain::DiskPrices prices;
  bool hours_in_full = false;
};

// What the rows say of some accounts at one instant.
struct Accrued {
  std::vector<domain::Entry> entries;
  std::vector<base::Money> spent;  // as posted, of each account: tells whether anything was since
  std::map<std::string, Subject> subjects;
};

std::string name_of(const State& state, const domain::Account& account, const domain::Course& course) {
  if (account.role == domain::Role::kCourse) return course.name;
  const auto* person = state.find<domain::Person>(account.person);
  return person ? person->name : "";
}

base::Result<Scope> scope_of(const State& state, const AccountId& asker) {
  const auto* row = state.find<domain::Account>(asker);
  const auto* course = row ? state.find<domain::Course>(row->course) : nullptr;
  if (!course) return fail(Fault::kDenied, "AccessDeniedException", "The account is gone.");
  Scope scope{.holders = {}, .prices = domain::disk_prices(state, *course), .hours_in_full = course->plan == domain::RatePlan::kPerHour};
  if (row->role == domain::Role::kStudent || row->role == domain::Role::kCourse) {
    scope.holders.push_back({asker, name_of(state, *row, *course)});
    return scope;
  }
  for (const auto& [id, account] : state.accounts)
    if (account->course == course->id) scope.holders.push_back({id, name_of(state, *account, *course)});
  return scope;
}

base::Money spent(const State& state, const AccountId& account) {
  base::Money sum;
  if (const auto of = state.grants_of.find(account); of != state.grants_of.end())
    for (const auto& id : of->second) sum += state.find<domain::Grant>(id)->spent;
  return sum;
}

std::vector<base::Money> spent(const State& state, const std::vector<AccountId>& accounts) {
  std::vector<base::Money> sums;
  for (const auto& account : accounts) sums.push_back(spent(state, account));
  return sums;
}

void add_subjects(std::map<std::string, Subject>& subjects, const State& state, const AccountId& account) {
  if (const auto of = state.instances_of.find(account); of != state.instances_of.end())
    for (const auto& id : of->second) {
      const auto& row = *state.find<domain::Instance>(id);
      subjects.emplace(id.str(), Subject{row.tags, row.zone});
    }
  if (const auto of = state.disks_of.find(account); of != state.disks_of.end())
    for (const auto& id : of->second) subjects.emplace(id.str(), Subject{state.find<domain::Disk>(id)->tags, {}});
  if (const auto of = state.addresses_of.find(account); of != state.addresses_of.end())
    for (const auto& id : of->second) subjects.emplace(id, Subject{state.find<domain::Address>(id)->tags, {}});
}

Accrued look(const State& state, const std::vector<AccountId>& accounts, bool with_subjects, WallTime now) {
  Accrued found{.entries = {}, .spent = spent(state, accounts), .subjects = {}};
  for (const auto& account : accounts) {
    std::ranges::move(domain::unposted(state, account, now), std::back_inserter(found.entries));
    if (with_subjects) add_subjects(found.subjects, state, account);
  }
  return found;
}

// From a callback of the store's reader.
template <class Row>
awaitable<base::Result<std::vector<Row>>> read_rows(
    const std::function<void(std::vector<AccountId>, WallTime, WallTime, std::function<void(base::Result<std::vector<Row>>)>)>& read,
    std::vector<AccountId> accounts, WallTime from, WallTime until) {
  if (!read) co_return fail(Fault::kUnavailable, "Unavailable", "This server keeps no costs.");
  co_return co_await control::from_callback<std::vector<Row>>(
      [&](auto done) { read(std::move(accounts), from, until, std::move(done)); });
}

class Teller {
 public:
  Teller(const Context& context, const CostWish& wish, const Scope& scope, const CostSink& sink)
      : settings_(context.settings()), wish_(wish), scope_(scope), sink_(sink) {}

  void tell(const domain::CostLine& line, const std::map<std::string, Subject>& subjects) const {
    if (!wish_.by_hour) return tell_one(line, subjects);
    for (const auto& part : domain::by_hour(line, scope_.hours_in_full)) tell_one(part, subjects);
  }
  void tell(const std::vector<domain::Entry>& entries, const std::map<std::string, Subject>& subjects) const {
    domain::CostReader reader(scope_.prices);
    for (const auto& entry : entries) {
      auto line = reader.next(entry);
      if (!line) continue;
      if (!wish_.by_hour) line->from = domain::usage_day(entry.at);
      tell(*line, subjects);
    }
  }

 private:
  void tell_one(const domain::CostLine& line, const std::map<std::string, Subject>& subjects) const {
    if (line.from < wish_.from || line.from >= wish_.until) return;
    const auto holder = std::ranges::lower_bound(scope_.holders, line.account, {}, &Holder::account);
    const auto subject = subjects.find(line.subject);
    sink_({line, subject == subjects.end() ? nullptr : &subject->second, holder->name, settings_});
  }

  const Settings& settings_;
  const CostWish& wish_;
  const Scope& scope_;
  const CostSink& sink_;
};

}  // namespace

awaitable<base::Status> read_costs(Context context, CostWish wish, CostSink sink) {
  CO_TRY_ASSIGN(const auto scope, (co_await control::read<Scope>(context.engine(), context.actor, [asker = context.account()](const State& state, WallTime) {
                                    return scope_of(state, asker);
                                  })));
  const Teller teller(context, wish, scope, sink);
  const bool by_entries = wish.by_hour || wish.by_subject;
  const std::size_t most = by_entries ? kAccountsByEntries : kAccountsAtATime;
  const WallTime first{wish.from.ms / kDayMs * kDayMs}, end{(wish.until.ms + kDayMs - 1) / kDayMs * kDayMs};
  for (std::size_t at = 0; at < scope.holders.size(); at += most) {
    std::vector<AccountId> accounts;
    for (std::size_t i = at; i < std::min(at + most, scope.holders.size()); ++i) accounts.push_back(scope.holders[i].account);
    // Between the look at the rows and the reading of the ledger something may be posted: then both are read again.
    for (int tries = 1;; ++tries) {
      CO_TRY_ASSIGN(const auto accrued, (co_await control::read<Accrued>(context.engine(), context.actor,
                                                                         [accounts, with_subjects = wish.by_subject](const State& state, WallTime now) {
                                                                           return base::Result<Accrued>(look(state, accounts, with_subjects, now));
                                                                         })));
      std::vector<domain::UsageDay> days;
      std::vector<domain::Entry> entries;
      if (by_entries) {
        // An entry at midnight is of the day that ends.
        const WallTime after = first.plus_ms(1), up_to = end.plus_ms(1);
        CO_TRY_ASSIGN(entries, (co_await read_rows<domain::Entry>(context.parts->read_entries, accounts, after, up_to)));
      } else {
        CO_TRY_ASSIGN(days, (co_await read_rows<domain::UsageDay>(context.parts->read_usage, accounts, first, end)));
      }
      CO_TRY_ASSIGN(const bool same, (co_await control::read<bool>(context.engine(), context.actor, [accounts, before = accrued.spent](const State& state, WallTime) {
                                       return base::Result<bool>(spent(state, accounts) == before);
                                     })));
      if (!same) {
        if (tries == kTriesMax) co_return fail(Fault::kUnavailable, "Unavailable", "Costs are being posted at this moment; try again.");
        continue;
      }
      for (const auto& day : days)
        if (const auto line = domain::cost_line(day, scope.prices)) teller.tell(*line, accrued.subjects);
      teller.tell(entries, accrued.subjects);
      teller.tell(accrued.entries, accrued.subjects);
      break;
    }
  }
  co_return base::Status{};
}

}  // namespace stipend::api
