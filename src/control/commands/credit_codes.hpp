// Credit codes: worth an amount to every account of the course that enters one, once each, while its uses last. Made by
// staff in batches, printed or mailed. Twelve letters of an alphabet without look-alikes are 58 bits: a guesser who may
// try 500 times in ten minutes (what the gateway lets all guessers try together) needs a million years for even odds of
// meeting one of 10,000 codes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "control/commands/grants.hpp"

namespace stipend::control {

inline constexpr std::size_t kCreditCodesAtOnce = 2'000;
inline constexpr std::size_t kCreditCodesMost = 10'000;  // of a course, that can still be used

struct NewCreditCodes {
  std::string course;              // for the operator; staff makes those of its own
  base::Money amount;
  std::int64_t count = 1, uses = 1;
  base::WallTime expires = {};     // of the codes: within a year; not after what they give
  GrantTerms terms = {};           // of what they give
  std::int64_t grant_days = 0;     // how long the credit lasts once it is there; 0: as terms say
  std::string label = {};          // of the batch
};
// In the order they were made. All or none.
base::Result<std::vector<domain::RowPtr<domain::CreditCode>>> make_credit_codes(Tx& tx, const NewCreditCodes& request);

// Ends one code, as typed, or all of a label that can still be used; how many. What was given stays.
// CreditCodeUnknown when there is none.
base::Result<std::int64_t> end_credit_code(Tx& tx, const std::string& course, const std::string& typed);
base::Result<std::int64_t> end_credit_codes(Tx& tx, const std::string& course, const std::string& label);

// "usable", "used-up", "expired", "ended"
const char* state_of(const domain::CreditCode& code, base::WallTime now);
// "ABCD-EFGH-JKMN", as it is printed.
std::string printed_code(const std::string& code);

// For the account that acts. CreditCodeUnknown says the same of a code that nobody made and of another course's; the
// others are told to whoever holds a code that was made: CreditCodeRevoked, CreditCodeExpired, CreditCodeUsedUp,
// CreditCodeTaken (this account had it).
base::Result<domain::RowPtr<domain::Grant>> redeem_credit_code(Tx& tx, const std::string& typed);

}  // namespace stipend::control
