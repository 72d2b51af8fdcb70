#include "control/commands/budget_words.hpp"

#include <fmt/format.h>

namespace stipend::control {
namespace {

using domain::Budget;
using domain::BudgetComparison;
using domain::BudgetTime;
using domain::BudgetTrigger;

const char* period_word(BudgetTime time) {
  switch (time) {
    case BudgetTime::kDaily: return "day";
    case BudgetTime::kMonthly: return "month";
    case BudgetTime::kQuarterly: return "quarter";
    case BudgetTime::kAnnually: return "year";
  }
  return "";
}

const char* comparison_word(BudgetComparison comparison) {
  switch (comparison) {
    case BudgetComparison::kGreaterThan: return "greater than";
    case BudgetComparison::kLessThan: return "less than";
    case BudgetComparison::kEqualTo: return "equal to";
  }
  return "";
}

const char* sort_word(const BudgetTrigger& trigger) { return trigger.forecast ? "FORECASTED" : "ACTUAL"; }
const char* kind_word(const Budget& budget) { return budget.kind == domain::BudgetKind::kCost ? "cost" : "usage"; }

base::Money figure_of(const BudgetTrigger& trigger, const domain::BudgetFigures& figures) {
  return trigger.forecast ? figures.forecast.value_or(base::Money{}) : figures.actual;
}

// As one word of a shell.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) c == '\'' ? out += "'\\''" : out += c;
  return out + "'";
}

std::string threshold_words(const Budget& budget, const BudgetTrigger& trigger) {
  auto amount = fmt::format("{} {}", comparison_word(trigger.comparison), budget_amount(budget, domain::threshold_of(trigger, budget.limit)));
  if (trigger.percent) amount += fmt::format(" ({}% of the limit)", base::to_decimal({trigger.threshold}));
  return amount;
}

std::string table(const Budget& budget, const BudgetTrigger& trigger, const domain::BudgetFigures& figures) {
  return fmt::format(
      "Budget name:      {}\n"
      "Account:          {}\n"
      "Budget type:      {}, each {} (UTC)\n"
      "Budgeted amount:  {}\n"
      "Alert type:       {}\n"
      "Alert threshold:  {}\n"
      "{:<18}{}\n",
      budget.name, budget.account.str(), kind_word(budget), period_word(budget.time), budget_amount(budget, budget.limit), sort_word(trigger),
      threshold_words(budget, trigger), std::string(sort_word(trigger)) + " amount: ", budget_amount(budget, figure_of(trigger, figures)));
}

}  // namespace

std::string budget_amount(const Budget& budget, base::Money amount) {
  constexpr std::int64_t kStep = 100'000;  // a ten-thousandth: thresholds of classes are of cents and less
  const auto text = base::to_decimal({(amount.nano + kStep - 1) / kStep * kStep});
  return budget.kind == domain::BudgetKind::kCost ? "$" + text : text + " " + budget.unit;
}

MailWords notification_words(const Budget& budget, const BudgetTrigger& trigger, const domain::BudgetFigures& figures, const std::string& origin) {
  const auto text = fmt::format(
      "You asked to be told when the {} {} of your budget {} is {} for the current {}.\n"
      "The {} {} is {}.\n\n{}\n"
      "What was charged: {}/\n",
      sort_word(trigger), kind_word(budget), budget.name, threshold_words(budget, trigger), period_word(budget.time), sort_word(trigger), kind_word(budget),
      budget_amount(budget, figure_of(trigger, figures)), table(budget, trigger, figures), origin);
  return {fmt::format("Budget {}: your alert threshold has been reached", budget.name), text};
}

MailWords action_words(const Budget& budget, const domain::BudgetAction& action, const domain::BudgetFigures& figures, const std::string& origin) {
  std::string machines;
  for (const auto& id : action.stop) machines += (machines.empty() ? "" : ", ") + id.str();
  std::string said;
  if (action.automatic)
    said = fmt::format("The action of your budget {} runs: it stops {}. Their disks are kept.\n", budget.name, machines);
  else
    said = fmt::format(
        "The action of your budget {} waits for your approval: it would stop {}. To approve it:\n\n"
        "  aws budgets execute-budget-action --endpoint-url {} --account-id {} --budget-name {} \\\n"
        "    --action-id {} --execution-type APPROVE_BUDGET_ACTION\n",
        budget.name, machines, origin, budget.account.str(), quoted(budget.name), action.id);
  return {fmt::format("Budget {}: {}", budget.name, action.automatic ? "an action runs" : "an action waits for your approval"),
          fmt::format("{}\n{}\nYour machines: {}/\n", said, table(budget, action.trigger, figures), origin)};
}

}  // namespace stipend::control
