// Gives the free tier of a month (domain/free_tier.hpp): to an account when it is made, and by the guard to all to whom it is
// due, some in a step. Account::free_tier makes it once a month, whoever asks how often.
#pragma once

#include <optional>

#include "control/tx.hpp"

namespace stipend::control {

// Nothing is due: nothing happens.
base::Status give_free_tier(Tx& tx, const base::AccountId& account);

// To at most `limit` accounts behind `after`; answers behind which one to go on, or nothing when all were looked at.
std::optional<base::AccountId> give_free_tiers(Tx& tx, std::optional<base::AccountId> after, std::size_t limit = 100);

}  // namespace stipend::control
