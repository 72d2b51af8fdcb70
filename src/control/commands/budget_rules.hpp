// What budgets.cpp and budget_actions.cpp share: checks, and changing one budget of the actor's.
#pragma once

#include <functional>

#include "control/commands/budgets.hpp"

namespace stipend::control {

std::unexpected<base::Error> invalid_budget(std::string why);
base::Status check_trigger(const domain::BudgetTrigger& trigger);
// All subscribers of one notification or action, which `account` asks for.
base::Status check_subscribers(const domain::State& state, const base::AccountId& account, const std::vector<domain::BudgetSubscriber>& subscribers,
                               const MailRule& rule);
base::Status check_budget_tags(const domain::Tags& tags);

// Puts the actor's budget as `change` leaves it, with an audit row.
base::Status change_budget(Tx& tx, const std::string& name, std::string action, const std::function<base::Status(domain::Budget&)>& change);

}  // namespace stipend::control
