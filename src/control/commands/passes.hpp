// The ways in: sign-in links, sessions, notebook tickets and notebook sessions. Secrets are 128 random bits and
// only their SHA-256 is kept. Every failure is the same PassRefused, so that nothing can be told from it.
#pragma once

#include "control/commands/accounts.hpp"

namespace stipend::control {

inline constexpr std::int64_t kSignInSeconds = 7 * 86400;
inline constexpr std::int64_t kSessionSeconds = 7 * 86400;
inline constexpr std::int64_t kTicketSeconds = 60;
inline constexpr std::int64_t kNotebookSessionSeconds = 86400;

// The pass of this secret if it is of the kind and lives; null else.
const domain::Pass* find_pass(const domain::State& state, base::WallTime now, domain::PassKind kind,
                              const std::string& secret);

}  // namespace stipend::control
