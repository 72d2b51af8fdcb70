// The words of the mails that budgets send. Pure.
#pragma once

#include <string>

#include "domain/budgets.hpp"

namespace stipend::control {

struct MailWords {
  std::string subject, text;
};

// "$12.50", or "12.50 Hrs" of a usage budget; up to the next ten-thousandth.
std::string budget_amount(const domain::Budget& budget, base::Money amount);

MailWords notification_words(const domain::Budget& budget, const domain::BudgetTrigger& trigger, const domain::BudgetFigures& figures,
                             const std::string& origin);
// An action that runs, or waits for approval.
MailWords action_words(const domain::Budget& budget, const domain::BudgetAction& action, const domain::BudgetFigures& figures, const std::string& origin);

}  // namespace stipend::control
