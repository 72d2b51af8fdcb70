// Join codes: whoever has one becomes a member of the course under an identifier of their own choice; no name, no mail.
// Codes are made by staff and shown to them again; they are printed and typed, so they have no letters that look alike.
#pragma once

#include "control/commands/people.hpp"

namespace stipend::control {

struct NewJoinCode {
  std::string course, section;
  base::Money credit;
  std::int64_t uses = 0;       // 1 to 10,000
  base::WallTime expires;      // within a year
};
base::Result<domain::RowPtr<domain::JoinCode>> make_join_code(Tx& tx, const NewJoinCode& request);
base::Status revoke_join_code(Tx& tx, const std::string& code);

// As typed: letters of any case, blanks and dashes anywhere.
std::string plain_code(std::string_view typed);

struct JoinOffer {
  std::string course;
  std::vector<std::string> teachers;  // names of the staff, at most three
  base::Money credit;
};
// JoinCodeUnknown, JoinCodeRevoked, JoinCodeExpired, JoinCodeUsedUp: each its own sentence.
base::Result<JoinOffer> look_at_join_code(const domain::State& state, base::WallTime now, const std::string& typed);

struct Joined {
  base::AccountId account;
  std::string session;           // the new member's
  std::string sign_in_token;     // to come back with; shown once
};
// IdentifierTaken when the course has a member of that identifier, invited or joined: only staff can give a way back in.
base::Result<Joined> join(Tx& tx, const std::string& typed, const std::string& identifier);

}  // namespace stipend::control
