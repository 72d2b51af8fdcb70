// What will be spent, from what was: the mean of the last whole UTC days goes on, with an interval from how much they differ.
// Days are taken as independent of each other: no weekends, no deadlines. Pure, whole numbers.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "domain/rows.hpp"

namespace stipend::domain {

inline constexpr std::int64_t kSpendDays = 7, kSpendDaysLeast = 3;

struct SpendForecast {
  Money mean, low, high;
};

// The sums of costs by the day they belong to. A day without is a day that cost nothing, from the first one with costs on.
class SpendHistory {
 public:
  explicit SpendHistory(WallTime now);
  WallTime from() const { return from_; }    // of what is to be added
  WallTime until() const { return until_; }  // the present day is not over and does not count
  void add(WallTime day, Money amount);
  // Fewer whole days than kSpendDaysLeast: there is nothing to go by.
  bool is_enough() const;
  // Of so many milliseconds to come; `level`: percent of cases in which the interval holds, 51 to 99. Needs is_enough().
  SpendForecast over(std::int64_t ms, std::int64_t level) const;

 private:
  std::vector<Money> sums() const;
  WallTime from_, until_;
  std::map<WallTime, Money> days_;
};

}  // namespace stipend::domain
