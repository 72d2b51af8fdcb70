// Which UsageDay an entry adds to. Every store keeps these sums beside the entries, in the same transaction, so that what
// an account was charged in a period is read without walking its history; costs that are told by the hour or by the
// machine are made of entries by the same rule. Pure.
#pragma once

#include <optional>

#include "domain/rows.hpp"

namespace stipend::domain {

// For the entries of one batch, in their order: one posting that several grants pay is several entries of one step, and
// its seconds count with the first.
class UsageOf {
 public:
  // Nothing for an entry that is no charge. Seconds are negative where a correction takes some back.
  std::optional<UsageDay> next(const Entry& entry);

 private:
  struct Posting {
    std::string subject;
    std::int64_t generation = 0, from = 0, to = 0;
    EntryKind kind{};
    bool operator==(const Posting&) const = default;
  };
  std::optional<Posting> before_;
};

// A charge for a disk that no grant paid: no cost of the account.
bool paid_by_house(const Entry& entry);

// Of the day that an entry belongs to; one at midnight belongs to the day that ends.
WallTime usage_day(WallTime at);

}  // namespace stipend::domain
