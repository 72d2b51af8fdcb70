#include "store/sqlite/snapshot.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <filesystem>

#include "store/apply.hpp"
#include "store/sqlite/migrations.hpp"
#include "store/sqlite/tables.hpp"

namespace stipend::store::sqlite {

using base::Fault;

base::Result<Snapshot> Snapshot::open(const std::string& folder) {
  const auto path = folder + "/stipend.db";
  std::error_code error;
  if (!std::filesystem::exists(path, error))
    return base::fail(Fault::kNotFound, "NoState", fmt::format("there is no ledger at {}; is --state the server's folder, and may this user read it?", path));
  TRY_ASSIGN(auto database, Database::open(path, Open::kReader));
  if (database.execute("BEGIN") != SQLITE_OK) return std::unexpected(database.error("cannot read " + path));
  TRY_ASSIGN(auto statement, database.prepare("PRAGMA user_version"));
  if (statement.step() != SQLITE_ROW) return std::unexpected(database.error("cannot read " + path));
  const auto version = statement.integer(0);
  statement.reset();
  if (version > newest_version())
    return base::fail(Fault::kConflict, "StoreTooNew",
                      fmt::format("this state was written by a newer Stipend (schema {}, this one knows {}): use that one's `stipend`", version,
                                  newest_version()));
  if (version < newest_version())
    return base::fail(Fault::kConflict, "StoreTooOld",
                      fmt::format("this state is of an older Stipend (schema {}, this one reads {}): start its server once, which brings it up to date",
                                  version, newest_version()));
  return Snapshot(std::move(database));
}

template <class Row>
base::Status Snapshot::read(domain::State& state) {
  TRY_ASSIGN(auto statement, database_.prepare(select_sql<Row>() + " ORDER BY " + column_names<Row>().front()));
  int code = 0;
  try {
    while ((code = statement.step()) == SQLITE_ROW) insert_loaded<Row>(state, read_row<Row>(statement));
  } catch (const std::exception& e) {
    return base::fail(Fault::kUnavailable, "StoreDamaged",
                      fmt::format("the row '{}' of {} cannot be read: {}; put the newest backup of the state folder back", statement.text(0),
                                  Fields<Row>::kTable, e.what()));
  }
  if (code != SQLITE_DONE) return std::unexpected(database_.error("cannot read " + std::string(Fields<Row>::kTable)));
  return {};
}

base::Result<domain::State> Snapshot::rows() {
  domain::State state;
  TRY(read<domain::Course>(state));
  TRY(read<domain::Catalogue>(state));
  TRY(read<domain::Account>(state));
  TRY(read<domain::Disk>(state));
  TRY(read<domain::Address>(state));
  TRY(read<domain::Instance>(state));
  TRY(read<domain::Grant>(state));
  TRY(read<domain::Hold>(state));
  TRY(read<domain::Setting>(state));
  TRY_ASSIGN(auto last, database_.prepare("SELECT number, chain FROM entries ORDER BY number DESC LIMIT 1"));
  if (last.step() == SQLITE_ROW) {
    state.last_entry = last.integer(0);
    state.last_chain = last.text(1);
  }
  return state;
}

base::Result<std::set<base::CourseId>> Snapshot::courses_with_policy() {
  TRY_ASSIGN(auto statement, database_.prepare("SELECT id FROM courses WHERE EXISTS (SELECT 1 FROM audits WHERE target = courses.id AND "
                                               "action = 'course-policy')"));
  std::set<base::CourseId> found;
  int code = 0;
  while ((code = statement.step()) == SQLITE_ROW)
    if (const auto id = base::CourseId::parse(statement.text(0))) found.insert(*id);
  if (code != SQLITE_DONE) return std::unexpected(database_.error("cannot read the audit rows"));
  return found;
}

base::Status Snapshot::each_entry(const std::function<bool(domain::Entry)>& entry,
                                  const std::function<bool(std::int64_t number, std::string why)>& damaged) {
  TRY_ASSIGN(auto statement, database_.prepare(select_sql<domain::Entry>() + " ORDER BY number"));
  int code = 0;
  while ((code = statement.step()) == SQLITE_ROW) {
    domain::Entry row;
    std::string why;
    try {
      row = read_row<domain::Entry>(statement);
    } catch (const std::exception& e) {
      why = e.what();
    }
    if (!(why.empty() ? entry(std::move(row)) : damaged(statement.integer(0), std::move(why)))) return {};
  }
  if (code != SQLITE_DONE) return std::unexpected(database_.error("cannot read the entries"));
  return {};
}

base::Status Snapshot::each_usage_day(const std::function<bool(const domain::UsageDay&)>& day) {
  TRY_ASSIGN(auto statement, database_.prepare(select_sql<domain::UsageDay>()));
  int code = 0;
  try {
    while ((code = statement.step()) == SQLITE_ROW)
      if (!day(read_row<domain::UsageDay>(statement))) return {};
  } catch (const std::exception& e) {
    return base::fail(Fault::kUnavailable, "StoreDamaged",
                      fmt::format("a sum of account {} cannot be read: {}; put the newest backup of the state folder back", statement.text(0), e.what()));
  }
  if (code != SQLITE_DONE) return std::unexpected(database_.error("cannot read the sums of days"));
  return {};
}

base::Result<std::vector<std::string>> Snapshot::repeated_postings(std::size_t limit) {
  TRY_ASSIGN(auto statement, database_.prepare("SELECT subject, generation, segment FROM entries GROUP BY subject, generation, segment "
                                               "HAVING count(*) > 1 LIMIT ?1"));
  statement.bind(1, static_cast<std::int64_t>(limit));
  std::vector<std::string> found;
  int code = 0;
  while ((code = statement.step()) == SQLITE_ROW)
    found.push_back(fmt::format("{} generation {} segment {}", statement.text(0), statement.integer(1), statement.integer(2)));
  if (code != SQLITE_DONE) return std::unexpected(database_.error("cannot read the entries"));
  return found;
}

base::Result<bool> Snapshot::refuses_repeated_postings() {
  TRY_ASSIGN(auto statement, database_.prepare("SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND name = 'entries_once' AND "
                                               "sql LIKE 'CREATE UNIQUE INDEX entries_once ON entries (subject, generation, segment)'"));
  if (statement.step() != SQLITE_ROW) return std::unexpected(database_.error("cannot read the schema"));
  return statement.integer(0) == 1;
}

}  // namespace stipend::store::sqlite
