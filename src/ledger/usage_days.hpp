// UsageDays: whether the sums that a store keeps beside the entries, by account, day and price, are those of the entries.
// Entries first, in order, then each of the sums; what is kept meanwhile are the sums alone.
#pragma once

#include <map>
#include <tuple>

#include "ledger/checks.hpp"

namespace stipend::ledger {

class UsageDays final : public Check {
 public:
  UsageDays();
  void add(const Posting& posting) override;
  void compare(const domain::UsageDay& kept);
  void end(const Rows& rows, const Books& books) override;

 private:
  struct Sum {
    Wide amount = 0, seconds = 0;
  };
  // Account, begin of the day, kind, type, price list, price, whether the house paid.
  using Key = std::tuple<base::AccountId, std::int64_t, domain::EntryKind, std::string, std::string, std::int64_t, bool>;
  // Entries of one posting, which several grants or the house pay; its seconds count once.
  using Post = std::tuple<std::string, std::int64_t, std::int64_t, std::int64_t, domain::EntryKind>;
  std::map<Key, Sum> sums_;
  Post last_;
  std::size_t kept_ = 0;
};

}  // namespace stipend::ledger
