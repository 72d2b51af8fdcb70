// Commands on the members of a course: who they are, and what staff does to one or many of them. A person (name, mail,
// identifier) is not an account; only accounts and grants outlive an erased person. All or nothing: one unknown member
// and nobody is touched. Staff acts in its own course and on students; the operator everywhere.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control/tx.hpp"

namespace stipend::control {

using Members = std::vector<base::AccountId>;

const domain::Course* find_course(const domain::State& state, const std::string& name_or_id);
// The course the actor may manage: its own, for staff; the one it names, for the operator. StaffOnly, NoSuchCourse.
base::Result<const domain::Course*> managed_course(const domain::State& state, const Actor& actor,
                                                   const std::string& name_or_id);
// A member's account if the actor manages its course; NoSuchAccount else. A course's own account is no member.
base::Result<const domain::Account*> managed_account(const domain::State& state, const Actor& actor,
                                                     const base::AccountId& id);

struct NewMember {
  std::string name, mail, identifier, section;  // clean (roster/clean_text.hpp)
  domain::Role role = domain::Role::kStudent;
  domain::AccountStatus status = domain::AccountStatus::kInvited;
  base::Money credit;
  std::string source = "course";                // of the credit
  base::PersonId known;                         // an existing person; empty: a new one
};
// Makes person, account and first credit. Checks nothing but what would break an invariant.
base::AccountId add_member(Tx& tx, const domain::Course& course, const NewMember& member);

// How many accounts each person has: counted once for all renames of a command.
using AccountsOfPersons = std::map<base::PersonId, std::size_t>;
AccountsOfPersons count_accounts(const domain::State& state);
// Puts the person's new name, mail and identifier. A person who is in other courses too keeps what those say: this
// account gets a person of its own, and `counts` says so.
void rename_member(Tx& tx, const domain::Account& account, const domain::Person& wanted, AccountsOfPersons& counts);

// Machines stop (cause: teacher); access keys do not count and no machine is reached until the end of the suspension; disks,
// elastic addresses, credit and the ledger stay as they are.
base::Status suspend(Tx& tx, const Members& members);
base::Status unsuspend(Tx& tx, const Members& members);
base::Status move_section(Tx& tx, const Members& members, const std::string& section);
// Every running machine of the members; how many were asked to stop.
base::Result<std::int64_t> stop_machines(Tx& tx, const Members& members);
// A second call with the same `once` (not empty) gives nothing again.
base::Status grant_all(Tx& tx, const Members& members, base::Money amount, const std::string& reason, const std::string& once);

struct NewLink {
  base::AccountId account;
  std::string token;  // for /sign-in#TOKEN; 7 days or one use. Earlier links of the account end
};
// In the order of `members`.
base::Result<std::vector<NewLink>> new_sign_in_links(Tx& tx, const Members& members);

// Name, mail, identifier and what was written about them (notes of grants) are gone for good, and every way in with
// them; the account stays, suspended. When the person is in other courses too, those keep them unless the operator asks.
base::Status erase_person(Tx& tx, const base::AccountId& account);

}  // namespace stipend::control
