#include "api/budgets/spending.hpp"

#include <algorithm>

#include "domain/costs.hpp"

namespace stipend::api {
namespace {

constexpr int kLooksMost = 5;

// What the store must say for a set of budgets, and the moment for which it holds.
struct Wanted {
  std::vector<domain::RowPtr<domain::Budget>> budgets;
  base::WallTime from{base::WallTime::never()}, until{0}, now;
  base::Money mark;

  void reach(base::WallTime begin, base::WallTime end) {
    from = std::min(from, begin);
    until = std::max(until, end);
  }
};

base::Result<Wanted> wanted(const domain::State& state, const base::AccountId& account, const std::optional<std::string>& name, base::WallTime now) {
  Wanted out{.budgets = {}, .now = now, .mark = domain::posted_mark(state, account)};
  if (name) {
    TRY_ASSIGN(const auto* budget, control::find_budget(state, account, *name));
    out.budgets.push_back(state.budgets.at(budget->id));
  } else {
    out.budgets = control::budgets_of(state, account);
  }
  for (const auto& budget : out.budgets)
    if (const auto period = domain::budget_period(*budget, now)) out.reach(domain::usage_begin(*period, now), period->until);
  return out;
}

awaitable<base::Result<std::vector<domain::UsageDay>>> usage(const Context& context, base::WallTime from, base::WallTime until) {
  if (from >= until) co_return std::vector<domain::UsageDay>{};
  if (!context.parts->read_usage) co_return fail(Fault::kInternal, "InternalErrorException", "The sums of days are not at hand.");
  co_return co_await control::from_callback<std::vector<domain::UsageDay>>(
      [&context, from, until](UsageDone done) { context.parts->read_usage({context.account()}, from, until, std::move(done)); });
}

// The accrual of the moment whose postings were read; nothing when there was a posting since.
struct Accrual {
  std::vector<domain::Entry> parts;
  base::WallTime now;
};
awaitable<base::Result<std::optional<Accrual>>> accrual(const Context& context, base::Money mark) {
  co_return co_await control::read<std::optional<Accrual>>(
      context.engine(), context.actor,
      [account = context.account(), mark](const domain::State& state, base::WallTime now) -> base::Result<std::optional<Accrual>> {
        if (domain::posted_mark(state, account) != mark) return std::nullopt;
        return Accrual{domain::unposted(state, account, now), now};
      });
}

std::unexpected<base::Error> too_busy() { return fail(Fault::kUnavailable, "InternalErrorException", "Charges are being posted all the time; try again."); }

}  // namespace

awaitable<base::Result<std::vector<BudgetNow>>> budgets_now(Context context, std::optional<std::string> account_id, std::optional<std::string> name) {
  for (int look = 0; look < kLooksMost; ++look) {
    CO_TRY_ASSIGN(const auto want, co_await look_at_budgets<Wanted>(context, account_id, [account = context.account(), name](const domain::State& state, base::WallTime now) {
                    return wanted(state, account, name, now);
                  }));
    CO_TRY_ASSIGN(const auto days, as_budgets_result(co_await usage(context, want.from, want.until)));
    CO_TRY_ASSIGN(const auto accrued, as_budgets_result(co_await accrual(context, want.mark)));
    if (!accrued) continue;
    std::vector<BudgetNow> out;
    for (const auto& budget : want.budgets) {
      auto& row = out.emplace_back(budget, std::nullopt);
      if (const auto period = domain::budget_period(*budget, accrued->now))
        row.figures = domain::budget_figures(*budget, domain::posted_spend(*budget, days, *period, accrued->now), accrued->parts, *period, accrued->now);
    }
    co_return out;
  }
  co_return too_busy();
}

awaitable<base::Result<BudgetHistory>> budget_history(Context context, std::optional<std::string> account_id, std::string name, base::WallTime from,
                                                      base::WallTime until, std::size_t most) {
  for (int look = 0; look < kLooksMost; ++look) {
    CO_TRY_ASSIGN(const auto want, co_await look_at_budgets<Wanted>(context, account_id, [account = context.account(), name](const domain::State& state, base::WallTime now) {
                    return wanted(state, account, name, now);
                  }));
    BudgetHistory out{want.budgets.front(), {}};
    const auto& budget = *out.budget;
    for (auto at = std::min(want.now, budget.until.plus_ms(-1)); out.periods.size() < most;) {
      const auto period = domain::budget_period(budget, at);
      if (!period) break;
      if (period->until > from && period->from < until) out.periods.push_back({*period, {}});
      if (period->from <= from) break;
      at = period->from.plus_ms(-1);
    }
    std::ranges::reverse(out.periods);
    if (out.periods.empty()) co_return out;
    CO_TRY_ASSIGN(const auto days, as_budgets_result(co_await usage(context, out.periods.front().period.from, out.periods.back().period.until)));
    CO_TRY_ASSIGN(const auto accrued, as_budgets_result(co_await accrual(context, want.mark)));
    if (!accrued) continue;
    for (auto& [period, actual] : out.periods) {
      const bool present = period.from <= accrued->now && accrued->now < period.until;
      const auto posted = domain::posted_spend(budget, days, period, accrued->now);
      actual = domain::budget_figures(budget, posted, present ? accrued->parts : std::vector<domain::Entry>{}, period, accrued->now).actual;
    }
    co_return out;
  }
  co_return too_busy();
}

}  // namespace stipend::api
