// Books: what each ledger account was moved, by the entries alone. Sums are 128 bits wide: an entry that somebody
// edited may say anything.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "domain/rows.hpp"
#include "ledger/rules.hpp"

namespace stipend::ledger {

// What a ledger account's text begins with.
enum class Side : std::uint8_t { kUnknown, kIssued, kFaults, kUnfunded, kGrant, kUsage, kExpired };
Side side_of(std::string_view ledger_account);
// "g-…" of "grant:g-…", the account of "usage:…"; empty for the house's.
std::string_view owner_in(std::string_view ledger_account);

struct Book {
  Wide balance = 0;  // credits - debits
  // Of a grant, by the kinds of its entries:
  Wide given = 0, spent = 0, taken_back = 0, expired = 0;
};

class Books {
 public:
  struct Moved {
    const Book& debit;
    const Book& credit;
  };
  Moved post(const domain::Entry& entry);
  const Book* find(std::string_view ledger_account) const;
  Wide total(Side side) const;  // of all ledger accounts of that kind
  Wide total() const;
  std::size_t size() const { return books_.size(); }
  template <class Visit>
  void each(Visit visit) const {
    for (const auto& [name, book] : books_) visit(name, book);
  }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  Book& at(const std::string& ledger_account);
  std::unordered_map<std::string, Book, Hash, std::equal_to<>> books_;
};

}  // namespace stipend::ledger
