// How much of the month's free tier an account has used: its grants of the source "free-tier", in hours of the type. Pure.
#pragma once

#include <optional>
#include <string>

#include "domain/state.hpp"

namespace stipend::domain {

struct FreeHours {
  std::string type;
  std::int64_t limit = 0;                   // hours a month
  std::int64_t used_nano = 0;               // billionths of an hour, with what accrued up to now
  WallTime from, until;                     // the month
  std::int64_t months = 0;                  // that the course gives it for
  std::int64_t by_the_end_nano(WallTime now) const;  // at this pace
};

// Nothing where the course has no free tier, or the account none of this month.
std::optional<FreeHours> free_hours(const State& state, const AccountId& account, WallTime now);

}  // namespace stipend::domain
