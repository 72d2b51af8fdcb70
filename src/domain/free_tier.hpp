// The free tier of a course, as AWS's of 2017: so many hours of a type each month of UTC, in the first months of an account. It
// is credit for that type alone, worth the hours at the type's price, which is gone when the month is: so it is spent before
// all other, and every rule of credit holds for it (docs/design/money.md, "Grants"). Pure.
#pragma once

#include <optional>
#include <string>

#include "domain/state.hpp"

namespace stipend::domain {

inline constexpr std::int64_t kFreeTierHoursMost = 1'000;   // a month
inline constexpr std::int64_t kFreeTierMonthsMost = 120;
inline constexpr const char* kFreeTierSource = "free-tier";

// The first instant of the month of UTC that `t` is in, and of the next one.
WallTime utc_month(WallTime t);
WallTime next_utc_month(WallTime t);

struct FreeTierGift {
  WallTime month, until;  // [month, until)
  Money amount;
  std::string type, words;  // "750 h of t2.micro in November 2026"
};
// What the account is to be given now. Nothing: its course has no free tier; it is no student's, or suspended; it had this
// month's; the month is not among the first of the account, that of its making included.
// The price is that of the list which held when the month began, or the account was made.
std::optional<FreeTierGift> free_tier_due(const State& state, const Account& account, WallTime now);

}  // namespace stipend::domain
