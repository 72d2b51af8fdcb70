// An account's statement of a period, from its entries in the order of their numbers: lines, and what they add up to, to
// the nano-dollar. Pure; holds the sums alone, so entries may come a page at a time.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/rows.hpp"

namespace stipend::domain {

// Entries after `after` and up to `until`, both midnights UTC: an entry at midnight belongs to the day that ends.
struct Period {
  WallTime after, until;
  bool operator==(const Period&) const = default;
};
// "2026-11" is November of UTC; nullopt: no month, or not one from 1971 to 9998.
std::optional<Period> parse_month(std::string_view text);
std::string month_of(WallTime t);  // of a statement with an entry at `t`

// What the entries of a period sum up to. closing() is the balance as the account shows it, once all is posted.
struct Totals {
  Money opening;
  Money given, taken_back, expired;
  Money machines, disks, addresses;  // charged; snapshots are disks
  Money corrections;       // given back after a fault, by the house
  Money house_disks;       // charges for disks and addresses that the house paid: no part of the balance
  Money closing() const { return opening + given - taken_back - expired - machines - disks - addresses + corrections; }
};

struct Line {
  Entry entry;
  Money in, out, house;    // one of them is not zero
  Money in_period;         // in - out of this line and those before: the balance is totals().opening + in_period
  std::optional<WallTime> from;  // of a charge: the seconds counted, laid back from the posting
};

class Statement {
 public:
  explicit Statement(Period period) : period_(period) {}

  // The next entry; a line when it is of the period. The opening balance is known when all were added.
  std::optional<Line> add(const Entry& entry);
  // Whether no later entry can be of the period: postings of a midnight come late, but within the day that follows.
  bool complete() const { return complete_; }
  const Totals& totals() const { return totals_; }

 private:
  Period period_;
  Totals totals_;
  Money in_period_;
  bool complete_ = false;
};

}  // namespace stipend::domain
