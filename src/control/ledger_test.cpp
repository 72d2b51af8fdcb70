// A ledger that the commands made is found right by ledger::Verification, and one that somebody edited with a shell of
// SQLite is found wrong, with the entry or row named.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "control/testing/kept.hpp"
#include "ledger/verification.hpp"
#include "store/sqlite/snapshot.hpp"
#include "store/sqlite/sqlite_store.hpp"
#include "store/test_folder.hpp"

namespace stipend::control {
namespace {

// A term in small: two students, both plans, a fault, a day's end, a take-back, a disk that is deleted.
constexpr const char* kTerm = R"(
  course per-second grace 86400
  account ada 1.00
  account bob 0.50
  launch ada web m4.large
  launch bob lab t2.medium
  tick 2
  report web running 0
  report lab running 0
  renew ada
  tick 600
  report web running 600
  report lab vanished 600
  renew ada
  grant ada 0.25
  tick 300
  stop web
  report web ended 903 person ours
  grant ada -0.10
  tick 60000
  renew ada
  renew bob
  start lab
  report lab running 0
  tick 1500
  report lab running 1500
  renew bob
)";

template <class Row>
void put_all(store::Batch& batch, const domain::Table<Row>& rows) {
  for (const auto& [key, row] : rows) batch.push_back(store::Put<Row>{row});
}

class LedgerTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(table_.run(term()), "");
    more();
    auto opened = store::open_sqlite(folder_.path(), {.ballast_bytes = 0});
    ASSERT_TRUE(opened);
    ASSERT_TRUE((*opened)->load());
    store::Batch batch;
    const auto& state = table_.state();
    put_all(batch, state.courses);
    put_all(batch, state.catalogues);
    put_all(batch, state.accounts);
    put_all(batch, state.disks);
    put_all(batch, state.elastic_addresses);
    put_all(batch, state.instances);
    put_all(batch, state.grants);
    put_all(batch, state.holds);
    put_all(batch, state.settings);
    batch.push_back(store::Put<domain::Audit>{std::make_shared<const domain::Audit>(policy_audit())});
    for (const auto& entry : table_.entries()) batch.push_back(store::Put<domain::Entry>{std::make_shared<const domain::Entry>(entry)});
    ASSERT_EQ((*opened)->commit(batch).outcome, store::Outcome::kCommitted);
  }
  static std::string term() { return kTerm; }
  virtual void more() {}
  // That of a course that has no rules.
  virtual domain::Audit policy_audit() const { return {.number = 1, .action = "create-course", .target = table_.state().courses.begin()->first.str()}; }

  void edit(const std::string& sql) {
    sqlite3* raw = nullptr;
    ASSERT_EQ(SQLITE_OK, sqlite3_open((folder_.path() + "/stipend.db").c_str(), &raw));
    EXPECT_EQ(SQLITE_OK, sqlite3_exec(raw, sql.c_str(), nullptr, nullptr, nullptr)) << sqlite3_errmsg(raw);
    EXPECT_GT(sqlite3_total_changes(raw) + (sql.starts_with("DROP") ? 1 : 0), 0) << "nothing was edited";
    sqlite3_close(raw);
  }

  // What does not hold: each check's name and findings.
  std::map<std::string, std::string> wrong(std::optional<ledger::InMemory> held = {}, base::WallTime now = {}) {
    auto snapshot = store::sqlite::Snapshot::open(folder_.path());
    EXPECT_TRUE(snapshot);
    const auto state = *snapshot->rows();
    const ledger::Rows rows{state, std::max(now, table_.now()), *snapshot->courses_with_policy(), true};
    ledger::Verification verification(rows, std::move(held));
    EXPECT_TRUE(snapshot->each_entry(
        [&](domain::Entry entry) {
          verification.add(std::move(entry));
          return true;
        },
        [&](std::int64_t number, const std::string& why) {
          verification.add_damaged(number, why);
          return true;
        }));
    EXPECT_TRUE(snapshot->each_usage_day([&](const domain::UsageDay& kept) {
      verification.add_usage(kept);
      return true;
    }));
    ledger::Repeats repeats{*snapshot->refuses_repeated_postings(), *snapshot->repeated_postings(10)};
    std::map<std::string, std::string> out;
    for (const auto& verdict : verification.end(repeats)) {
      if (verdict.ok()) continue;
      for (const auto& finding : verdict.findings) out[verdict.name] += finding + "\n";
    }
    return out;
  }
  std::int64_t first_charge() const {
    return std::ranges::find(table_.entries(), domain::EntryKind::kCharge, &domain::Entry::kind)->number;
  }
  ledger::InMemory memory() const {
    ledger::InMemory held{table_.state().last_entry, table_.state().last_chain, {}};
    for (const auto& [id, grant] : table_.state().grants) held.grants.push_back(grant);
    return held;
  }

  Table table_;
  store::TestFolder folder_;
};

