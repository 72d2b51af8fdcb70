#include "control/commands/outages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "control/commands/common.hpp"
#include "control/commands/people.hpp"

namespace stipend::control {
namespace {

using base::Fault;
using base::WallTime;
using domain::Outage;
using Row = domain::RowPtr<Outage>;

// When it is last known to have worked: since the newest report it has run as long as the host's record says. One that never
// ran was wanted since its start.
WallTime last_worked(const domain::Run& run, const compute::Report& report, WallTime now) {
  const auto more_s = std::max<std::int64_t>(0, report.ran.count - run.seen_ran.count);
  return std::min(run.seen_at.value_or(run.start_committed).plus_seconds(more_s), now);
}

std::string reason_of(const domain::Run& run, const compute::Report& report, bool start_failed) {
  if (start_failed) return "start-failed";
  if (report.cause == compute::Cause::kHostDisk) return "host-disk";
  if (report.known_to_end) return "enforcer-failed";
  return !report.boot_id.empty() && report.boot_id != run.boot_id ? "host-restarted" : "enforcer-lost";
}

// Newest first; a page goes on behind the key of the last row of the one before.
bool is_newer(const Row& a, const Row& b) { return std::pair(b->until, a->id) < std::pair(a->until, b->id); }
std::string cursor_of(const Outage& row) { return fmt::format("{}/{}", row.until.ms, row.id); }

base::Result<Outage> parse_cursor(const std::string& text) {
  Outage row;
  const auto slash = text.find('/');
  const auto [end, error] = std::from_chars(text.data(), text.data() + std::min(slash, text.size()), row.until.ms);
  if (slash == text.npos || text.size() > 100 || error != std::errc() || end != text.data() + slash)
    return base::fail(Fault::kInvalid, "InvalidCursor", "'after' is the 'next' of the page before");
  row.id = text.substr(slash + 1);
  return row;
}

void add(OutageSum& sum, std::set<base::AccountId>& accounts, const Outage& row) {
  ++sum.outages;
  accounts.insert(row.account);
  sum.accounts = accounts.size();
  sum.lost_ms += row.from.ms_until(row.until);
  sum.given_back += row.given_back;
}

}  // namespace

void note_outage(Tx& tx, const domain::Instance& instance, const compute::Report& report, bool start_failed, base::Money given_back) {
  const auto& run = *instance.run;
  Outage row;
  row.id = fmt::format("{}/{}", instance.id.view(), run.generation);
  row.account = instance.account;
  row.instance = instance.id;
  row.type = instance.type;
  row.host = report.host.empty() ? run.host : report.host;
  row.reason = reason_of(run, report, start_failed);
  row.until = tx.now();
  row.from = last_worked(run, report, tx.now());
  row.given_back = given_back;
  tx.save(std::move(row));
}

bool forget_outages(Tx& tx, std::size_t limit) {
  const auto& rows = tx.state().outages;
  const auto oldest = tx.now().plus_seconds(-kOutagesKeptDays * 86400);
  std::vector<const Outage*> over;
  for (const auto& [id, row] : rows)
    if (row->until < oldest) over.push_back(row.get());
  if (rows.size() - over.size() > kOutagesMost) {
    over.clear();
    for (const auto& [id, row] : rows) over.push_back(row.get());
    std::ranges::sort(over, {}, [](const Outage* row) { return std::pair(row->until, row->id); });
    over.resize(rows.size() - kOutagesMost);
  }
  const bool more = over.size() > limit;
  if (more) over.resize(limit);
  std::vector<std::string> ids;
  for (const auto* row : over) ids.push_back(row->id);
  for (auto& id : ids) tx.erase<Outage>(std::move(id));
  return more;
}

base::Result<OutagePage> outages(const domain::State& state, const Actor& actor, const OutageQuery& query) {
  const domain::Course* course = nullptr;
  if (!is_operator(actor) || !query.course.empty()) {
    TRY_ASSIGN(course, managed_course(state, actor, query.course));
  }
  std::vector<Row> found;
  for (const auto& [id, row] : state.outages) {
    if (row->until < query.since) continue;
    const auto* account = state.find<domain::Account>(row->account);
    if (course && (!account || account->course != course->id)) continue;
    found.push_back(row);
  }
  std::ranges::sort(found, is_newer);

  OutagePage page;
  std::map<base::HostId, std::pair<OutageSum, std::set<base::AccountId>>> hosts;
  std::set<base::AccountId> accounts;
  for (const auto& row : found) {
    auto& [sum, of_host] = hosts[row->host];
    sum.host = row->host;
    add(sum, of_host, *row);
    add(page.all, accounts, *row);
  }
  for (const auto& [host, sum] : hosts) page.hosts.push_back(sum.first);

  auto from = found.begin();
  if (query.after) {
    TRY_ASSIGN(auto last, parse_cursor(*query.after));
    from = std::ranges::upper_bound(found, std::make_shared<const Outage>(std::move(last)), is_newer);
  }
  const auto most = std::min<std::ptrdiff_t>(found.end() - from, static_cast<std::ptrdiff_t>(query.limit));
  page.rows.assign(from, from + most);
  if (from + most != found.end() && most > 0) page.next = cursor_of(*page.rows.back());
  return page;
}

}  // namespace stipend::control
