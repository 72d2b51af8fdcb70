#include "control/commands/budget_evaluation.hpp"

#include <algorithm>

#include "control/commands/budget_actions.hpp"
#include "control/commands/budget_words.hpp"
#include "control/commands/common.hpp"
#include "control/commands/mails.hpp"
#include "domain/costs.hpp"
#include "domain/storage.hpp"

namespace stipend::control {
namespace {

using domain::Budget;
using domain::BudgetFigures;

BudgetFigures figures_of(const domain::State& state, const Budget& budget, const PostedKey& key, const domain::PostedSpend& posted, base::WallTime now) {
  return domain::budget_figures(budget, posted, domain::unposted(state, budget.account, now), key.period, now);
}

// The budget, if the key still says what its sums were made for.
const Budget* current(const domain::State& state, const PostedKey& key, base::WallTime now) {
  const auto* budget = state.find<Budget>(key.budget);
  return budget && posted_key(state, *budget, now) == key ? budget : nullptr;
}

void mail_to(Tx& tx, const Budget& budget, const std::vector<domain::BudgetSubscriber>& subscribers, const MailWords& words) {
  for (const auto& subscriber : subscribers)
    if (!subscriber.sns && !put_mail(tx, {budget.account, subscriber.address, words.subject, words.text, "budget"}))
      tx.audit("budget-mail-dropped", budget.account.str(), "mails-an-hour");
}

}  // namespace

std::optional<PostedKey> posted_key(const domain::State& state, const Budget& budget, base::WallTime now) {
  const auto period = domain::budget_period(budget, now);
  if (!period || !state.find<domain::Account>(budget.account)) return std::nullopt;
  return PostedKey{budget.id, budget.account, *period, domain::posted_mark(state, budget.account), budget.updated, domain::utc_midnight(now)};
}

BudgetsToEvaluate budgets_to_evaluate(const domain::State& state, base::WallTime now, const std::string& after, std::size_t limit) {
  BudgetsToEvaluate out;
  for (auto at = state.budgets.upper_bound(after); at != state.budgets.end(); ++at) {
    const auto& budget = *at->second;
    if (budget.notifications.empty() && budget.actions.empty()) continue;
    if (auto key = posted_key(state, budget, now)) out.keys.push_back(*std::move(key));
    if (out.keys.size() < limit) continue;
    out.last = at->first;
    break;
  }
  return out;
}

bool is_due(const domain::State& state, base::WallTime now, const PostedKey& key, const domain::PostedSpend& posted) {
  const auto* budget = current(state, key, now);
  if (!budget) return false;
  Budget copy = *budget;
  if (std::ranges::any_of(copy.actions, [](const auto& action) { return domain::in_progress(action.status); })) return true;
  return domain::evaluate(copy, key.period, figures_of(state, copy, key, posted, now)).changed;
}

base::Status evaluate_budget(Tx& tx, const PostedKey& key, const domain::PostedSpend& posted, const std::string& origin) {
  const auto* found = current(tx.state(), key, tx.now());
  if (!found) return {};
  Budget budget = *found;
  const auto figures = figures_of(tx.state(), budget, key, posted, tx.now());
  auto due = domain::evaluate(budget, key.period, figures);
  for (const auto i : due.reset) {
    const auto told = budget.actions[i].told;  // already this period's when it begins at once
    reset_budget_action(tx, budget.actions[i], "SYSTEM", "A new period began");
    budget.actions[i].told = told == key.period.from ? told : base::WallTime{};
  }
  for (const auto i : due.notifications) {
    const auto& notification = budget.notifications[i];
    mail_to(tx, budget, notification.subscribers, notification_words(budget, notification.trigger, figures, origin));
    tx.audit("budget-alarm", budget.account.str(), notification.trigger.forecast ? "forecast" : "actual");
  }
  for (auto& action : budget.actions)
    if (domain::in_progress(action.status)) due.changed = advance_budget_action(tx, budget, action) || due.changed;
  for (const auto i : due.actions) {
    auto& action = budget.actions[i];
    begin_budget_action(tx, budget, action);
    mail_to(tx, budget, action.subscribers, action_words(budget, action, figures, origin));
    tx.audit("budget-action", budget.account.str(), action.automatic ? "automatic" : "waits for approval");
  }
  if (due.changed) tx.save(std::move(budget));
  return {};
}

}  // namespace stipend::control
