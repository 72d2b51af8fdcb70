// What the clock does with budgets. An evaluation has three steps, so that the strand reads no store and the store waits for
// no strand: budgets_to_evaluate() says what is to be known, somebody reads the sums of days and makes PostedSpend of them
// (domain/budget_figures.hpp) for as long as the key stays the same, and evaluate_budget() compares again with the state of
// that moment and commits alarms, mails and what actions do, all in the one step. A key that is not right any more changes
// nothing: the next look has another.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/tx.hpp"
#include "domain/budgets.hpp"

namespace stipend::control {

// PostedSpend of a budget depends on nothing else.
struct PostedKey {
  std::string budget;
  base::AccountId account;
  domain::BudgetPeriod period;
  base::Money mark;                    // domain::posted_mark
  base::WallTime updated, today;       // of the budget; the newest midnight
  bool operator==(const PostedKey&) const = default;
};

// Of a budget that is neither over nor begins later.
std::optional<PostedKey> posted_key(const domain::State& state, const domain::Budget& budget, base::WallTime now);

// Those with something to tell or to do, from the one after `after` on, at most `limit`.
struct BudgetsToEvaluate {
  std::vector<PostedKey> keys;
  std::string last;  // to go on after; empty: these were all
};
BudgetsToEvaluate budgets_to_evaluate(const domain::State& state, base::WallTime now, const std::string& after, std::size_t limit);

// Whether evaluate_budget would change anything.
bool is_due(const domain::State& state, base::WallTime now, const PostedKey& key, const domain::PostedSpend& posted);

// `origin`: the console's, for the links in mails.
base::Status evaluate_budget(Tx& tx, const PostedKey& key, const domain::PostedSpend& posted, const std::string& origin);

}  // namespace stipend::control
