// GrantJudge: what of an account's credit may pay for what and until when, from docs/design/money.md §6 alone:
// - a grant restricted to types pays for runs of these types and never for a disk, snapshot or address, in entries, holds and
//   reserves;
// - its terms never change; it expires at its time and not before, and loses only what is neither held nor reserved;
// - from its time on nothing more is set aside on it; what was released is gone soon;
// - what is held draws on the soonest to expire, then the narrowest, then the oldest that has something left.
// Part of the auditor (auditor.hpp), which shows it every commit.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "domain/invariants.hpp"
#include "ledger/rules.hpp"

namespace stipend::control {

class GrantJudge {
 public:
  // `state`: after the commit that has the entry.
  domain::Violation entry(const domain::Entry& entry, const domain::State& state) const;
  // An account that the commit touched. `before`: the newest time in the commit before, `now`: in this one.
  domain::Violation account(const base::AccountId& account, const domain::State& state, base::WallTime before);
  // Of what an account holds, at a commit that changed it and when nothing else moved its money for a while.
  domain::Violation order(const base::AccountId& account, const domain::State& state, base::WallTime now) const;
  // What is neither spent nor set aside and could pay for a run of the type; empty: for a disk.
  static ledger::Wide left_for(const std::string& type, const base::AccountId& account, const domain::State& state, base::WallTime now);
  // Grants that should have lost what nobody draws on long ago.
  domain::Violation overdue(const domain::State& state, base::WallTime now) const;

 private:
  struct Terms {
    base::WallTime expires;
    std::vector<std::string> only_types;
    std::int64_t amount = 0;
    ledger::Wide used = 0;  // spent or set aside, at its newest commit
  };
  std::unordered_map<base::GrantId, Terms> grants_;
};

}  // namespace stipend::control