MATCHER_P(Has, text, "") { return arg.find(text) != std::string::npos; }
MATCHER_P(Names, text, "") { return arg.contains(text); }

TEST_F(LedgerTest, WhatTheCommandsMadeIsRight) {
  EXPECT_GT(table_.entries().size(), 8u);
  EXPECT_THAT(wrong(memory()), testing::IsEmpty());
}

TEST_F(LedgerTest, AnAmountThatWasEditedIsNamed) {
  const auto charge = first_charge();
  const auto one = "entry " + std::to_string(charge), next = "entry " + std::to_string(charge + 1);
  edit("UPDATE entries SET amount = amount - 7 WHERE number = " + std::to_string(charge));
  const auto found = wrong();
  ASSERT_THAT(found, Names("chain"));
  EXPECT_THAT(found.at("chain"), Has(one + " was changed"));
  EXPECT_THAT(found.at("chain"), testing::Not(Has(next)));
  ASSERT_THAT(found, Names("amounts"));
  EXPECT_THAT(found.at("amounts"), Has(one + ": "));
  EXPECT_THAT(found, Names("grants"));
  EXPECT_THAT(found, testing::Not(Names("numbers")));
}

TEST_F(LedgerTest, AnAmountThatWasEditedTogetherWithItsHashIsStillNamed) {
  const auto& next = table_.entries().at(5);
  edit("UPDATE entries SET amount = amount - 7, chain = '" + std::string(64, 'a') + "' WHERE number = 5");
  const auto found = wrong();
  EXPECT_THAT(found.at("chain"), Has("entry 5 was changed"));
  EXPECT_THAT(found.at("chain"), Has("entry " + std::to_string(next.number)));
}

TEST_F(LedgerTest, AnEntryThatWasDeletedIsNamed) {
  edit("DELETE FROM entries WHERE number = 4");
  const auto found = wrong();
  ASSERT_THAT(found, Names("numbers"));
  EXPECT_THAT(found.at("numbers"), Has("entry 4 is missing"));
  EXPECT_THAT(found.at("chain"), Has("entry 5"));
}

TEST_F(LedgerTest, LastEntriesThatWereDeletedAreMissedByTheServersMemoryAndTheRows) {
  edit("DELETE FROM entries WHERE number = (SELECT max(number) FROM entries)");
  const auto found = wrong(memory());
  EXPECT_THAT(found, testing::Not(Names("numbers")));
  EXPECT_THAT(found.at("memory"), Has("the file does not have it"));
  EXPECT_FALSE(wrong().empty());
}

TEST_F(LedgerTest, AGrantsRowThatWasEditedIsNamed) {
  const auto id = table_.state().grants.begin()->first.str();
  edit("UPDATE grants SET spent = spent - 1000 WHERE id = '" + id + "'");
  const auto found = wrong(memory());
  ASSERT_THAT(found, Names("grants"));
  EXPECT_THAT(found.at("grants"), Has(id));
  EXPECT_EQ(found.size(), 1u);
}

TEST_F(LedgerTest, AGrantThatWasDeletedOrMovedToAnotherAccountIsNamed) {
  const auto& grant = *table_.state().grants.begin()->second;
  edit("UPDATE grants SET account = (SELECT id FROM accounts WHERE id <> '" + grant.account.str() + "' LIMIT 1) WHERE id = '" + grant.id.str() + "'");
  EXPECT_THAT(wrong().at("subjects"), Has("grant:" + grant.id.str() + " is not of"));
  edit("DELETE FROM grants WHERE id = '" + grant.id.str() + "'");
  EXPECT_THAT(wrong().at("grants"), Has("grant:" + grant.id.str() + " has entries and no row"));
}

