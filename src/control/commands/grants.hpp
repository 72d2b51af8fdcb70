// Credit that is given with terms: until when, and for which instance types; to one account or to all that a filter
// finds. All or nothing: a step gives to everybody or to nobody, with one audit row a grant.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "control/commands/people.hpp"

namespace stipend::control {

inline constexpr base::Money kMostGiven = base::Money::dollars(1'000'000);  // in one grant
inline constexpr std::int64_t kLongestTermS = 10 * 366LL * 86400;

struct GrantTerms {
  base::WallTime expires = base::WallTime::never();
  std::vector<std::string> only_types = {};  // empty: all, and disks
};
// Sorted, each type once. InvalidExpiry: over already, or in more than ten years; InvalidInstanceType: not of the course's catalogue.
base::Result<GrantTerms> check_terms(const domain::State& state, const domain::Course& course, base::WallTime now, GrantTerms terms);

struct Gift {
  base::AccountId account;
  base::Money amount;              // above zero
  std::string source;              // "top-up", "refund", "code", "emergency", "free-tier"
  std::string note = {};           // free text, erasable
  std::string code = {};           // the credit code it came from
  GrantTerms terms = {};           // checked
  std::string about = {};          // an id that the ledger's entry names beside the source
};
// Puts the grant: reserves that were used are filled first, and leases reach as far as the credit now does. Asks nobody and
// writes no audit: what calls it does.
base::Result<domain::RowPtr<domain::Grant>> give(Tx& tx, Gift gift);

// As grant() in accounts.hpp, with terms. Taking back has none: it takes from what expires last first.
base::Result<domain::RowPtr<domain::Grant>> grant(Tx& tx, const base::AccountId& account, base::Money amount, const std::string& reason,
                                                  const GrantTerms& terms);
// What was charged is given back by a person: a grant of the source "refund", which pays for everything and does not expire. At
// most what the account was charged and was not refunded (MoreThanCharged); the reason is mandatory (InvalidReason). `instance`,
// if it is not empty: the machine it is about, one of the account unless its row is gone.
base::Result<domain::RowPtr<domain::Grant>> refund(Tx& tx, const base::AccountId& account, base::Money amount, const std::string& reason,
                                                   const base::InstanceId& instance);
// As grant_all() in people.hpp, with terms.
base::Status grant_all(Tx& tx, const Members& members, base::Money amount, const std::string& reason, const std::string& once,
                       const GrantTerms& terms);

// Members to give to: students who are not suspended and are all of what is named.
struct GrantFilter {
  std::string course;                    // for the operator; staff gives in its own
  std::optional<base::Money> under = {};    // less than this is available, without the free tier
  std::optional<std::string> section = {};  // empty: those in no section
};
struct GrantPlan {
  struct Member {
    base::AccountId account;
    base::Money available;               // before
  };
  std::vector<Member> members;
  base::Money sum;
};
// Reads only. NobodyFound; TooMuch when the sum is more than kMostGiven.
base::Result<GrantPlan> plan_grants(const domain::State& state, base::WallTime now, const Actor& actor, const GrantFilter& filter,
                                    base::Money amount);
// Gives to those whom plan_grants finds in this very step; answers who that was.
base::Result<GrantPlan> grant_found(Tx& tx, const GrantFilter& filter, base::Money amount, const GrantTerms& terms, const std::string& reason);

}  // namespace stipend::control
