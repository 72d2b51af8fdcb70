// Verification: one pass over a ledger with all checks. Give it the rows of a commit, every entry up to that commit in
// the order of numbers, then ask for the verdicts. `held` is what a running server has in memory, if there is one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ledger/usage_days.hpp"

namespace stipend::ledger {

// What a server answers from: its newest committed entry and grants, read in one step.
struct InMemory {
  std::int64_t last_entry = 0;
  std::string last_chain;
  std::vector<domain::RowPtr<domain::Grant>> grants;
};

// Postings that are there twice, as the store finds them, and whether it still refuses them.
struct Repeats {
  bool refused = true;
  std::vector<std::string> postings;  // "i-… generation 1 segment 0"
};

class Verification {
 public:
  // `rows` outlive it.
  Verification(const Rows& rows, std::optional<InMemory> held);

  void add(domain::Entry entry);
  // An entry that cannot be read as one.
  void add_damaged(std::int64_t number, const std::string& why);
  // A sum that the store keeps of a day; all of them, after the entries, where Rows::with_usage.
  void add_usage(const domain::UsageDay& kept) { usage_.compare(kept); }
  std::vector<Verdict> end(const Repeats& repeats);
  std::int64_t entries() const { return entries_; }

 private:
  void compare_with_memory();

  Rows rows_;
  std::optional<InMemory> held_;
  Books books_;
  Checks checks_;
  UsageDays usage_;
  std::int64_t entries_ = 0;
  Verdict once_, damaged_, memory_;
};

}  // namespace stipend::ledger
