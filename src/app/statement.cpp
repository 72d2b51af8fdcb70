#include "app/statement.hpp"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>

#include "app/console_actor.hpp"
#include "app/statement_words.hpp"
#include "control/await.hpp"
#include "control/commands/common.hpp"
#include "control/commands/people.hpp"
#include "domain/figures.hpp"

namespace stipend::app {

using base::Result;
using domain::State;
using gateway::awaitable;
using gateway::StatementView;

namespace {

constexpr std::size_t kMembersAPage = 25;

struct Whose {
  StatementView view;  // without figures of the entries
  domain::Period period;
  std::string edition;
  std::map<std::string, std::string> notes;  // of grants: what the giver wrote, while it is not erased
};

Result<std::string> month_or_present(const std::string& month, base::WallTime now) {
  if (month.empty()) return domain::month_of(now.plus_ms(1));
  if (domain::parse_month(month)) return month;
  return base::fail(base::Fault::kInvalid, "InvalidMonth", fmt::format("'{}' is no month; months are like 2026-11", month.substr(0, 40)));
}

Whose whose(const State& state, base::WallTime now, const domain::Account& account, const std::string& month) {
  const auto* person = state.find<domain::Person>(account.person);
  const auto* course = state.find<domain::Course>(account.course);
  Whose out{{}, *domain::parse_month(month), course ? course->catalogue : "", {}};
  if (const auto of = state.grants_of.find(account.id); of != state.grants_of.end())
    for (const auto& id : of->second)
      if (const auto* grant = state.find<domain::Grant>(id); !grant->note.empty()) out.notes.emplace(id.str(), grant->note);
  auto& view = out.view;
  view.account = account.id;
  view.name = account.role == domain::Role::kCourse ? "(the course itself)" : person ? person->name : "";
  view.identifier = person ? person->identifier : "";
  view.section = account.section;
  view.course = course ? course->name : "";
  view.month = month;
  if (now > out.period.after && now <= out.period.until) view.balance_now = domain::figures_without_runway(state, account.id, now).balance;
  return out;
}

Result<const domain::Account*> readable(const State& state, const control::Actor& actor, const base::AccountId& id) {
  const auto* account = state.find<domain::Account>(id);
  if (account && actor.account == id) return account;
  const domain::Course* course = nullptr;
  if (account || !control::is_operator(actor)) {
    TRY_ASSIGN(course, control::managed_course(state, actor, account ? account->course.str() : ""));
  }
  if (!account || account->course != course->id)
    return base::fail(base::Fault::kNotFound, "NoSuchAccount", fmt::format("there is no account {}", id.str()));
  return account;
}

// Reads the account's entries and fills in the page of lines. Others run between the pages that it reads.
awaitable<Result<StatementView>> filled(store::Store& store, Whose whose, gateway::StatementQuery query, std::size_t most_lines) {
  domain::Statement statement(whose.period);
  auto& view = whose.view;
  std::vector<domain::Line> lines;
  bool more = false;
  store::EntryQuery next{.account = view.account};
  while (!statement.complete()) {
    const auto entries = store.entries(next);
    if (!entries) co_return std::unexpected(entries.error());
    for (const auto& entry : *entries) {
      auto line = statement.add(entry);
      if (!line) continue;
      ++view.lines_in_all;
      if (entry.number <= query.after) continue;
      if (lines.size() < most_lines) lines.push_back(*std::move(line));
      else more = true;
    }
    if (entries->size() < next.limit) break;
    next.after = entries->back().number;
    co_await boost::asio::post(co_await boost::asio::this_coro::executor, boost::asio::use_awaitable);
  }
  view.sums = sums_view(statement.totals());
  for (const auto& line : lines) {
    view.lines.push_back(line_view(line, view.sums.opening, whose.edition));
    if (line.entry.kind != domain::EntryKind::kGrant) continue;
    if (const auto note = whose.notes.find(line.entry.subject); note != whose.notes.end()) view.lines.back().reason = note->second;
  }
  if (more && !lines.empty()) view.next = lines.back().entry.number;
  if (query.csv) {
    view.csv_head = statement_csv_head();
    view.csv = statement_csv(view, query.after == 0);
  }
  co_return std::move(view);
}

}  // namespace

awaitable<Result<StatementView>> statement_page(control::Engine& engine, store::Store& store, control::Actor actor, StatementWish wish) {
  const auto asker = actor;
  auto found = co_await control::read<Whose>(
      engine, std::move(actor), [asker, account = wish.account, month = wish.query.month](const State& state, base::WallTime now) -> Result<Whose> {
        TRY_ASSIGN(const auto* row, readable(state, asker, account));
        TRY_ASSIGN(const auto of, month_or_present(month, now));
        return whose(state, now, *row, of);
      });
  if (!found) co_return std::unexpected(found.error());
  co_return co_await filled(store, *std::move(found), std::move(wish.query), wish.lines);
}

awaitable<Result<gateway::ClassStatements>> class_statement_page(control::Engine& engine, store::Store& store, control::Actor actor,
                                                                 std::string course_name, std::string month,
                                                                 std::optional<base::AccountId> after) {
  struct Found {
    gateway::ClassStatements page;
    std::vector<Whose> members;
  };
  const auto asker = actor;
  auto found = co_await control::read<Found>(
      engine, std::move(actor), [asker, course_name, month, after](const State& state, base::WallTime now) -> Result<Found> {
        TRY_ASSIGN(const auto* course, control::managed_course(state, asker, course_name));
        TRY_ASSIGN(const auto of, month_or_present(month, now));
        Found out{.page = {.course = course->name, .month = of, .members = 0, .rows = {}, .next = {}}, .members = {}};
        for (const auto& [id, account] : state.accounts) {
          if (account->course != course->id) continue;
          ++out.page.members;
          if (after && id <= *after) continue;
          if (out.members.size() < kMembersAPage) out.members.push_back(whose(state, now, *account, of));
          else out.page.next = out.members.back().view.account;
        }
        return out;
      });
  if (!found) co_return std::unexpected(found.error());
  for (auto& member : found->members) {
    auto view = co_await filled(store, std::move(member), {}, 0);
    if (!view) co_return std::unexpected(view.error());
    found->page.rows.push_back(*std::move(view));
  }
  co_return std::move(found->page);
}

awaitable<Result<StatementView>> EngineStatements::statement(base::AccountId asker, std::optional<base::AccountId> account,
                                                             gateway::StatementQuery query) {
  return statement_page(engine_, store_, console_actor(asker), {account.value_or(asker), std::move(query)});
}

awaitable<Result<gateway::ClassStatements>> EngineStatements::class_statements(base::AccountId staff, std::string month,
                                                                               std::optional<base::AccountId> after) {
  return class_statement_page(engine_, store_, console_actor(staff), "", std::move(month), after);
}

}  // namespace stipend::app
