// A roster against the members of a course: first a preview, which changes nothing, then the import of exactly what was
// previewed. Members are recognised by their identifier, without one by their mail, never by their name.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "control/commands/people.hpp"
#include "control/roster/parse.hpp"

namespace stipend::control {

// The members of one course by identifier and mail, as folded() makes them.
class MemberIndex {
 public:
  MemberIndex(const domain::State& state, const domain::Course& course);
  const domain::Account* by_identifier(const std::string& identifier) const { return find(identifiers_, identifier); }
  const domain::Account* by_mail(const std::string& mail) const { return find(mails_, mail); }
  const std::vector<const domain::Account*>& all() const { return all_; }

 private:
  using Found = std::unordered_map<std::string, const domain::Account*>;
  static const domain::Account* find(const Found& in, const std::string& text);
  Found identifiers_, mails_;
  std::vector<const domain::Account*> all_;
};

// Neither identifier nor mail is another member's. IdentifierTaken, MailTaken.
base::Status check_free(const domain::State& state, const domain::Course& course, const NewMember& member);
// Somebody with this very identifier and mail, from another course; empty: nobody, or one of the two is not given.
base::PersonId known_person(const domain::State& state, const NewMember& member);

struct RosterOptions {
  std::string course;             // for the operator; staff imports into its own
  base::Money credit;             // first credit of new members whose line names none
  bool suspend_missing = false;   // students who are not in the file; else they are kept as they are
  bool skip_wrong = false;        // import the good lines although others are wrong
};

struct RosterChange {
  RosterRow row;                  // as it will be
  base::AccountId account;        // empty: a new member
  std::string what;               // of an existing one: "name, section"
};

struct RosterPlan {
  base::CourseId course;
  std::vector<RosterChange> fresh, changed;
  std::int64_t unchanged = 0;
  std::vector<base::AccountId> missing;  // students that the file does not name, suspended ones left out
  std::vector<Wrong> wrong;
  std::string digest;             // over all of the above and the options: what a confirmation names
};

// Reads only. `roster` has at most kRosterRows rows.
base::Result<RosterPlan> plan_roster(const domain::State& state, const Actor& actor, const Roster& roster,
                                     const RosterOptions& options);

struct RosterStep {
  std::int64_t invited = 0, changed = 0, suspended = 0;
  bool more = false;
  std::size_t next = 0;           // for the next step: its first row
};
// Does at most `most` of what plan_roster would do now, from the row `from` on: those before it were done by the steps
// before, so a step costs what its own rows and one look at the members cost. `digest` (empty: not asked, for the steps
// after the first) must be the preview's: RosterChanged when something is different since. RosterWrong while lines are
// wrong and not skipped, when no line is good, or when who is missing shall be suspended and some lines are wrong.
// A step is one transaction; after a crash the same file imported again does the rest.
base::Result<RosterStep> import_roster(Tx& tx, const Roster& roster, const RosterOptions& options, const std::string& digest,
                                       std::size_t most, std::size_t from = 0);

}  // namespace stipend::control
