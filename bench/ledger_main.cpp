// Transfers a second that the ledger commits, beside rows a second that plain SQLite commits in the same batches, in turns,
// on the disk of TMPDIR:
//   ours     one command of N transfers through the engine's head and the server's own store: each an entry, numbered and
//            chained, the grant that paid for it, and the sums of its day; epoch and high-water of the clock with each commit
//   raw      one prepared INSERT of the same entries into a table with the same columns and indexes
//   bare     the same into a table with no index but its number
// Both with WAL and full sync; of each round the same number of transfers, of accounts in turn.
#include <fmt/format.h>

#include "control/inline_engine.hpp"
#include "money.hpp"
#include "store/sqlite/columns.hpp"
#include "store/sqlite/sqlite_store.hpp"
#include "store/sqlite/tables.hpp"
#include "store/test_folder.hpp"

namespace {

using namespace stipend;
using namespace stipend::bench;

constexpr std::int64_t kAccounts = 1'000;
constexpr int kRounds = 7;

class Ours {
 public:
  Ours() : store_(*store::open_sqlite(folder_.path())), engine_(*store_, *store_->load(), clock_, school_.random) {
    const auto run = [this](const control::Actor& actor, control::Engine::Plan plan) { this->run(actor, std::move(plan)); };
    school_.open(run);
    school_.add(run, kAccounts, base::Money::dollars(100'000));
    for (std::int64_t i = 0; i < kAccounts; ++i) machines_.push_back(base::make_id<base::InstanceId>(school_.random).str());
  }
  void commit(std::int64_t transfers) {
    run(kAdmin, [&](control::Tx& tx) -> base::Status {
      for (std::int64_t i = 0; i < transfers; ++i, ++next_) {
        const auto who = static_cast<std::size_t>(next_ % kAccounts);
        transfer(tx, school_.accounts[who], machines_[who], next_ / kAccounts, tx.now());
      }
      return {};
    });
  }
  std::vector<domain::Entry> entries() { return *store_->entries({.account = {}, .after = kAccounts, .limit = 1'000'000}); }

 private:
  void run(const control::Actor& actor, control::Engine::Plan plan) {
    engine_.submit(actor, std::move(plan), [](base::Status status) { must(status, "a commit"); });
    engine_.pump(1, false);
  }
  store::TestFolder folder_;
  base::SystemClock clock_;
  School school_;
  std::unique_ptr<store::Store> store_;
  control::InlineEngine engine_;
  std::vector<std::string> machines_;
  std::int64_t next_ = 0;
};

class Raw {
 public:
  explicit Raw(bool indexed) {
    database_ = *store::sqlite::Database::open(folder_.path() + "/raw.db", store::sqlite::Open::kWriter);
    std::string columns, values;
    for (const auto& name : store::sqlite::column_names<domain::Entry>()) {
      columns += columns.empty() ? name + " INTEGER PRIMARY KEY" : "," + name;
      values += values.empty() ? "?" : ",?";
    }
    std::string sql = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4000; PRAGMA cache_size=-16384; CREATE TABLE entries (" + columns + ");";
    if (indexed) sql += "CREATE INDEX a ON entries (account, number); CREATE UNIQUE INDEX b ON entries (subject, generation, segment);";
    if (database_->execute(sql) != 0) die("raw: " + database_->message());
    insert_ = *database_->prepare("INSERT INTO entries VALUES (" + values + ")");
    begin_ = *database_->prepare("BEGIN IMMEDIATE");
    end_ = *database_->prepare("COMMIT");
  }
  void commit(const std::vector<domain::Entry>& entries, std::size_t count) {
    begin_.step();
    for (std::size_t i = 0; i < count; ++i) {
      store::sqlite::bind_row(insert_, 1, entries.at(next_++), scratch_);
      if (insert_.step() != SQLITE_DONE) die("raw: " + database_->message());
    }
    if (end_.step() != SQLITE_DONE) die("raw: " + database_->message());
  }

 private:
  store::TestFolder folder_;
  std::optional<store::sqlite::Database> database_;
  store::sqlite::Statement insert_, begin_, end_;
  std::vector<std::string> scratch_;
  std::size_t next_ = 0;
};

// What plain SQLite is given: entries that a ledger has made.
std::vector<domain::Entry> rows_of(std::int64_t count) {
  Ours ledger;
  ledger.commit(count);
  return ledger.entries();
}

struct Figures {
  std::vector<double> rate, cpu_us;  // transfers a second; CPU of each
  void add(std::int64_t transfers, double took_s, double spent_s) {
    rate.push_back(static_cast<double>(transfers) / took_s);
    cpu_us.push_back(spent_s / static_cast<double>(transfers) * 1e6);
  }
  std::string json() { return fmt::format(R"({{"rate":{:.1f},"cpu_us":{:.2f}}})", percentile(rate, 0.5), percentile(cpu_us, 0.5)); }
};

template <class Commit>
void measure(Figures& figures, std::int64_t commits, std::int64_t batch, Commit commit) {
  const auto from = wall_s(), cpu = cpu_s();
  for (std::int64_t i = 0; i < commits; ++i) commit();
  figures.add(commits * batch, wall_s() - from, cpu_s() - cpu);
}

}  // namespace

int main() {
  std::string out;
  for (const std::int64_t batch : {1, 10, 100, 1000}) {
    const std::int64_t commits = batch == 1 ? 300 : batch == 10 ? 150 : batch == 100 ? 60 : 20;
    Ours ours;
    Raw raw(true), bare(false);
    Figures of_ours, of_raw, of_bare;
    const auto rows = rows_of(kRounds * commits * batch);
    for (int round = 0; round < kRounds; ++round) {
      measure(of_ours, commits, batch, [&] { ours.commit(batch); });
      measure(of_raw, commits, batch, [&] { raw.commit(rows, static_cast<std::size_t>(batch)); });
      measure(of_bare, commits, batch, [&] { bare.commit(rows, static_cast<std::size_t>(batch)); });
    }
    out += fmt::format(R"({}"{}":{{"ours":{},"raw":{},"bare":{}}})", out.empty() ? "" : ",", batch, of_ours.json(), of_raw.json(), of_bare.json());
  }
  fmt::print("{{{}}}\n", out);
}
