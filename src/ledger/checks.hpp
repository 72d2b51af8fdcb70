// Checks of a ledger, each small and named for what must hold. Entries come one at a time, in the order of their
// numbers; nothing keeps them, so a ledger may be of any length. What the rows say is compared at the end.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "domain/state.hpp"
#include "ledger/books.hpp"

namespace stipend::ledger {

// The rows of one commit: courses with their price lists, accounts, grants, holds, disks, addresses, instances. `now`: the newest time that is known.
// `with_policy`: courses that ever had rules of their own, so that runs may have cost less than their price: in free hours.
struct Rows {
  const domain::State& state;
  base::WallTime now;
  std::set<base::CourseId> with_policy = {};
  bool with_usage = false;  // the sums that the store keeps of each day come, too
};

struct Posting {
  const domain::Entry& entry;  // without its chain
  std::string_view chain;
  Books::Moved after;          // both its ledger accounts, this entry included
};

struct Verdict {
  std::string name;                   // "chain"
  std::string rule;                   // what holds, or should
  std::string figures;                // what was looked at
  std::int64_t found = 0;             // how often it does not hold
  std::vector<std::string> findings;  // the first of them, each naming its entry or row
  bool ok() const { return found == 0; }
};

class Check {
 public:
  Check(std::string name, std::string rule);
  virtual ~Check() = default;
  virtual void add(const Posting&) {}
  virtual void end(const Rows&, const Books&) {}
  const Verdict& verdict() const { return verdict_; }

 protected:
  void found(std::string what);
  void figures(std::string text) { verdict_.figures = std::move(text); }

 private:
  Verdict verdict_;
};

using Checks = std::vector<std::unique_ptr<Check>>;
// `rows` outlive the checks.
void add_entry_checks(Checks& checks, const Rows& rows);
void add_price_checks(Checks& checks, const Rows& rows);
void add_edition_checks(Checks& checks, const Rows& rows);
void add_address_checks(Checks& checks, const Rows& rows);
void add_row_checks(Checks& checks, const Rows& rows);

std::string dollars(Wide nano);

}  // namespace stipend::ledger
