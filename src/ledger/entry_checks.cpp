// What the entries alone must hold.
#include <fmt/format.h>

#include "base/digest.hpp"
#include "ledger/checks.hpp"
#include "store/json.hpp"

namespace stipend::ledger {
namespace {

using domain::Entry;
using domain::EntryKind;

class Numbers final : public Check {
 public:
  Numbers() : Check("numbers", "entries are numbered without a gap") {}
  void add(const Posting& posting) override {
    const auto number = posting.entry.number;
    if (number != last_ + 1)
      found(number == last_ + 2 ? fmt::format("entry {} is missing", last_ + 1)
                                : fmt::format("entries {} to {} are missing", last_ + 1, number - 1));
    last_ = number;
    ++count_;
  }
  void end(const Rows&, const Books&) override { figures(fmt::format("{} entries, the last is number {}", count_, last_)); }

 private:
  std::int64_t last_ = 0, count_ = 0;
};

class Chain final : public Check {
 public:
  Chain() : Check("chain", "each entry carries the hash of the one before and itself") {}
  void add(const Posting& posting) override {
    text_ = before_;
    store::append_json(text_, posting.entry);
    if (base::sha256_hex(text_) != posting.chain)
      found(fmt::format("entry {} was changed, or the one before it: {} of {}, {}", posting.entry.number, dollars(posting.entry.amount.nano),
                        posting.entry.account.view(), posting.entry.subject));
    before_ = posting.chain;  // the others are judged by what is written, so that only what was changed is named
  }
  void end(const Rows&, const Books&) override { figures(before_.empty() ? "" : fmt::format("it ends with {}", before_.substr(0, 16))); }

 private:
  std::string before_, text_;
};

// The table of money.md, "The ledger".
bool may_move(EntryKind kind, Side debit, Side credit) {
  switch (kind) {
    case EntryKind::kGrant: return debit == Side::kIssued && credit == Side::kGrant;
    case EntryKind::kTakeBack: return debit == Side::kGrant && credit == Side::kIssued;
    case EntryKind::kCharge: return debit == Side::kGrant && credit == Side::kUsage;
    case EntryKind::kStorage: return (debit == Side::kGrant || debit == Side::kUnfunded) && credit == Side::kUsage;
    case EntryKind::kCorrection: return debit == Side::kFaults && credit == Side::kGrant;
    case EntryKind::kExpiry: return debit == Side::kGrant && credit == Side::kExpired;
  }
  return false;
}

class Sums final : public Check {
 public:
  Sums() : Check("sums", "debits equal credits, between the accounts that each kind of entry may move") {}
  void add(const Posting& posting) override {
    const auto& entry = posting.entry;
    if (entry.amount.nano <= 0) found(fmt::format("entry {} moves {}", entry.number, dollars(entry.amount.nano)));
    if (!may_move(entry.kind, side_of(entry.debit), side_of(entry.credit)))
      found(fmt::format("entry {} moves from {} to {}, which no entry of its kind does", entry.number, entry.debit, entry.credit));
  }
  void end(const Rows&, const Books& books) override {
    if (books.total() != 0) found(fmt::format("the ledger accounts sum to {}, not to 0", dollars(books.total())));
    figures(fmt::format("{} ledger accounts: {} issued, {} in grants, {} used, {} expired, {} given back for faults, {} of disks paid by the "
                        "house",
                        books.size(), dollars(-books.total(Side::kIssued)), dollars(books.total(Side::kGrant)),
                        dollars(books.total(Side::kUsage)), dollars(books.total(Side::kExpired)), dollars(-books.total(Side::kFaults)),
                        dollars(-books.total(Side::kUnfunded))));
  }
};

class BelowZero final : public Check {
 public:
  BelowZero() : Check("below-zero", "no account owes: after each entry what a grant holds, and what was used, is at least 0") {}
  void add(const Posting& posting) override {
    look(posting.entry, posting.entry.debit, posting.after.debit);
    look(posting.entry, posting.entry.credit, posting.after.credit);
  }

 private:
  void look(const Entry& entry, const std::string& name, const Book& book) {
    const auto side = side_of(name);
    const bool houses = side == Side::kIssued || side == Side::kFaults || side == Side::kUnfunded;
    const Wide balance = houses ? -book.balance : book.balance;
    if (balance < 0) found(fmt::format("entry {}: {} is at {}", entry.number, name, dollars(book.balance)));
  }
};

}  // namespace

void add_entry_checks(Checks& checks, const Rows&) {
  checks.push_back(std::make_unique<Numbers>());
  checks.push_back(std::make_unique<Chain>());
  checks.push_back(std::make_unique<Sums>());
  checks.push_back(std::make_unique<BelowZero>());
}

}  // namespace stipend::ledger
