// What several commands share: who asks, whose account, which course; and putting a wallet's changes.
// On the engine's strand only.
#pragma once

#include <string>

#include "control/tx.hpp"
#include "domain/catalogue.hpp"
#include "domain/wallet.hpp"

namespace stipend::control {

// The account the actor acts as; an operator without one is told to name it.
base::Result<const domain::Account*> own_account(const Tx& tx);
// Twelve digits that no account has.
base::AccountId new_account_id(Tx& tx);
// Course and catalogue of an account; both exist for every account.
const domain::Course& course_of(const domain::State& state, const base::AccountId& account);
const domain::Catalogue& catalogue_of(const domain::State& state, const base::AccountId& account, base::WallTime now);

bool is_operator(const Actor& actor);
bool is_suspended(const domain::State& state, const base::AccountId& account);
// Whoever is suspended looks and fetches files, and changes nothing: AccountSuspended. The operator and the system pass.
base::Status check_not_suspended(const Tx& tx);
// May act on things of `owner`: the owner, staff of its course, the operator.
bool may_act_for(const domain::State& state, const Actor& actor, const base::AccountId& owner);

// Puts what changed in the wallet.
void save_wallet(Tx& tx, domain::Wallet& wallet);

// "$0.000774": dollars to the millionth, needs rounded up and what is there rounded down.
std::string dollars(base::Money amount, base::Rounding rounding);
// "A t2.medium needs at least $0.000774 for its first 60 seconds; account 123456789012 has $0.000500 available
// ($1.20 balance, $0.70 set aside for running machines, $0.50 kept for disks). Ask your teacher for more credit or
// stop a machine."
struct Shortage {
  std::string who;      // "A t2.medium needs"
  base::Money needed;
  std::string purpose;  // "for its first 60 seconds"
};
std::unexpected<base::Error> insufficient_credit(const domain::State& state, const base::AccountId& account,
                                                 base::WallTime now, const Shortage& shortage);

std::unexpected<base::Error> dry_run_succeeded();

}  // namespace stipend::control
