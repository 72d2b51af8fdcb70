#include "app/roster_import.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "control/await.hpp"
#include "control/roster/clean_text.hpp"

namespace stipend::app {
namespace {
constexpr std::size_t kRowsAStep = 250;
}

boost::asio::awaitable<base::Result<control::RosterStep>> import_in_steps(control::Engine& engine, control::Actor actor,
                                                                          std::shared_ptr<const control::Roster> roster,
                                                                          control::RosterOptions options, std::string digest) {
  control::RosterStep all;
  for (bool first = true;; first = false) {
    const auto step = co_await control::run<control::RosterStep>(
        engine, actor, [roster, options, wanted = first ? digest : std::string(), from = all.next](control::Tx& tx) {
          return control::import_roster(tx, *roster, options, wanted, kRowsAStep, from);
        });
    if (!step) {
      auto error = step.error();
      if (!first)
        error.message = fmt::format("{} members were invited, {} changed and {} suspended, then it ended: {}. Preview the same file again and import the rest.",
                                    all.invited, all.changed, all.suspended, error.message);
      co_return std::unexpected(std::move(error));
    }
    all.invited += step->invited;
    all.changed += step->changed;
    all.suspended += step->suspended;
    all.next = step->next;
    if (!step->more) co_return all;
  }
}

std::vector<const domain::Account*> by_name(const domain::State& state, std::vector<const domain::Account*> members) {
  std::vector<std::pair<std::string, const domain::Account*>> named;
  for (const auto* account : members) {
    const auto* person = state.find<domain::Person>(account->person);
    named.emplace_back(person ? control::folded(person->name.empty() ? person->identifier : person->name) : "", account);
  }
  std::ranges::sort(named, {}, [](const auto& one) { return std::pair(one.first, one.second->id); });
  std::ranges::transform(named, members.begin(), [](const auto& one) { return one.second; });
  return members;
}

std::string roster_csv(const domain::State& state, const std::vector<const domain::Account*>& members, const LinkOf& link) {
  std::vector<std::string> titles{"name", "identifier", "mail", "section", "role"};
  if (link) titles.emplace_back("sign-in link");
  std::string out = control::csv_line(titles);
  for (const auto* account : members) {
    const auto* person = state.find<domain::Person>(account->person);
    if (!person) continue;
    std::vector<std::string> cells{person->name, person->identifier, person->mail, account->section,
                                   account->role == domain::Role::kStudent ? "student" : "teacher"};
    if (link) cells.push_back(link(account->id));
    out += control::csv_line(cells);
  }
  return out;
}

}  // namespace stipend::app
