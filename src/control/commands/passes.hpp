// The ways in: sign-in links, sessions, notebook tickets and notebook sessions. Secrets are 128 random bits and
// only their SHA-256 is kept. Every failure is the same PassRefused, so that nothing can be told from it.
#pragma once

#include <optional>
#include <set>

#include "control/commands/accounts.hpp"

namespace stipend::control {

inline constexpr std::int64_t kSignInSeconds = 7 * 86400;
inline constexpr std::int64_t kSessionSeconds = 7 * 86400;
inline constexpr std::int64_t kTicketSeconds = 60;
inline constexpr std::int64_t kNotebookSessionSeconds = 86400;

// The pass of this secret if it is of the kind and lives; null else.
const domain::Pass* find_pass(const domain::State& state, base::WallTime now, domain::PassKind kind,
                              const std::string& secret);

// Without bias, whatever the number of signs.
std::string random_word(base::Random& random, std::string_view signs, std::size_t length);
// A new way in for the account, checked by the caller; the secret.
std::string make_sign_in_link(Tx& tx, const base::AccountId& account);
SessionMade make_session(Tx& tx, const base::AccountId& account);
// Ends the accounts' passes of the kind, or all of them.
void end_passes(Tx& tx, const std::set<base::AccountId>& accounts, std::optional<domain::PassKind> kind);

}  // namespace stipend::control
