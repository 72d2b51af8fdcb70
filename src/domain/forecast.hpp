// Who of a class will run out of credit before a date, from what each was charged a day lately. Pure.
//
// Method: of the last seven whole UTC days each has a sum of what was charged to the account (machines and disks, less what
// was given back). The middle of the seven sums is the use a day that is expected, their quartiles its spread; days without use count
// as zero. What is left (balance less the reserve of disks) less that use until the date is the shortfall or what remains.
#pragma once

#include <array>

#include "domain/rows.hpp"

namespace stipend::domain {

inline constexpr std::size_t kForecastDays = 7;

// Sums the entries of one account, in any order, by day.
class DailyUse {
 public:
  explicit DailyUse(WallTime now);
  void add(const Entry& entry);  // an entry at midnight belongs to the day that ends
  WallTime from() const { return from_; }

  struct Spread {
    Money low, middle, high;  // quartiles of the days, and their median
  };
  Spread spread() const;

 private:
  WallTime from_;
  std::array<Money, kForecastDays> days_{};
};

// What a use of so much a day costs from `now` until `until`, rounded up.
Money use_until(Money a_day, WallTime now, WallTime until);

struct Outlook {
  Money low, middle, high;  // shortfall at the date; zero: does not run out
};
Outlook outlook(Money left, const DailyUse::Spread& use, WallTime now, WallTime until);

}  // namespace stipend::domain
