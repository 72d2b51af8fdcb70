#include "control/commands/roster.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/digest.hpp"
#include "control/commands/common.hpp"
#include "control/roster/clean_text.hpp"

namespace stipend::control {
namespace {

using base::Fault;
using domain::Account;
using domain::AccountStatus;
using domain::Role;
using domain::State;

const domain::Person& person_of(const State& state, const Account& account) {
  static const domain::Person kErased;
  const auto* person = state.find<domain::Person>(account.person);
  return person ? *person : kErased;
}

// What of `row` differs from the member, and what the member would be then.
std::string difference(const Roster& roster, RosterRow& row, const Account& account, const domain::Person& person) {
  std::string what;
  const auto add = [&](const char* name) { what += (what.empty() ? "" : ", ") + std::string(name); };
  const auto take = [&](bool has, std::string& wanted, const std::string& now, const char* name) {
    if (!has || wanted.empty()) wanted = now;  // an empty cell takes nothing away
    else if (wanted != now) add(name);
  };
  take(roster.has_name, row.name, person.name, "name");
  take(roster.has_mail, row.mail, person.mail, "mail");
  take(true, row.identifier, person.identifier, "identifier");
  take(roster.has_section, row.section, account.section, "section");
  return what;
}

class Planner {
 public:
  Planner(const State& state, const domain::Course& course, const Roster& roster, const MemberIndex& members)
      : state_(state), roster_(roster), members_(members) {
    plan_.course = course.id;
  }

  void place(RosterRow row) {
    const auto* by_identifier = members_.by_identifier(row.identifier);
    const auto* by_mail = members_.by_mail(row.mail);
    const auto* account = by_identifier ? by_identifier : by_mail;
    // A mail alone must not move somebody else's account to another identifier: the two have to agree.
    if (!by_identifier && by_mail && !row.identifier.empty() && !person_of(state_, *by_mail).identifier.empty())
      return wrong(row, "the mail is that of another identifier in this course");
    if (by_identifier && by_mail && by_identifier != by_mail) return wrong(row, "the mail is that of another member of this course");
    if (!account) {
      plan_.fresh.push_back({std::move(row), {}, {}});
      return;
    }
    named_.insert(account->id);
    if (row.role && *row.role != account->role) return wrong(row, "a roster does not change the role of a member");
    if (account->status == AccountStatus::kSuspended) return wrong(row, "the member is suspended; end that first");
    auto what = difference(roster_, row, *account, person_of(state_, *account));
    if (what.empty()) ++plan_.unchanged;
    else plan_.changed.push_back({std::move(row), account->id, std::move(what)});
  }

  // What `most` changes need of the rows from `next` on, which then is the first that is left.
  RosterPlan some(std::size_t& next, std::size_t most) {
    for (; next < roster_.rows.size() && plan_.fresh.size() + plan_.changed.size() < most; ++next) place(roster_.rows[next]);
    return std::move(plan_);
  }

  // Without its digest.
  RosterPlan all() {
    plan_.wrong = roster_.wrong;
    for (const auto& row : roster_.rows) place(row);
    for (const auto* account : members_.all())
      if (account->role == Role::kStudent && account->status != AccountStatus::kSuspended && !named_.contains(account->id))
        plan_.missing.push_back(account->id);
    std::ranges::sort(plan_.wrong, {}, &Wrong::line);
    return std::move(plan_);
  }

 private:
  void wrong(const RosterRow& row, std::string why) { plan_.wrong.push_back({row.line, "", std::move(why)}); }

  const State& state_;
  const Roster& roster_;
  const MemberIndex& members_;
  RosterPlan plan_;
  std::set<base::AccountId> named_;
};

std::string digest_of(const RosterPlan& plan, const RosterOptions& options) {
  std::string all = fmt::format("{} {} {} {}\n", plan.course.str(), options.credit.nano, options.suspend_missing, options.skip_wrong);
  for (const auto* list : {&plan.fresh, &plan.changed})
    for (const auto& [row, account, what] : *list)
      all += fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", account.str(), what, row.name, row.mail, row.identifier, row.section,
                         row.credit ? row.credit->nano : -1, row.role ? static_cast<int>(*row.role) : -1);
  for (const auto& id : plan.missing) all += id.str() + "\n";
  for (const auto& w : plan.wrong) all += fmt::format("{} {} {}\n", w.line, w.column, w.reason);
  return base::sha256_hex(all);
}

void change_member(Tx& tx, const RosterChange& change, AccountsOfPersons& counts) {
  const Account* account = tx.state().find<Account>(change.account);
  const auto& now = person_of(tx.state(), *account);
  const auto& row = change.row;
  if (now.name != row.name || now.mail != row.mail || now.identifier != row.identifier)
    rename_member(tx, *account, {{}, row.name, row.mail, row.identifier}, counts);
  account = tx.state().find<Account>(change.account);
  if (account->section == row.section) return;
  Account moved = *account;
  moved.section = row.section;
  tx.save(std::move(moved));
  tx.audit("move-section", change.account.str(), {});
}

// Persons by their identifier, to find somebody of another course: a search for each of many rows would be long.
class KnownPersons {
 public:
  explicit KnownPersons(const State& state) {
    for (const auto& [id, person] : state.persons)
      if (!person->identifier.empty() && !person->mail.empty()) by_identifier_.emplace(person->identifier, person);
  }
  base::PersonId find(const RosterRow& row) const {
    base::PersonId first;
    for (auto [at, end] = by_identifier_.equal_range(row.identifier); at != end; ++at) {
      const auto& person = *at->second;
      if (person.mail == row.mail && person.name == row.name && (first.empty() || person.id < first)) first = person.id;
    }
    return first;
  }

