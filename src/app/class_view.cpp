#include "app/class_view.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "app/notice_words.hpp"
#include "app/words.hpp"
#include "control/commands/people.hpp"
#include "control/roster/clean_text.hpp"
#include "domain/figures.hpp"

namespace stipend::app {
namespace {

using base::Money;
using domain::State;
using gateway::MemberQuery;

// A member without figures: cheap, for all of them.
struct Member {
  const domain::Account* account = nullptr;
  const domain::Person* person = nullptr;  // null: erased
  int running = 0;
  Money rate, left, used;
};

bool runs(const domain::Instance& instance) {
  return instance.state == domain::InstanceState::kRunning || instance.state == domain::InstanceState::kPending ||
         instance.state == domain::InstanceState::kStopping;
}

// Less than a minute of the smallest thing there is.
bool is_out(Money left) { return left.nano < 100'000; }

std::vector<Member> all_members(const State& state, base::WallTime now, const domain::Course& course) {
  std::vector<Member> members;
  for (const auto& [id, account] : state.accounts) {
    if (account->course != course.id || account->role == domain::Role::kCourse) continue;
    Member member{account.get(), state.find<domain::Person>(account->person), 0, {}, {}, {}};
    if (const auto of = state.instances_of.find(id); of != state.instances_of.end())
      for (const auto& machine : of->second)
        if (const auto* row = state.find<domain::Instance>(machine); row->state == domain::InstanceState::kRunning) {
          ++member.running;
          if (row->run) member.rate += {row->run->price.nano_per_hour};
        }
    const auto figures = domain::figures_without_runway(state, id, now);
    member.left = figures.available - domain::free_tier_left(state, id, now);
    member.used = figures.charged;
    members.push_back(member);
  }
  return members;
}

bool has_state(const Member& member, const std::string& state) {
  using Status = domain::AccountStatus;
  if (state == "invited") return member.account->status == Status::kInvited;
  if (state == "joined") return member.account->status == Status::kJoined;
  if (state == "suspended") return member.account->status == Status::kSuspended;
  if (state == "running") return member.running > 0;
  if (state == "out-of-credit") return member.account->role == domain::Role::kStudent && is_out(member.left);
  if (state == "staff") return member.account->role != domain::Role::kStudent;
  return true;
}

bool is_found(const Member& member, const std::string& wanted) {
  if (wanted.empty() || member.account->id.view().contains(wanted)) return true;
  if (!member.person) return false;
  for (const auto* text : {&member.person->name, &member.person->identifier, &member.person->mail})
    if (control::folded(*text).contains(wanted)) return true;
  return false;
}

void sort(std::vector<Member>& members, const MemberQuery& query) {
  const auto text = [](const Member& m, auto part) { return m.person ? control::folded(part(*m.person)) : std::string(); };
  // Each member's key once; then by it, and by account for what is equal.
  std::vector<std::tuple<std::string, std::int64_t, std::size_t>> keys;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const auto& m = members[i];
    std::string word;
    std::int64_t number = 0;
    if (query.sort == "identifier") word = text(m, [](const auto& p) { return p.identifier; });
    else if (query.sort == "section") word = control::folded(m.account->section);
    else if (query.sort == "state") number = static_cast<std::int64_t>(m.account->status);
    else if (query.sort == "left") number = m.left.nano;
    else if (query.sort == "used") number = m.used.nano;
    else if (query.sort == "running") number = m.running;
    else if (query.sort == "seen") number = m.account->seen ? m.account->seen->ms : 0;
    else word = text(m, [](const auto& p) { return p.name.empty() ? p.identifier : p.name; });
    keys.emplace_back(std::move(word), number, i);
  }
  std::ranges::sort(keys);
  if (query.descending) std::ranges::reverse(keys);
  std::vector<Member> sorted;
  sorted.reserve(members.size());
  for (const auto& [word, number, i] : keys) sorted.push_back(members[i]);
  members = std::move(sorted);
}

std::vector<Member> matching(std::vector<Member> members, const MemberQuery& query) {
  const auto wanted = control::folded(query.find);
  std::erase_if(members, [&](const Member& m) {
    if (!has_state(m, query.state)) return true;
    if (query.section == "-" ? !m.account->section.empty() : !query.section.empty() && m.account->section != query.section) return true;
    return !is_found(m, wanted);
  });
  sort(members, query);
  return members;
}

gateway::MemberView view(const State& state, base::WallTime now, const Member& member) {
  gateway::MemberView out;
  out.account = member.account->id;
  if (member.person) {
    out.name = member.person->name;
    out.identifier = member.person->identifier;
    out.mail = member.person->mail;
  }
  out.section = member.account->section;
  out.role = to_word(member.account->role);
  out.status = member.person ? to_word(member.account->status) : "erased";
  out.left = member.left;
  out.used = member.used;
  out.out_of_credit = member.account->role == domain::Role::kStudent && is_out(member.left);
  out.seen = member.account->seen;
  if (member.running > 0) out.lasts_until = domain::figures(state, out.account, now).lasts_until;
  if (const auto of = state.instances_of.find(out.account); of != state.instances_of.end())
    for (const auto& id : of->second) {
      const auto* row = state.find<domain::Instance>(id);
      if (!runs(*row)) continue;
      const auto name = row->tags.find("Name");
      out.machines.push_back({id, name == row->tags.end() ? "" : name->second, row->type, to_word(row->state)});
    }
  return out;
}

}  // namespace

base::Result<gateway::MemberPage> member_page(const State& state, base::WallTime now, const control::Actor& staff, const MemberQuery& query) {
  TRY_ASSIGN(const auto* course, control::managed_course(state, staff, ""));
  auto members = all_members(state, now, *course);
  gateway::MemberPage page;
  page.now = now;
  std::set<std::string> sections;
  for (const auto& m : members) {
    auto& c = page.counters;
    ++c.members;
    c.invited += m.account->status == domain::AccountStatus::kInvited;
    c.suspended += m.account->status == domain::AccountStatus::kSuspended;
    c.machines += m.running;
    c.people_with_machines += m.running > 0;
    c.out_of_credit += has_state(m, "out-of-credit");
    c.rate_per_hour += m.rate;
    if (!m.account->section.empty()) sections.insert(m.account->section);
  }
  if (const auto fills = control::folder_fills(state, *course)) page.counters.folder = {"course", folder_sentence(*fills), fills->at};
  page.sections.assign(sections.begin(), sections.end());
  members = matching(std::move(members), query);
  page.found = members.size();
  for (const auto& m : members) page.found_machines += m.running;
  for (std::size_t i = query.offset; i < members.size() && i - query.offset < query.limit; ++i) page.rows.push_back(view(state, now, members[i]));
  return page;
}

base::Result<std::vector<base::AccountId>> found_members(const State& state, base::WallTime now, const control::Actor& staff, const MemberQuery& query) {
  TRY_ASSIGN(const auto* course, control::managed_course(state, staff, ""));
  std::vector<base::AccountId> ids;
  for (const auto& m : matching(all_members(state, now, *course), query)) ids.push_back(m.account->id);
  return ids;
}

}  // namespace stipend::app
