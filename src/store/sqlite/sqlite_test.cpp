// What only SQLite can do wrong: files, locks, versions, full and damaged disks.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "base/random.hpp"
#include "store/sqlite/ballast.hpp"
#include "store/sqlite/columns.hpp"
#include "store/sqlite/migrations.hpp"
#include "store/sqlite/sqlite_store.hpp"
#include "store/test_folder.hpp"

namespace stipend::store {
namespace {

const SqliteOptions kSmall{.ballast_bytes = 1 << 20};

template <class Row>
Change put(Row row) {
  return Put<Row>{std::make_shared<const Row>(std::move(row))};
}
std::string code_of(const std::string& folder) {
  const auto opened = open_sqlite(folder, kSmall);
  return opened ? "opened" : opened.error().code;
}
void run_sql(const std::string& folder, const char* sql) {
  sqlite3* raw = nullptr;
  ASSERT_EQ(SQLITE_OK, sqlite3_open((folder + "/stipend.db").c_str(), &raw));
  ASSERT_EQ(SQLITE_OK, sqlite3_exec(raw, sql, nullptr, nullptr, nullptr)) << sqlite3_errmsg(raw);
  sqlite3_close(raw);
}

TEST(Sqlite, ASecondServerOnTheSameFolderIsRefusedWithTheFirstOnesProcess) {
  TestFolder folder;
  auto first = open_sqlite(folder.path(), kSmall);
  ASSERT_TRUE(first);
  const auto second = open_sqlite(folder.path(), kSmall);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "StateInUse");
  EXPECT_NE(second.error().message.find(std::to_string(getpid())), std::string::npos);
  first->reset();
  EXPECT_EQ(code_of(folder.path()), "opened");
}

TEST(Sqlite, AServerStartedWhileAKilledOneIsNotYetGoneWaitsForItsFolder) {
  TestFolder folder;
  auto first = open_sqlite(folder.path(), kSmall);
  ASSERT_TRUE(first);
  std::jthread leaving([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    first->reset();
  });
  auto options = kSmall;
  options.lock_patience = std::chrono::seconds(60);
  EXPECT_TRUE(open_sqlite(folder.path(), options));
}

TEST(Sqlite, ColumnsAreThoseOfTheRows) {
  TestFolder folder;
  ASSERT_EQ(code_of(folder.path()), "opened");
  auto database = sqlite::Database::open(folder.path() + "/stipend.db", sqlite::Open::kReader);
  ASSERT_TRUE(database);
  const auto check = [&]<class Row>(Row*) {
    auto statement =
        database->prepare("SELECT name FROM pragma_table_info('" + std::string(Fields<Row>::kTable) + "')");
    ASSERT_TRUE(statement);
    std::vector<std::string> have;
    while (statement->step() == SQLITE_ROW) have.push_back('"' + std::string(statement->text(0)) + '"');
    EXPECT_EQ(have, sqlite::column_names<Row>());
  };
  using namespace domain;
  check(static_cast<Course*>(nullptr));
  check(static_cast<Person*>(nullptr));
  check(static_cast<Account*>(nullptr));
  check(static_cast<AccessKey*>(nullptr));
  check(static_cast<KeyPair*>(nullptr));
  check(static_cast<Image*>(nullptr));
  check(static_cast<Disk*>(nullptr));
  check(static_cast<Instance*>(nullptr));
  check(static_cast<Grant*>(nullptr));
  check(static_cast<Hold*>(nullptr));
  check(static_cast<ClientToken*>(nullptr));
  check(static_cast<Pass*>(nullptr));
  check(static_cast<Setting*>(nullptr));
  check(static_cast<JoinCode*>(nullptr));
  check(static_cast<CourseLink*>(nullptr));
  check(static_cast<QueuePlace*>(nullptr));
  check(static_cast<CreditCode*>(nullptr));
  check(static_cast<Spend*>(nullptr));
  check(static_cast<Catalogue*>(nullptr));
  check(static_cast<Outage*>(nullptr));
  check(static_cast<Budget*>(nullptr));
  check(static_cast<Mail*>(nullptr));
  check(static_cast<UsageDay*>(nullptr));
  check(static_cast<Entry*>(nullptr));
  check(static_cast<Audit*>(nullptr));
}

TEST(Sqlite, AStateOfTheFirstVersionIsCarriedOver) {
  TestFolder folder;
  {
    auto database = sqlite::Database::open(folder.path() + "/stipend.db", sqlite::Open::kWriter);
    ASSERT_TRUE(database);
    ASSERT_TRUE(sqlite::migrate_to(*database, 1));
    ASSERT_EQ(SQLITE_OK, database->execute(R"sql(
      INSERT INTO courses VALUES ('c-00000000000000001', 'CS', 0, '2026', 60, 1);
      INSERT INTO instances VALUES ('i-00000000000000001', '123456789012', 'r-00000000000000001', 0,
        'ami-00000000000000001', 't2.micro', '', '', x'', '', 'vol-00000000000000001', '', '', '', '', 5, 0, NULL, '', 0,
        0, 0, 0, '', '', '', 0, 1, 1, NULL, NULL, '{}');
      INSERT INTO disks VALUES ('vol-00000000000000001', '123456789012', 0, 8, 'i-00000000000000001', 1, 1, 0, 0, '[]',
        0, 0, 0, 1, 1, NULL, '{}')
    )sql"));
  }
  auto store = open_sqlite(folder.path(), kSmall);
  ASSERT_TRUE(store) << store.error().message;
  const auto state = (*store)->load();
  ASSERT_TRUE(state) << state.error().message;
  const auto& course = *state->courses.begin()->second;
  EXPECT_EQ(course.homes, domain::HomePolicy::kMachine);
  EXPECT_EQ(course.home_gib, domain::Course{}.home_gib);
  const auto& disk = *state->disks.begin()->second;
  EXPECT_EQ(disk.image.str(), "ami-00000000000000001");
  EXPECT_EQ(disk.origin.str(), "i-00000000000000001");
}

TEST(Sqlite, UsageOfAnOlderStateIsSummedFromItsEntries) {
  TestFolder folder;
  {
    auto database = sqlite::Database::open(folder.path() + "/stipend.db", sqlite::Open::kWriter);
    ASSERT_TRUE(database);
    ASSERT_TRUE(sqlite::migrate_to(*database, 3));
    // Two grants pay one posting; the next is of the same day; the third of the day after.
    ASSERT_EQ(SQLITE_OK, database->execute(R"sql(
      INSERT INTO entries VALUES
        (1, '123456789012', 2, 'grant:a', 'usage:1', 5, 'i-1', 1, 0, 0, 60, 9, '2026', 't2.micro', 'usage', 86400000, 'a'),
        (2, '123456789012', 2, 'grant:b', 'usage:1', 6, 'i-1', 1, 1, 0, 60, 9, '2026', 't2.micro', 'usage', 86400000, 'b'),
        (3, '123456789012', 2, 'grant:b', 'usage:1', 7, 'i-1', 1, 2, 60, 70, 9, '2026', 't2.micro', 'usage', 86400000, 'c'),
        (4, '123456789012', 2, 'grant:b', 'usage:1', 8, 'i-1', 1, 3, 70, 75, 9, '2026', 't2.micro', 'usage', 86400001, 'd')
    )sql"));
  }
  auto store = open_sqlite(folder.path(), kSmall);
  ASSERT_TRUE(store) << store.error().message;
  const auto days = (*store)->usage({*domain::AccountId::parse("123456789012"), {0}, {2 * 86'400'000}});
  ASSERT_TRUE(days);
  ASSERT_EQ(days->size(), 2u);
  EXPECT_EQ(days->at(0).amount.nano, 18);
  EXPECT_EQ(days->at(0).seconds, 70);
  EXPECT_EQ(days->at(1).day.ms, 86'400'000);
  EXPECT_EQ(days->at(1).amount.nano, 8);
}

TEST(Sqlite, KeysThatASuspensionSwitchedOffAreTheirPersonsAgain) {
  TestFolder folder;
  {
    auto database = sqlite::Database::open(folder.path() + "/stipend.db", sqlite::Open::kWriter);
    ASSERT_TRUE(database);
    ASSERT_TRUE(sqlite::migrate_to(*database, 2));
    ASSERT_EQ(SQLITE_OK, database->execute(R"sql(
      INSERT INTO courses VALUES ('c-00000000000000001', 'CS', 0, '2026', 60, 1, 0, 10, 0, '[]', '', '');
      INSERT INTO accounts (id, course, person, role, created, status) VALUES
        ('111111111111', 'c-00000000000000001', 'p-00000000000000001', 0, 1, 2),
        ('222222222222', 'c-00000000000000001', 'p-00000000000000002', 0, 1, 1);
      INSERT INTO access_keys VALUES ('AKIAONE', '111111111111', x'00', 1, 0), ('AKIATWO', '222222222222', x'00', 1, 0)
    )sql")) << database->error("").message;
  }
  auto store = open_sqlite(folder.path(), kSmall);
  ASSERT_TRUE(store) << store.error().message;
  const auto state = (*store)->load();
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_TRUE(state->access_keys.at("AKIAONE")->active);
  EXPECT_FALSE(state->access_keys.at("AKIATWO")->active);
}

TEST(Sqlite, AStateOfANewerVersionIsRefused) {
  TestFolder folder;
  ASSERT_EQ(code_of(folder.path()), "opened");
  run_sql(folder.path(), "PRAGMA user_version = 999");
  EXPECT_EQ(code_of(folder.path()), "StoreTooNew");
}

TEST(Sqlite, AFileThatIsNoDatabaseIsAnErrorThatNamesTheCure) {
  TestFolder folder;
  std::ofstream(folder.path() + "/stipend.db") << std::string(8192, 'x');
  const auto opened = open_sqlite(folder.path(), kSmall);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("backup"), std::string::npos) << opened.error().message;
}

TEST(Sqlite, AMissingFolderIsAnErrorThatNamesIt) {
  const auto opened = open_sqlite("/nonexistent/state", kSmall);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("/nonexistent/state"), std::string::npos);
}

TEST(Sqlite, ADamagedRowIsRefusedOnLoad) {
  TestFolder folder;
  {
    auto opened = open_sqlite(folder.path(), kSmall);
    ASSERT_TRUE(opened && (*opened)->load());
    ASSERT_EQ(Outcome::kCommitted,
              (*opened)->commit({put(domain::Person{base::PersonId(), "Ada", "", ""})}).outcome);
  }
  run_sql(folder.path(), "UPDATE persons SET id = 'not an id'");
  auto opened = open_sqlite(folder.path(), kSmall);
  ASSERT_TRUE(opened);
  const auto loaded = (*opened)->load();
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().message.find("damaged"), std::string::npos);
}

TEST(Sqlite, AnotherProcessThatTookTheEpochFencesTheOlder) {
  TestFolder folder;
  auto older = open_sqlite(folder.path(), kSmall);
  ASSERT_TRUE(older && (*older)->load());
  run_sql(folder.path(), "UPDATE epochs SET epoch = epoch + 1");  // a server that does not see the lock
  EXPECT_EQ(Outcome::kFenced, (*older)->commit({put(domain::Setting{"a", "1"})}).outcome);
}

TEST(Ballast, IsRealSpaceAndIsMadeAgain) {
  TestFolder folder;
  const auto path = folder.path() + "/ballast";
  sqlite::Ballast ballast(path, 1 << 20);
  ASSERT_TRUE(ballast.set_aside());
  struct stat file{};
  ASSERT_EQ(0, stat(path.c_str(), &file));
  EXPECT_GE(file.st_blocks * 512, 1 << 20);
  ballast.release();
  EXPECT_NE(0, stat(path.c_str(), &file));
  ASSERT_TRUE(ballast.set_aside());
  EXPECT_EQ(0, stat(path.c_str(), &file));
}

// In a mount namespace of its own, with a state folder of 6 MiB. The answer is the exit status.
void fill_a_disk(const std::string& folder) {
  const auto expect = [](bool so, int line) {
    if (!so) _exit(line % 250 + 2);
  };
  if (unshare(CLONE_NEWNS | (geteuid() == 0 ? 0 : CLONE_NEWUSER)) != 0) _exit(1);
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=6m") != 0)
    _exit(1);
  auto opened = open_sqlite(folder, kSmall);
  expect(opened.has_value(), __LINE__);
  auto& store = **opened;
  expect(store.load().has_value() && store.degraded().empty(), __LINE__);
  const auto hog = folder + "/hog";
  const int file = open(hog.c_str(), O_WRONLY | O_CREAT, 0600);
  const std::string block(4096, 'x');
  while (write(file, block.data(), block.size()) == static_cast<ssize_t>(block.size())) {
  }
  // The commit that meets the full disk still succeeds, from what was set aside.
  int commits = 0;
  while (store.degraded().empty() && commits < 1000) {
    const auto result =
        store.commit({put(domain::Setting{"n" + std::to_string(++commits), std::string(3000, 'v')})});
    expect(result.outcome == Outcome::kCommitted, __LINE__);
  }
  expect(!store.degraded().empty(), __LINE__);
  expect(store.commit({put(domain::Setting{"stopped", "1"})}).outcome == Outcome::kCommitted, __LINE__);
  store.tend();
  expect(!store.degraded().empty(), __LINE__);  // still full
  close(file);
  unlink(hog.c_str());
  store.tend();
  expect(store.degraded().empty(), __LINE__);
  opened->reset();
  auto again = open_sqlite(folder, kSmall);
  expect(again.has_value(), __LINE__);
  const auto state = (*again)->load();
  expect(state && state->find<domain::Setting>("stopped") != nullptr, __LINE__);
  expect(state->settings.size() == static_cast<std::size_t>(commits) + 1, __LINE__);
  _exit(0);
}

TEST(Sqlite, AFullDiskStillCommitsStopsAndRecovers) {
  TestFolder folder;
  const auto child = fork();
  if (child == 0) fill_a_disk(folder.path());
  int status = 0;
  ASSERT_EQ(child, waitpid(child, &status, 0));
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 1) GTEST_SKIP() << "no mount namespaces here";
  EXPECT_EQ(WEXITSTATUS(status), 0) << "failed at a line with number % 250 = " << WEXITSTATUS(status) - 2;
}

}  // namespace
}  // namespace stipend::store