TEST_F(LedgerTest, APostingThatIsThereTwiceIsNamedThoughTheIndexIsGone) {
  edit("DROP INDEX entries_once");
  edit("INSERT INTO entries SELECT (SELECT max(number) FROM entries) + 1, account, kind, debit, credit, amount, subject, generation, segment, "
       "\"from\", \"to\", price, catalogue, type, reason, at, chain FROM entries WHERE number = 3");
  const auto found = wrong();
  EXPECT_THAT(found.at("once"), Has(table_.entries().at(2).subject));
  EXPECT_THAT(found.at("once"), Has("index"));
}

TEST_F(LedgerTest, AHoldOfWhatDoesNotRunAndALeaseThatIsOverAreNamed) {
  EXPECT_THAT(wrong({}, table_.now().plus_seconds(2 * 86'400)).at("leases"), Has("nobody has reported its end"));
  const auto ada = table_.account("ada").str();
  const auto grant = table_.state().grants_of.at(table_.account("ada")).begin()->str();
  edit("INSERT OR REPLACE INTO holds VALUES ('" + ada + "', 5, '[{\"grant\":\"" + grant + "\",\"amount\":5,\"type\":\"m4.large\"}]')");
  EXPECT_THAT(wrong().at("holds"), Has("account " + ada + ": 0.000000005 held and nothing runs"));
}

TEST_F(LedgerTest, AReserveThatIsGoneIsNamed) {
  edit("UPDATE disks SET reserved = 0, reserve_draws = '[]' WHERE reserved > 0");
  EXPECT_THAT(wrong().at("reserves"), Has("nothing was paid of it"));
}

TEST_F(LedgerTest, ARowThatNamesNoIdIsToldAsDamaged) {
  edit("UPDATE entries SET account = 'nobody' WHERE number = 2");
  EXPECT_THAT(wrong().at("readable"), Has("entry 2"));
}

TEST_F(LedgerTest, AnAccountBelowZeroIsNamed) {
  edit("UPDATE entries SET amount = 1 WHERE number = 1");
  EXPECT_THAT(wrong(), Names("below-zero"));
}

TEST_F(LedgerTest, AChargeAtAPriceThatNoListHasIsNamed) {
  const auto number = std::to_string(first_charge());
  edit("UPDATE entries SET price = price + 1 WHERE number = " + number);
  EXPECT_THAT(wrong().at("prices"), Has("entry " + number + ": "));
  edit("UPDATE entries SET price = price - 1, catalogue = '2017' WHERE number = " + number);
  EXPECT_THAT(wrong().at("prices"), Has("entry " + number + ": the course did not sell at a price list '2017'"));
}

TEST_F(LedgerTest, ARunAndADiskAtAPriceThatNoListHasAreNamed) {
  EXPECT_THAT(wrong(), testing::Not(Names("prices")));
  const auto lab = table_.instance("lab").id.str(), disk = table_.instance("lab").root_disk.str();
  edit("UPDATE instances SET run = json_set(run, '$.price', 1) WHERE id = '" + lab + "'");
  edit("UPDATE disks SET gib = gib + 1 WHERE id = '" + disk + "'");
  const auto found = wrong().at("prices");
  EXPECT_THAT(found, Has(lab + ": its run is priced"));
  EXPECT_THAT(found, Has(disk + ": priced"));
}

TEST_F(LedgerTest, ASumOfADayThatIsNotThatOfItsEntriesIsNamed) {
  const auto ada = table_.account("ada").str();
  EXPECT_THAT(wrong(), testing::Not(Names("usage")));
  edit("UPDATE usage_days SET amount = amount + 1 WHERE account = '" + ada + "' AND type = 'm4.large'");
  EXPECT_THAT(wrong().at("usage"), Has("account " + ada + ", 2027-01-15, m4.large at 2026: a sum of"));
  edit("UPDATE usage_days SET amount = amount - 1, seconds = seconds + 3 WHERE account = '" + ada + "' AND type = 'm4.large'");
  EXPECT_THAT(wrong().at("usage"), Has(" s, its entries are "));
  edit("DELETE FROM usage_days WHERE account = '" + ada + "' AND type = 'm4.large'");
  EXPECT_THAT(wrong().at("usage"), Has("and no sum of them"));
  edit("INSERT INTO usage_days VALUES ('" + ada + "', 0, 2, 't2.nano', '2026', 1, 0, 1, 1)");
  EXPECT_THAT(wrong().at("usage"), Has("and there is no entry"));
}

// A snapshot that is whole, one that is being made, one that failed, one that is gone; an address that is here, one that was
// released.
class LedgerWithCopies : public LedgerTest {
 protected:
  void more() override {
    ASSERT_EQ(table_.run("grant ada 1.00\ngrant bob 1.00"), "");
    whole_ = snapshot_of(table_, "bob", "lab");
    gone_ = snapshot_of(table_, "bob", "lab");
    const auto failed = snapshot_of(table_, "bob", "lab");
    ASSERT_EQ(completed(table_, whole_, 1'500), "ok");
    ASSERT_EQ(completed(table_, gone_, 8'000), "ok");
    ASSERT_EQ(table_.command(kHostActor, [&](Tx& tx) { return snapshot_failed(tx, failed, "VolumeGone"); }), "ok");
    for (const int number : {1, 2}) ASSERT_EQ(allocated(table_, table_.account("bob"), number), "ok");
    ASSERT_EQ(table_.run("tick 3000\nreport lab running 4500\nrenew bob"), "");
    ASSERT_EQ(associated(table_, 1, "lab"), "ok");
    ASSERT_EQ(table_.run("tick 500"), "");
    ASSERT_EQ(table_.command(table_.actor("bob"), [&](Tx& tx) { return delete_snapshot(tx, gone_, false); }), "ok");
    ASSERT_EQ(table_.command(kHostActor, [&](Tx& tx) -> base::Status {
      tx.erase<domain::Disk>(gone_);
      return {};
    }), "ok");
    ASSERT_EQ(released(table_, 2), "ok");
    ASSERT_EQ(table_.run("tick 2000\nreport lab running 7000\nrenew bob\ngrant bob -0.10"), "");
    ASSERT_FALSE(snapshot_of(table_, "bob", "lab").empty());
  }
  std::string of(const base::DiskId& disk) const { return "subject = '" + disk.str() + "'"; }
  std::string first_of(const std::string& subject) const { return std::to_string(std::ranges::find(table_.entries(), subject, &domain::Entry::subject)->number); }

  base::DiskId whole_, gone_;
};

TEST_F(LedgerWithCopies, ThatTheCommandsMadeIsRight) {
  EXPECT_THAT(wrong(memory()), testing::IsEmpty());
  for (const auto& subject : {whole_.str(), gone_.str(), address_id(1), address_id(2)})
    EXPECT_NE(std::ranges::find(table_.entries(), subject, &domain::Entry::subject), table_.entries().end()) << subject;
}

TEST_F(LedgerWithCopies, ASnapshotThatCostsOtherThanWhatItOccupiesIsNamed) {
  edit("UPDATE disks SET stored_mib = 1501 WHERE id = '" + whole_.str() + "'");
  EXPECT_THAT(wrong().at("prices"), Has(whole_.str() + ": priced"));
  edit("UPDATE disks SET stored_mib = 100000 WHERE id = '" + whole_.str() + "'");
  EXPECT_THAT(wrong().at("prices"), Has("occupies 100000 MiB"));
}

TEST_F(LedgerWithCopies, AChargeForASnapshotOrDiskThatIsGoneAtAPriceOfNoneIsNamed) {
  EXPECT_THAT(wrong(), testing::Not(Names("prices")));
  edit("UPDATE entries SET price = price + 1 WHERE " + of(gone_));
  EXPECT_THAT(wrong().at("prices"), Has("entry " + first_of(gone_.str()) + ": "));
}

TEST_F(LedgerWithCopies, AnEntryThatCallsASnapshotADiskIsNamed) {
  edit("UPDATE entries SET type = 'disk' WHERE " + of(whole_));
  EXPECT_THAT(wrong().at("subjects"), Has(whole_.str() + " is no disk but a snapshot"));
}

TEST_F(LedgerWithCopies, AReleasedAddressIsJudgedByItsEntriesAlone) {
  const auto number = first_of(address_id(2));
  const auto where = " WHERE number = " + number;
  edit("UPDATE entries SET amount = amount + 1" + where);
  EXPECT_THAT(wrong().at("amounts"), Has("entry " + number));
  edit("UPDATE entries SET amount = amount - 1, price = price + 1" + where);
  EXPECT_THAT(wrong().at("prices"), Has("entry " + number + ": "));
  edit("UPDATE entries SET price = price - 1, \"from\" = \"from\" + 5" + where);
  EXPECT_THAT(wrong().at("addresses"), Has("entry " + number + ": " + address_id(2) + " is charged from second 5"));
}

TEST_F(LedgerWithCopies, AnAddressWhoseRowSaysOtherThanItsEntriesIsNamed) {
  const auto where = " WHERE id = '" + address_id(1) + "'";
  edit("UPDATE addresses SET posted_idle = posted_idle - 1, idle = idle - 1" + where);
  EXPECT_THAT(wrong().at("addresses"), Has(address_id(1) + ": its row is charged to second"));
  edit("UPDATE addresses SET posted_idle = posted_idle + 1, idle = 0" + where);
  EXPECT_THAT(wrong().at("addresses"), Has("s of idleness, it had 0"));
  edit("UPDATE addresses SET idle = posted_idle, price = price + 7" + where);
  EXPECT_THAT(wrong().at("prices"), Has(address_id(1) + ": priced"));
  edit("UPDATE addresses SET price = price - 7, posted = posted + 1" + where);
  EXPECT_THAT(wrong().at("posted"), Has(address_id(1)));
  edit("UPDATE addresses SET posted = posted - 1, reserved = 0, reserve_draws = '[]'" + where);
  EXPECT_THAT(wrong().at("reserves"), Has(address_id(1)));
}

TEST_F(LedgerWithCopies, AReserveOfAFailedSnapshotIsNamed) {
  edit("UPDATE disks SET reserved = 5 WHERE kind = 4 AND snapshot = 3");
  EXPECT_THAT(wrong().at("reserves"), Has("failed, and 0.000000005 is reserved"));
}

class LedgerWithFreeHours : public LedgerTest {
 protected:
  domain::Audit policy_audit() const override { return {.number = 1, .action = "course-policy", .target = table_.state().courses.begin()->first.str()}; }
};

TEST_F(LedgerWithFreeHours, LessThanThePriceIsRightAndMoreIsNot) {
  const auto number = std::to_string(first_charge());
  edit("UPDATE entries SET amount = amount - 7 WHERE number = " + number);
  EXPECT_THAT(wrong(), testing::Not(Names("amounts")));
  edit("UPDATE entries SET amount = amount + 9 WHERE number = " + number);
  EXPECT_THAT(wrong().at("amounts"), Has("entry " + number));
}

TEST(Snapshot, OfAFolderWithoutAStateOrOfAnotherVersionSaysSo) {
  store::TestFolder folder;
  EXPECT_EQ(store::sqlite::Snapshot::open(folder.path()).error().code, "NoState");
  { ASSERT_TRUE(store::open_sqlite(folder.path(), {.ballast_bytes = 0})); }
  EXPECT_TRUE(store::sqlite::Snapshot::open(folder.path()));
  sqlite3* raw = nullptr;
  ASSERT_EQ(SQLITE_OK, sqlite3_open((folder.path() + "/stipend.db").c_str(), &raw));
  sqlite3_exec(raw, "PRAGMA user_version = 1", nullptr, nullptr, nullptr);
  EXPECT_EQ(store::sqlite::Snapshot::open(folder.path()).error().code, "StoreTooOld");
  sqlite3_exec(raw, "PRAGMA user_version = 1000", nullptr, nullptr, nullptr);
  EXPECT_EQ(store::sqlite::Snapshot::open(folder.path()).error().code, "StoreTooNew");
  sqlite3_close(raw);
}

}  // namespace
}  // namespace stipend::control
