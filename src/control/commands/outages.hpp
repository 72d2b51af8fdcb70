// What the platform broke: a row for each run that ended with its host or its enforcer, or that could not be started, while
// nobody wanted it to end; and the report of them. What is given back for it is the ledger's (docs/design/money.md, "When the
// charge ends").
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/tx.hpp"

namespace stipend::control {

inline constexpr std::int64_t kOutagesKeptDays = 400;
inline constexpr std::size_t kOutagesMost = 50'000;  // the newest of all courses; see forget_outages

// Puts the row in the step that settles the run. `instance` as it was before; `given_back`: the correction.
void note_outage(Tx& tx, const domain::Instance& instance, const compute::Report& report, bool start_failed, base::Money given_back);

// Erases rows that are too old or too many, at most `limit` of them; true: there are more.
bool forget_outages(Tx& tx, std::size_t limit);

struct OutageQuery {
  std::string course;                   // of it; for the operator empty: of all
  base::WallTime since = {};            // that ended then or later
  std::optional<std::string> after = {};  // the `next` of the page before
  std::size_t limit = 500;
};
struct OutageSum {
  base::HostId host;
  std::size_t outages = 0, accounts = 0;
  std::int64_t lost_ms = 0;
  base::Money given_back;
};
struct OutagePage {
  std::vector<domain::RowPtr<domain::Outage>> rows;  // newest first
  std::optional<std::string> next;
  std::vector<OutageSum> hosts;         // of all pages, by host
  OutageSum all;
};
// NoSuchCourse, StaffOnly, InvalidCursor.
base::Result<OutagePage> outages(const domain::State& state, const Actor& actor, const OutageQuery& query);

}  // namespace stipend::control
