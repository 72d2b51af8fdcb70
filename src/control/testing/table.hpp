// Table: a text of events run against the commands, one row an event, `tick` moves time, and every invariant is
// checked after each row. For tests of rules:
//
//   course per-second grace 0
//   account ada 1.00
//   launch ada web m4.large
//   tick 2
//   report web running 0
//   money ada available=0.90
//   allocate ada ip
//   associate ip web
//   reached web ip
//
// A row ends with `-> CODE` when the command must fail with that error code. `#` begins a comment.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "control/commands/instances.hpp"
#include "control/head.hpp"
#include "domain/catalogue.hpp"
#include "domain/invariants.hpp"

namespace stipend::control {

class Table {
 public:
  Table();
  // Rows that went wrong, each with its number; empty when all is as written.
  std::string run(const std::string& text);

  // What tests look at beside the rows.
  const domain::State& state() const { return head_.state(); }
  base::WallTime now() const { return now_; }
  const std::vector<Effect>& effects() const { return effects_; }
  const std::vector<domain::Entry>& entries() const { return entries_; }
  const domain::Instance& instance(const std::string& name) const;
  const base::AccountId& account(const std::string& name) const { return accounts_.at(name); }
  const domain::Address* address(const std::string& name) const { return state().find<domain::Address>(addresses_.at(name)); }
  Actor actor(const std::string& account) const;
  // Runs one command; the error's code, or "ok".
  std::string command(const Actor& actor, Engine::Plan plan);
  std::string broken() const { return broken_; }
  void tick_ms(std::int64_t ms) { now_.ms += ms; }

 private:
  using Words = std::vector<std::string>;
  std::string row(const Words& words);
  std::string setup(const Words& words, std::string& answer);
  std::string machine(const Words& words, std::string& answer);
  std::string elastic(const Words& words, std::string& answer);
  std::string report(const Words& words);
  std::string look(const Words& words);
  std::string check_money(const Words& words) const;

  base::SeededRandom random_{42};
  Head head_;
  base::WallTime now_{1'800'000'000'000};  // 2027-01-15T08:00:00Z
  std::map<std::string, base::AccountId> accounts_;
  std::map<std::string, base::InstanceId> machines_;
  std::map<std::string, std::string> addresses_;  // elastic ones, by their ids
  std::vector<Effect> effects_;
  std::vector<domain::Entry> entries_;
  domain::EntriesBalance balance_;
  base::ImageId image_;
  std::string last_message_, broken_;
};

}  // namespace stipend::control
