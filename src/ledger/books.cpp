#include "ledger/books.hpp"

namespace stipend::ledger {

Side side_of(std::string_view text) {
  if (text.starts_with("grant:")) return Side::kGrant;
  if (text.starts_with("usage:")) return Side::kUsage;
  if (text.starts_with("expired:")) return Side::kExpired;
  if (text == "house:issued") return Side::kIssued;
  if (text == "house:faults") return Side::kFaults;
  if (text == "house:unfunded_storage") return Side::kUnfunded;
  return Side::kUnknown;
}

std::string_view owner_in(std::string_view text) {
  return text.starts_with("house:") || !text.contains(':') ? std::string_view() : text.substr(text.find(':') + 1);
}

Book& Books::at(const std::string& name) { return books_[name]; }

Books::Moved Books::post(const domain::Entry& entry) {
  using enum domain::EntryKind;
  Book& credit = at(entry.credit);  // stays where it is when the other one is made
  Book& debit = at(entry.debit);
  const Wide amount = entry.amount.nano;
  debit.balance -= amount;
  credit.balance += amount;
  switch (entry.kind) {
    case kGrant: credit.given += amount; break;
    case kTakeBack: debit.taken_back += amount; break;
    case kExpiry: debit.expired += amount; break;
    case kCharge:
    case kStorage: debit.spent += amount; break;
    case kCorrection: credit.spent -= amount; break;
  }
  return {debit, credit};
}

const Book* Books::find(std::string_view name) const {
  const auto at = books_.find(name);
  return at == books_.end() ? nullptr : &at->second;
}

Wide Books::total(Side side) const {
  Wide sum = 0;
  for (const auto& [name, book] : books_)
    if (side_of(name) == side) sum += book.balance;
  return sum;
}

Wide Books::total() const {
  Wide sum = 0;
  for (const auto& [name, book] : books_) sum += book.balance;
  return sum;
}

}  // namespace stipend::ledger
