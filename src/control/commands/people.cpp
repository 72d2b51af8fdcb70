#include "control/commands/people.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "control/commands/accounts.hpp"
#include "control/commands/budgets.hpp"
#include "control/commands/common.hpp"
#include "control/commands/free_tier.hpp"
#include "control/commands/grants.hpp"
#include "control/commands/instances.hpp"
#include "control/commands/mails.hpp"
#include "control/commands/passes.hpp"
#include "control/roster/clean_text.hpp"

namespace stipend::control {
namespace {

using base::Fault;
using base::Money;
using domain::AccountStatus;
using domain::Role;
using domain::State;

constexpr std::size_t kMostMembers = 10'000;
constexpr std::size_t kMostStops = 1'000;  // of one stop command

// Every member, each once; none of them staff when `students` and the actor is not the operator.
base::Result<std::vector<const domain::Account*>> managed_all(const Tx& tx, const Members& members, bool students) {
  if (members.empty()) return base::fail(Fault::kInvalid, "NobodyNamed", "name at least one member");
  if (members.size() > kMostMembers)
    return base::fail(Fault::kInvalid, "TooMany", fmt::format("at most {} members at once", kMostMembers));
  std::vector<const domain::Account*> rows;
  std::set<base::AccountId> seen;
  for (const auto& id : members) {
    TRY_ASSIGN(const auto* account, managed_account(tx.state(), tx.actor(), id));
    if (students && account->role != Role::kStudent && !is_operator(tx.actor()))
      return base::fail(Fault::kDenied, "StudentsOnly",
                        fmt::format("{} belongs to the staff of the course; only the operator may do that to staff", id.str()));
    if (seen.insert(id).second) rows.push_back(account);
  }
  return rows;
}

std::size_t accounts_of(const State& state, const base::PersonId& person) {
  return static_cast<std::size_t>(std::ranges::count_if(state.accounts, [&](const auto& at) { return at.second->person == person; }));
}

void forget_notes(Tx& tx, const base::AccountId& account) {
  const auto of = tx.state().grants_of.find(account);
  if (of == tx.state().grants_of.end()) return;
  const auto ids = of->second;
  for (const auto& id : ids) {
    domain::Grant grant = *tx.state().find<domain::Grant>(id);
    if (grant.note.empty()) continue;
    grant.note.clear();
    tx.save(std::move(grant));
  }
}

}  // namespace

const domain::Course* find_course(const State& state, const std::string& name_or_id) {
  for (const auto& [id, course] : state.courses)
    if (id.str() == name_or_id || course->name == name_or_id) return course.get();
  return nullptr;
}

base::Result<const domain::Course*> managed_course(const State& state, const Actor& actor, const std::string& name_or_id) {
  if (is_operator(actor)) {
    if (const auto* course = find_course(state, name_or_id)) return course;
    return base::fail(Fault::kNotFound, "NoSuchCourse",
                      fmt::format("there is no course '{}'; make it with: stipend course create NAME", name_or_id));
  }
  const auto* account = state.find<domain::Account>(actor.account);
  if (!account || account->status == AccountStatus::kSuspended ||
      (account->role != Role::kTeacher && account->role != Role::kAdministrator))
    return base::fail(Fault::kDenied, "StaffOnly", "Only the staff of the course may do that.");
  return &course_of(state, actor.account);
}

base::Result<const domain::Account*> managed_account(const State& state, const Actor& actor, const base::AccountId& id) {
  const auto* account = state.find<domain::Account>(id);
  if (!is_operator(actor)) {
    TRY_ASSIGN(const auto* course, managed_course(state, actor, ""));
    if (account && account->course != course->id) account = nullptr;
  }
  if (!account || account->role == Role::kCourse)
    return base::fail(Fault::kNotFound, "NoSuchAccount", fmt::format("there is no account {}", id.str()));
  return account;
}

base::AccountId add_member(Tx& tx, const domain::Course& course, const NewMember& member) {
  domain::Account account;
  account.id = new_account_id(tx);
  account.course = course.id;
  account.person = member.known;
  account.role = member.role;
  account.created = tx.now();
  account.section = member.section;
  account.status = member.status;
  if (account.status == AccountStatus::kJoined) account.seen = tx.now();
  if (account.person.empty()) {
    account.person = base::make_id<base::PersonId>(tx.random());
    tx.save(domain::Person{account.person, member.name, member.mail, member.identifier});
  }
  const auto id = account.id;
  tx.save(std::move(account));
  if (member.credit > Money{}) {
    domain::Wallet wallet(tx.state(), id, tx.now());
    domain::Grant grant;
    grant.id = base::make_id<base::GrantId>(tx.random());
    grant.account = id;
    grant.amount = member.credit;
    grant.source = member.source;
    grant.created = tx.now();
    wallet.give(std::move(grant), member.source);
    save_wallet(tx, wallet);
  }
  tx.audit("create-account", id.str(), {});
  static_cast<void>(tx.attempt([&] { return give_free_tier(tx, id); }));  // else the guard gives it
  return id;
}

AccountsOfPersons count_accounts(const State& state) {
  AccountsOfPersons counts;
  for (const auto& [id, account] : state.accounts) ++counts[account->person];
  return counts;
}

void rename_member(Tx& tx, const domain::Account& account, const domain::Person& wanted, AccountsOfPersons& counts) {
  const auto id = account.id;
  domain::Person person = wanted;
  auto& count = counts[account.person];
  if (count > 1 || !tx.state().find<domain::Person>(account.person)) {
    domain::Account moved = account;
    moved.person = person.id = base::make_id<base::PersonId>(tx.random());
    --count;
    counts[person.id] = 1;
    tx.save(std::move(person));
    tx.save(std::move(moved));
  } else {
    person.id = account.person;
    tx.save(std::move(person));
  }
  tx.audit("change-person", id.str(), {});
}

base::Status suspend(Tx& tx, const Members& members) {
  TRY_ASSIGN(const auto rows, managed_all(tx, members, true));
  TRY(stop_machines(tx, members));
  std::set<base::AccountId> ids;
  for (const auto* row : rows)
    if (row->status != AccountStatus::kSuspended) ids.insert(row->id);
  for (const auto kind : {domain::PassKind::kNotebookTicket, domain::PassKind::kNotebookSession}) end_passes(tx, ids, kind);
  for (const auto& id : ids) {
    domain::Account account = *tx.state().find<domain::Account>(id);
    account.status = AccountStatus::kSuspended;
    tx.save(std::move(account));
    tx.audit("suspend", id.str(), {});
  }
  return {};
}

base::Status unsuspend(Tx& tx, const Members& members) {
  TRY_ASSIGN(const auto rows, managed_all(tx, members, true));
  std::set<base::AccountId> ids;
  for (const auto* row : rows) {
    if (row->status != AccountStatus::kSuspended) continue;
    if (!tx.state().find<domain::Person>(row->person))
      return base::fail(Fault::kConflict, "PersonErased",
                        fmt::format("the person of account {} was erased; invite them again instead", row->id.str()));
    ids.insert(row->id);
  }
  for (const auto& id : ids) {
    domain::Account account = *tx.state().find<domain::Account>(id);
    account.status = account.seen ? AccountStatus::kJoined : AccountStatus::kInvited;
    tx.save(std::move(account));
    tx.audit("unsuspend", id.str(), {});
  }
  return {};
}

base::Status move_section(Tx& tx, const Members& members, const std::string& section) {
  const auto clean = clean_text(section, kSectionMost, false);
  if (!clean) return base::fail(Fault::kInvalid, "InvalidName", "the section " + clean.error().message);
  TRY_ASSIGN(const auto rows, managed_all(tx, members, false));
  Members moved;
  for (const auto* row : rows)
    if (row->section != *clean) moved.push_back(row->id);
  for (const auto& id : moved) {
    domain::Account account = *tx.state().find<domain::Account>(id);
    account.section = *clean;
    tx.save(std::move(account));
    tx.audit("move-section", id.str(), {});
  }
  return {};
}

base::Result<std::int64_t> stop_machines(Tx& tx, const Members& members) {
  TRY_ASSIGN(const auto rows, managed_all(tx, members, false));
  std::vector<base::InstanceId> running;
  for (const auto* row : rows) {
    const auto of = tx.state().instances_of.find(row->id);
    if (of == tx.state().instances_of.end()) continue;
    for (const auto& id : of->second)
      if (tx.state().find<domain::Instance>(id)->state == domain::InstanceState::kRunning) running.push_back(id);
  }
  for (std::size_t at = 0; at < running.size(); at += kMostStops) {
    const auto end = running.begin() + static_cast<std::ptrdiff_t>(std::min(running.size(), at + kMostStops));
    TRY(stop(tx, {{running.begin() + static_cast<std::ptrdiff_t>(at), end}}));
  }
  return static_cast<std::int64_t>(running.size());
}

base::Status grant_all(Tx& tx, const Members& members, Money amount, const std::string& reason, const std::string& once) {
  return grant_all(tx, members, amount, reason, once, {});
}

base::Result<std::vector<NewLink>> new_sign_in_links(Tx& tx, const Members& members) {
  TRY_ASSIGN(const auto rows, managed_all(tx, members, false));
  std::set<base::AccountId> ids;
  for (const auto* row : rows) {
    if (!tx.state().find<domain::Person>(row->person))
      return base::fail(Fault::kConflict, "PersonErased",
                        fmt::format("the person of account {} was erased; invite them again instead", row->id.str()));
    ids.insert(row->id);
  }
  end_passes(tx, ids, domain::PassKind::kSignInLink);
  std::vector<NewLink> links;
  links.reserve(ids.size());
  Members order;
  for (const auto* row : rows) order.push_back(row->id);
  for (const auto& id : order) links.push_back({id, make_sign_in_link(tx, id)});
  return links;
}

base::Status erase_person(Tx& tx, const base::AccountId& id) {
  TRY_ASSIGN(const auto rows, managed_all(tx, {id}, true));
  const auto person = rows.front()->person;
  Members accounts{id};
  if (is_operator(tx.actor()))
    for (const auto& [other, row] : tx.state().accounts)
      if (row->person == person && other != id && !person.empty()) accounts.push_back(other);
  const bool last = accounts_of(tx.state(), person) == accounts.size();
  TRY(suspend(tx, accounts));
  end_passes(tx, {accounts.begin(), accounts.end()}, std::nullopt);
  for (const auto& one : accounts) {
    forget_notes(tx, one);
    for (const auto& budget : budgets_of(tx.state(), one)) tx.erase<domain::Budget>(budget->id);
    erase_mails(tx, one);
    domain::Account account = *tx.state().find<domain::Account>(one);
    account.person = {};
    account.section.clear();
    tx.save(std::move(account));
    tx.audit("erase-person", one.str(), {});
  }
  if (last && tx.state().find<domain::Person>(person)) tx.erase<domain::Person>(person);
  return {};
}

}  // namespace stipend::control
