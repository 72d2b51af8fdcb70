#include "app/budget_watch.hpp"

#include <set>

#include "base/log.hpp"
#include "control/await.hpp"
#include "net/runtime.hpp"

namespace stipend::app {

using boost::asio::awaitable;

namespace {

constexpr auto kLookEvery = std::chrono::seconds(3);
constexpr std::size_t kBudgetsAStep = 50;

control::Actor actor() { return {.who = "budgets", .via = "clock", .request_id = {}, .account = {}}; }

}  // namespace

awaitable<void> BudgetWatch::run() {
  for (;;) {
    co_await net::sleep_for(kLookEvery);
    co_await look();
  }
}

// Some budgets: those whose sums are not known, those that are due.
awaitable<base::Result<BudgetWatch::Part>> BudgetWatch::part(std::string after) {
  // known_ is read on the engine's thread while this coroutine waits for it.
  co_return co_await control::read<Part>(engine_, actor(), [this, after](const domain::State& state, base::WallTime now) -> base::Result<Part> {
    auto found = control::budgets_to_evaluate(state, now, after, kBudgetsAStep);
    Part out;
    out.last = std::move(found.last);
    for (auto& key : found.keys) {
      out.seen.push_back(key.budget);
      const auto at = known_.find(key.budget);
      if (at == known_.end() || at->second.key != key) out.unknown.emplace_back(key, state.budgets.at(key.budget));
      else if (control::is_due(state, now, key, at->second.posted)) out.due.push_back(key.budget);
    }
    return out;
  });
}

base::Status BudgetWatch::learn(const control::PostedKey& key, const domain::Budget& budget) {
  TRY_ASSIGN(const auto days, store_.usage({key.account, domain::usage_begin(key.period, key.today), key.period.until}));
  known_[key.budget] = {key, domain::posted_spend(budget, days, key.period, key.today)};
  return {};
}

awaitable<void> BudgetWatch::evaluate(const std::string& budget) {
  const auto& known = known_.at(budget);
  const auto done = co_await control::run<bool>(engine_, actor(), [this, known](control::Tx& tx) -> base::Result<bool> {
    TRY(control::evaluate_budget(tx, known.key, known.posted, origin_));
    return true;
  });
  if (!done) base::log::warn("a budget was not evaluated", {{"account", known.key.account.str()}, {"why", done.error().message}});
}

awaitable<void> BudgetWatch::look() {
  std::set<std::string> seen;
  std::string after;
  for (bool learned = false;;) {
    auto found = co_await part(after);
    if (!found) co_return;
    for (const auto& budget : found->due) co_await evaluate(budget);
    seen.insert(found->seen.begin(), found->seen.end());
    if (!found->unknown.empty() && !learned) {
      for (const auto& [key, budget] : found->unknown)
        if (const auto read = learn(key, *budget); !read)
          base::log::warn("a budget was not evaluated", {{"account", key.account.str()}, {"why", read.error().message}});
      learned = true;  // what is known now is asked for at once
      continue;
    }
    learned = false;
    if (found->last.empty()) break;
    after = std::move(found->last);
  }
  std::erase_if(known_, [&](const auto& known) { return !seen.contains(known.first); });
}

}  // namespace stipend::app
