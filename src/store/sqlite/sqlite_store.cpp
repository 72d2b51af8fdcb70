#include "store/sqlite/sqlite_store.hpp"

#include <sqlite3.h>

#include <mutex>

#include "base/log.hpp"
#include "store/apply.hpp"
#include "store/folder_lock.hpp"
#include "store/sqlite/ballast.hpp"
#include "store/sqlite/migrations.hpp"
#include "store/sqlite/tables.hpp"

namespace stipend::store {
namespace {

using sqlite::Database;
using sqlite::Statement;

bool is_full(int code) {
  return (code & 0xff) == SQLITE_FULL || code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_SHMSIZE;
}

class SqliteStore final : public Store {
 public:
  SqliteStore(FolderLock lock, Database writer, Database reader, sqlite::Ballast ballast)
      : lock_(std::move(lock)),
        writer_(std::move(writer)),
        reader_(std::move(reader)),
        ballast_(std::move(ballast)) {}

  base::Status prepare(bool with_ballast) {
    TRY(tables_.prepare(writer_));
    TRY_ASSIGN(begin_, writer_.prepare("BEGIN IMMEDIATE"));
    TRY_ASSIGN(end_, writer_.prepare("COMMIT"));
    TRY_ASSIGN(read_epoch_, writer_.prepare("SELECT epoch FROM epochs"));
    with_ballast_ = with_ballast;
    if (with_ballast) {
      if (auto made = ballast_.set_aside(); !made) set_degraded(made.error().message);
    }
    return {};
  }

  base::Result<domain::State> load() override;
  std::int64_t epoch() const override { return epoch_; }
  CommitResult commit(const Batch& batch) override;
  std::string degraded() const override {
    const std::lock_guard lock(guard_);
    return degraded_;
  }
  void tend() override;
  base::Result<std::vector<domain::Entry>> entries(EntryQuery query) override;
  base::Result<std::vector<domain::Audit>> audits(AuditQuery query) override;
  base::Result<std::vector<domain::UsageDay>> usage(UsageQuery query) override;

 private:
  struct Attempt {
    CommitResult result;
    bool full = false;
  };
  Attempt attempt(const Batch& batch);
  Attempt give_up(int code, const char* what);
  void set_degraded(std::string why) {
    const std::lock_guard lock(guard_);
    degraded_ = std::move(why);
  }
  template <class Row>
  base::Status load_table(domain::State& state);
  template <class Row>
  base::Result<std::vector<Row>> rows(Statement& statement);