 private:
  std::unordered_multimap<std::string_view, domain::RowPtr<domain::Person>> by_identifier_;
};

base::Result<const domain::Course*> course_for(const State& state, const Actor& actor, const RosterOptions& options) {
  TRY_ASSIGN(const auto* course, managed_course(state, actor, options.course));
  if (options.credit < base::Money{} || options.credit > base::Money::dollars(1'000'000))
    return base::fail(Fault::kInvalid, "InvalidAmount", "the credit must be between 0 and 1000000 dollars");
  return course;
}

base::Status check_confirmed(const RosterPlan& plan, const RosterOptions& options, const std::string& digest) {
  if (!base::same_secret(digest, digest_of(plan, options)))
    return base::fail(Fault::kConflict, "RosterChanged", "the course or the file changed since the preview; look at it again");
  if (!plan.wrong.empty() && !options.skip_wrong)
    return base::fail(Fault::kInvalid, "RosterWrong",
                      fmt::format("{} lines are wrong; correct them, or choose to leave them out", plan.wrong.size()));
  return {};
}

base::Status check_complete(const RosterPlan& plan) {
  if (plan.wrong.empty()) return {};
  return base::fail(Fault::kInvalid, "RosterWrong",
                    "a wrong line may be that of a member: correct all lines before you suspend who is missing");
}

}  // namespace

MemberIndex::MemberIndex(const State& state, const domain::Course& course) {
  for (const auto& [id, account] : state.accounts) {
    if (account->course != course.id || account->role == Role::kCourse) continue;
    all_.push_back(account.get());
    const auto& person = person_of(state, *account);
    if (!person.identifier.empty()) identifiers_.emplace(folded(person.identifier), account.get());
    if (!person.mail.empty()) mails_.emplace(folded(person.mail), account.get());
  }
}

const Account* MemberIndex::find(const Found& in, const std::string& text) {
  if (text.empty()) return nullptr;
  const auto at = in.find(folded(text));
  return at == in.end() ? nullptr : at->second;
}

base::Status check_free(const State& state, const domain::Course& course, const NewMember& member) {
  if (member.identifier.empty() && member.mail.empty()) return {};
  const MemberIndex members(state, course);
  if (members.by_identifier(member.identifier))
    return base::fail(Fault::kConflict, "IdentifierTaken",
                      fmt::format("there is a member '{}' in {} already", member.identifier, course.name));
  if (members.by_mail(member.mail))
    return base::fail(Fault::kConflict, "MailTaken", fmt::format("a member of {} has the mail {} already", course.name, member.mail));
  return {};
}

base::PersonId known_person(const State& state, const NewMember& member) {
  if (member.identifier.empty() || member.mail.empty()) return {};
  for (const auto& [id, person] : state.persons)
    if (person->identifier == member.identifier && person->mail == member.mail && person->name == member.name) return id;
  return {};
}

base::Result<RosterPlan> plan_roster(const State& state, const Actor& actor, const Roster& roster, const RosterOptions& options) {
  TRY_ASSIGN(const auto* course, course_for(state, actor, options));
  const MemberIndex members(state, *course);
  auto plan = Planner(state, *course, roster, members).all();
  plan.digest = digest_of(plan, options);
  return plan;
}

base::Result<RosterStep> import_roster(Tx& tx, const Roster& roster, const RosterOptions& options, const std::string& digest,
                                       std::size_t most, std::size_t from) {
  TRY_ASSIGN(const auto* course, course_for(tx.state(), tx.actor(), options));
  const auto id = course->id;
  const MemberIndex members(tx.state(), *course);
  if (!digest.empty()) {
    const auto whole = Planner(tx.state(), *course, roster, members).all();
    TRY(check_confirmed(whole, options, digest));
    if (options.suspend_missing) TRY(check_complete(whole));
  }
  if (roster.rows.empty()) return base::fail(Fault::kInvalid, "RosterWrong", "no line of the file can be imported");

  RosterStep step;
  step.next = from;
  const auto part = Planner(tx.state(), *course, roster, members).some(step.next, most);
  step.more = step.next < roster.rows.size();
  Members missing;
  if (options.suspend_missing && !step.more) {
    auto whole = Planner(tx.state(), *course, roster, members).all();
    TRY(check_complete(whole));
    missing = std::move(whole.missing);
    const std::size_t left = most - part.fresh.size() - part.changed.size();
    step.more = missing.size() > left;
    missing.resize(std::min(missing.size(), left));
  }
  if (!part.fresh.empty()) {
    const KnownPersons known(tx.state());
    for (const auto& [row, account, what] : part.fresh) {
      NewMember member;
      member.name = row.name;
      member.mail = row.mail;
      member.identifier = row.identifier;
      member.section = row.section;
      member.role = row.role.value_or(Role::kStudent);
      member.credit = row.credit.value_or(options.credit);
      member.known = known.find(row);
      add_member(tx, *tx.state().find<domain::Course>(id), member);
    }
  }
  if (!part.changed.empty()) {
    auto counts = count_accounts(tx.state());
    for (const auto& change : part.changed) change_member(tx, change, counts);
  }
  step.invited = static_cast<std::int64_t>(part.fresh.size());
  step.changed = static_cast<std::int64_t>(part.changed.size());
  if (!missing.empty()) TRY(suspend(tx, missing));
  step.suspended = static_cast<std::int64_t>(missing.size());
  tx.audit("import-roster", id.str(), fmt::format("{} invited, {} changed, {} suspended", step.invited, step.changed, step.suspended));
  return step;
}

}  // namespace stipend::control
