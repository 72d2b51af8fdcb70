// A confirmed roster, imported in steps so that ten thousand members do not hold up everybody else.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>

#include "control/commands/roster.hpp"
#include "control/engine.hpp"

namespace stipend::app {

// What was done; an error in the middle says what was. `digest` is the preview's.
boost::asio::awaitable<base::Result<control::RosterStep>> import_in_steps(control::Engine& engine, control::Actor actor,
                                                                          std::shared_ptr<const control::Roster> roster,
                                                                          control::RosterOptions options, std::string digest);

// Sorted as people look for them: by name, without one by identifier; letter case does not count.
std::vector<const domain::Account*> by_name(const domain::State& state, std::vector<const domain::Account*> members);
// The members of a course as a CSV that a later import reads back; with `links`, a column of sign-in links.
using LinkOf = std::function<std::string(const base::AccountId&)>;
std::string roster_csv(const domain::State& state, const std::vector<const domain::Account*>& members, const LinkOf& link = {});

}  // namespace stipend::app