  FolderLock lock_;
  Database writer_, reader_;
  sqlite::Ballast ballast_;
  bool with_ballast_ = false;
  sqlite::Tables tables_;
  Statement begin_, end_, read_epoch_;
  std::int64_t epoch_ = 0;
  mutable std::mutex guard_;  // degraded_
  std::string degraded_;
  std::mutex reading_;  // reader_
};

template <class Row>
base::Status SqliteStore::load_table(domain::State& state) {
  const auto key = sqlite::column_names<Row>().front();
  TRY_ASSIGN(auto statement, writer_.prepare(sqlite::select_sql<Row>() + " ORDER BY " + key));
  int code = 0;
  while ((code = statement.step()) == SQLITE_ROW) insert_loaded<Row>(state, sqlite::read_row<Row>(statement));
  if (code != SQLITE_DONE)
    return std::unexpected(writer_.error("cannot read " + std::string(Fields<Row>::kTable)));
  return {};
}

base::Result<domain::State> SqliteStore::load() {
  if (writer_.execute("BEGIN IMMEDIATE; UPDATE epochs SET epoch = epoch + 1; COMMIT") != SQLITE_OK) {
    auto error = writer_.error("cannot write to the database");
    if (writer_.in_transaction()) writer_.execute("ROLLBACK");
    return std::unexpected(std::move(error));
  }
  read_epoch_.step();
  epoch_ = read_epoch_.integer(0);
  read_epoch_.reset();

  domain::State state;
  try {
    TRY(StateRows::each([&]<class Row>() { return load_table<Row>(state); }));
  } catch (const std::exception& e) {
    return base::fail(base::Fault::kUnavailable, "StoreUnavailable",
                      std::string("a row of the database is damaged: ") + e.what() +
                          "; put the newest backup of the state folder back");
  }
  TRY_ASSIGN(auto last, writer_.prepare("SELECT number, chain FROM entries ORDER BY number DESC LIMIT 1"));
  if (last.step() == SQLITE_ROW) {
    state.last_entry = last.integer(0);
    state.last_chain = last.text(1);
  }
  TRY_ASSIGN(auto audit, writer_.prepare("SELECT max(number) FROM audits"));
  if (audit.step() == SQLITE_ROW) state.last_audit = audit.integer(0);
  writer_.execute("PRAGMA shrink_memory");  // all was read once
  return state;
}

// What a failure before COMMIT was asked for means: nothing is written.
SqliteStore::Attempt SqliteStore::give_up(int code, const char* what) {
  const auto error = writer_.error(what);
  if (writer_.in_transaction() && writer_.execute("ROLLBACK") != SQLITE_OK && writer_.in_transaction())
    return {{Outcome::kUnknown, error.message}};
  const int kind = code & 0xff;
  const bool broken =
      kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB || (kind == SQLITE_IOERR && !is_full(code));
  return {{broken ? Outcome::kUnknown : Outcome::kFailed, error.message}, is_full(code)};
}

SqliteStore::Attempt SqliteStore::attempt(const Batch& batch) {
  if (const int code = begin_.step(); code != SQLITE_DONE) return give_up(code, "cannot begin a commit");
  const int code = read_epoch_.step();
  const std::int64_t now = code == SQLITE_ROW ? read_epoch_.integer(0) : -1;
  read_epoch_.reset();
  if (code != SQLITE_ROW) return give_up(code, "cannot read the epoch");
  if (now != epoch_) {
    writer_.execute("ROLLBACK");
    return {{Outcome::kFenced, "a newer server has taken over this state"}};
  }
  if (const int wrote = tables_.write(batch); wrote != SQLITE_DONE) return give_up(wrote, "cannot write a row");
  if (const int ended = end_.step(); ended != SQLITE_DONE) {
    // No space: SQLite has not written the frame that commits. Anything else, a failed fsync above all,
    // leaves open whether the disk has it.
    if (is_full(ended) || (ended & 0xff) == SQLITE_BUSY) return give_up(ended, "cannot commit");
    return {{Outcome::kUnknown, writer_.error("cannot commit").message}};
  }
  return {{Outcome::kCommitted, {}}};
}

CommitResult SqliteStore::commit(const Batch& batch) {
  auto first = attempt(batch);
  if (!first.full) return first.result;
  set_degraded("the disk of the state folder is full: free some space; until then nothing new is started");
  if (!ballast_.present()) return first.result;
  base::log::error("disk full: the space set aside is released, nothing new is started");
  ballast_.release();
  return attempt(batch).result;
}

void SqliteStore::tend() {
  if (degraded().empty() || !with_ballast_) return;
  if (ballast_.set_aside()) {
    set_degraded({});
    base::log::info("the disk of the state folder has space again");
  }
}

template <class Row>
base::Result<std::vector<Row>> SqliteStore::rows(Statement& statement) {
  std::vector<Row> out;
  int code = 0;
  while ((code = statement.step()) == SQLITE_ROW) out.push_back(sqlite::read_row<Row>(statement));
  if (code != SQLITE_DONE) return std::unexpected(reader_.error("cannot read the database"));
  return out;
}

base::Result<std::vector<domain::Entry>> SqliteStore::entries(EntryQuery query) {
  const std::lock_guard lock(reading_);
  const std::string filter = query.account ? " AND account = ?3" : "";
  TRY_ASSIGN(auto statement, reader_.prepare(sqlite::select_sql<domain::Entry>() + " WHERE number > ?1" +
                                             filter + " ORDER BY number LIMIT ?2"));
  statement.bind(1, query.after);
  statement.bind(2, static_cast<std::int64_t>(query.limit));
  if (query.account) statement.bind_text(3, query.account->view());
  return rows<domain::Entry>(statement);
}

base::Result<std::vector<domain::Audit>> SqliteStore::audits(AuditQuery query) {
  const std::lock_guard lock(reading_);
  const std::string filter = query.target.empty() ? "" : " AND target = ?3";
  TRY_ASSIGN(auto statement, reader_.prepare(sqlite::select_sql<domain::Audit>() + " WHERE number > ?1" +
                                             filter + " ORDER BY number LIMIT ?2"));
  statement.bind(1, query.after);
  statement.bind(2, static_cast<std::int64_t>(query.limit));
  if (!query.target.empty()) statement.bind_text(3, query.target);
  return rows<domain::Audit>(statement);
}

base::Result<std::vector<domain::UsageDay>> SqliteStore::usage(UsageQuery query) {
  const std::lock_guard lock(reading_);
  TRY_ASSIGN(auto statement, reader_.prepare(sqlite::select_sql<domain::UsageDay>() +
                                             " WHERE account = ?1 AND day >= ?2 AND day < ?3 ORDER BY account, day, kind, type, catalogue, price, house"));
  statement.bind_text(1, query.account.view());
  statement.bind(2, query.from.ms);
  statement.bind(3, query.until.ms);
  return rows<domain::UsageDay>(statement);
}

}  // namespace

base::Result<std::unique_ptr<Store>> open_sqlite(const std::string& folder, SqliteOptions options) {
  TRY_ASSIGN(auto lock, FolderLock::take(folder, options.lock_patience));
  const auto path = folder + "/stipend.db";
  TRY_ASSIGN(auto writer, Database::open(path, sqlite::Open::kWriter));
  std::string settings = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA wal_autocheckpoint=4000; PRAGMA cache_size=-16384;";
  if (writer.execute(settings) != SQLITE_OK) return std::unexpected(writer.error("cannot open " + path));
  TRY(sqlite::migrate(writer));
  writer.execute("PRAGMA wal_checkpoint(TRUNCATE)");  // what was erased before is in no file now
  if (options.limit_bytes > 0)
    writer.execute("PRAGMA max_page_count = " + std::to_string(options.limit_bytes / 4096));
  TRY_ASSIGN(auto reader, Database::open(path, sqlite::Open::kReader));
  auto made = std::make_unique<SqliteStore>(std::move(lock), std::move(writer), std::move(reader),
                                            sqlite::Ballast(folder + "/ballast", options.ballast_bytes));
  TRY(made->prepare(options.ballast_bytes > 0));
  return made;
}

}  // namespace stipend::store
