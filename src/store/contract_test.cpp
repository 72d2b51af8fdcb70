// What every Store promises, run against each of them.
#include <gtest/gtest.h>

#include <filesystem>

#include "base/random.hpp"
#include "store/apply.hpp"
#include "store/json.hpp"
#include "store/memory/memory_store.hpp"
#include "store/sqlite/sqlite_store.hpp"
#include "store/test_folder.hpp"

namespace stipend::store {
namespace {

using namespace domain;

// Opens stores one after the other on the same durable state.
struct Kind {
  virtual ~Kind() = default;
  virtual std::unique_ptr<Store> open() = 0;
};
struct MemoryKind : Kind {
  std::shared_ptr<MemoryDisk> disk = std::make_shared<MemoryDisk>();
  std::unique_ptr<Store> open() override { return std::make_unique<MemoryStore>(disk); }
};
struct SqliteKind : Kind {
  TestFolder folder;
  std::unique_ptr<Store> open() override {
    auto made = open_sqlite(folder.path(), {.ballast_bytes = 1 << 20});
    EXPECT_TRUE(made) << made.error().message;
    return made ? std::move(*made) : nullptr;
  }
};

class StoreContract : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (std::string_view(GetParam()) == "memory")
      kind_ = std::make_unique<MemoryKind>();
    else
      kind_ = std::make_unique<SqliteKind>();
    reopen();
  }
  void reopen() {
    store_.reset();
    store_ = kind_->open();
    ASSERT_TRUE(store_);
    auto loaded = store_->load();
    ASSERT_TRUE(loaded) << loaded.error().message;
    state_ = std::move(*loaded);
  }
  Outcome commit(Batch batch) { return store_->commit(batch).outcome; }

  template <class Row>
  static Change put(Row row) {
    return Put<Row>{std::make_shared<const Row>(std::move(row))};
  }

  Instance instance() {
    Instance row;
    row.id = base::make_id<InstanceId>(random_);
    row.account = account_;
    row.reservation = base::make_id<ReservationId>(random_);
    row.image = base::make_id<ImageId>(random_);
    row.root_disk = base::make_id<DiskId>(random_);
    row.type = "t2.medium";
    row.user_data = std::string("#!/bin/sh\n\0\xff\xfe", 13);
    row.private_address = "10.97.16." + std::to_string(++addresses_);
    row.state = InstanceState::kRunning;
    row.stop_cause = StopCause::kIdle;
    row.launched = {1'800'000'000'123};
    row.stopped_at = WallTime{1'800'000'000'456};
    row.tags = {{"Name", "Ada's π \"machine\"\n"}, {"empty", ""}};
    domain::Run run;
    run.generation = 3;
    run.price = {46'400'000};
    run.plan = RatePlan::kPerHour;
    run.boot_id = "b";
    run.lease_run_max = {3600};
    run.posted = {-5};
    run.running_since = WallTime{17};
    run.charge_until = RunSeconds{61};
    run.cpu_milli = 400;
    row.run = run;
    row.home_disk = base::make_id<DiskId>(random_);
    row.notices = {{NoticeKind::kDiskFilling, {21}, 93, 7'475, 7'987, 2}};
    return row;
  }
  Entry entry(std::int64_t number, std::int64_t segment) {
    Entry row;
    row.number = number;
    row.account = account_;
    row.debit = "grant:g";
    row.credit = "usage:" + account_.str();
    row.amount = {1234};
    row.subject = "i-1";
    row.generation = 1;
    row.segment = segment;
    row.to = {60};
    row.at = {99};
    row.chain = "c" + std::to_string(number);
    return row;
  }

  base::SeededRandom random_{7};
  AccountId account_ = *AccountId::parse("123456789012");
  int addresses_ = 0;
  std::unique_ptr<Kind> kind_;
  std::unique_ptr<Store> store_;
  State state_;
};

TEST_P(StoreContract, EveryMemberOfEveryRowComesBack) {
  const auto made = instance();
  Disk disk;
  disk.id = made.root_disk;
  disk.account = account_;
  disk.attached = made.id;
  disk.price = {1};
  disk.reserved = {2};
  disk.purge_at = WallTime{8};
  disk.image = made.image;
  disk.origin = made.id;
  disk.source = base::make_id<base::DiskId>(random_);
  disk.snapshot = SnapshotState::kCompleted;
  disk.stored_mib = 300;
  disk.description = "before the exam";
  disk.reserve_draws = {{base::make_id<GrantId>(random_), {2}, ""}};
  Hold hold{account_, {77}, {{base::make_id<GrantId>(random_), {77}, made.id.str()}}};
  Grant grant;
  grant.id = hold.draws[0].grant;
  grant.account = account_;
  grant.amount = {100};
  grant.only_types = {"t2.micro", "m1.small"};
  Image image;
  image.id = made.image;
  image.name = "minimal";
  image.account = account_;
  image.snapshot = disk.id;
  image.base = base::make_id<base::ImageId>(random_);
  image.shared = true;
  image.deregistered = WallTime{16};
  image.tags = {{"k", "v"}};
  const Address address{"eipalloc-1", account_, "198.51.100.7", made.id, "eipassoc-1", {1}, "2017", {2}, {3}, WallTime{4}, {5}, {6},
                        {{grant.id, {6}, {}}}, {7}, {8}, 9, {10}, {11}, {{"k", "v"}}};
  Account account;
  account.id = account_;
  account.role = Role::kTeacher;
  AccessKey key{"AKIA0123456789ABCDEF", account_, std::string("\0\x01\xff", 3), {5}, true};
  Pass pass{"hash", PassKind::kNotebookTicket, account_, made.id, "parent", {1}, {2}, {3}};
  ClientToken token{"t", "h", {made.id}, {4}};
  Course course;
  course.id = base::make_id<CourseId>(random_);
  course.homes = HomePolicy::kKeep;
  course.class_hours = {{{1}, {2}, "t2.micro", 44}};
  course.wallet = account_;
  course.folder = disk.id;
  course.policy = {{"t2.micro"}, 1, 2, 3, {4}, {5}, {{{6}, {7}}}, {{{8}, {9}}}, FreeEnd::kStop, {10}, {11}, {12}, {"t2.micro", 750, 12}};
  course.emergency_given = {13};
  account.status = AccountStatus::kSuspended;
  account.section = "101";
  account.seen = WallTime{12};
  JoinCode code{"ABCD-EFGH", course.id, "101", {100}, 3, 44, {1}, {2}, true};
  CourseLink link{"lab3", course.id, "Lab 3", "course-python", "t2.medium", "https://example.edu/lab3.git", "main", "lab3.ipynb", {6}};
  CreditCode credit{"EFGH-JKLM", course.id, {5}, 1, 2, {3}, {4}, 5, {6}, {"t2.micro"}, "batch", true};
  Spend spend{account_, {1}, {2}, {3}, {4}};
  course.prices = {{{14}, "own-1"}};
  account.free_tier = {15};
  Catalogue prices{"own-1", "a letter", {{.name = "t9.huge", .price = {7}, .provider = {}, .gpu = {}}}, {8}, {18}, {19}, course.id, {9}};
  Outage outage{"i-1/2", account_, made.id, "t2.micro", {}, "HostLost", {1}, {2}, {3}};
  Budget budget{.id = "1/b", .account = account_, .name = "b", .limit = {4}, .filters = {{"InstanceType", {"t2.micro"}}},
                .given = "{}", .notifications = {{{true, false, BudgetComparison::kEqualTo, 5}, {{true, "arn"}}, true, {6}}},
                .actions = {{"uuid", {}, {made.id}, "us-east-1", "role", false, {}, BudgetActionStatus::kPending, {7}, {{{8}, {}, "SYSTEM", "m"}}}},
                .tags = {{"k", "v"}}, .updated = {9}};
  Mail mail{"m-1", account_, "to", "subject", "text", "budget", MailState::kFailed, 2, {1}, {3}, "refused"};
  QueuePlace place{"q-1", account_, made.id, made.image, "t2.micro", "mine", {7}, "InsufficientCredit", 3, "token", "key"};
  ASSERT_EQ(Outcome::kCommitted, commit({put(course), put(code), put(link), put(place), put(credit), put(spend), put(prices), put(outage), put(budget), put(mail),
                                         put(address)}));
  ASSERT_EQ(Outcome::kCommitted, commit({put(made), put(disk), put(hold), put(grant), put(key), put(pass),
                                         put(token), put(Setting{"a", "b"}), put(image), put(account)}));
  reopen();
  const auto same = [](const auto* got, const auto& want) {
    ASSERT_TRUE(got);
    EXPECT_EQ(json_text(*got), json_text(want));
  };
  same(state_.find<Instance>(made.id), made);
  EXPECT_EQ(state_.find<Instance>(made.id)->user_data, made.user_data);
  same(state_.find<Disk>(disk.id), disk);
  same(state_.find<Hold>(account_), hold);
  same(state_.find<Grant>(grant.id), grant);
  same(state_.find<AccessKey>(key.access_key_id), key);
  EXPECT_EQ(state_.find<AccessKey>(key.access_key_id)->sealed_secret, key.sealed_secret);
  same(state_.find<Pass>("hash"), pass);
  same(state_.find<ClientToken>("t"), token);
  same(state_.find<Setting>("a"), Setting{"a", "b"});
  same(state_.find<Image>(image.id), image);
  same(state_.find<Account>(account_), account);
  same(state_.find<Course>(course.id), course);
  same(state_.find<JoinCode>(code.code), code);
  same(state_.find<CourseLink>(link.code), link);
  same(state_.find<QueuePlace>(place.id), place);
  same(state_.find<CreditCode>(credit.code), credit);
  same(state_.find<Spend>(account_), spend);
  same(state_.find<Catalogue>(prices.edition), prices);
  same(state_.find<Outage>(outage.id), outage);
  same(state_.find<Budget>(budget.id), budget);
  same(state_.find<Mail>(mail.id), mail);
  same(state_.find<Address>(address.id), address);
}

TEST_P(StoreContract, UsageOfADayIsTheSumOfItsEntries) {
  constexpr std::int64_t kDay = 86'400'000;
  const auto charge = [&](std::int64_t number, std::int64_t from, std::int64_t to, WallTime at) {
    auto row = entry(number, number);
    row.from = {from};
    row.to = {to};
    row.at = at;
    row.type = "t2.micro";
    return row;
  };
  auto given = entry(5, 5);
  given.kind = EntryKind::kGrant;
  auto back = charge(6, 90, 80, {kDay + 7});
  back.kind = EntryKind::kCorrection;
  auto house = charge(7, 0, 10, {kDay + 8});
  house.debit = "house:unfunded_storage";
  // 1 and 2 are one posting that two grants paid, at the midnight that ends the first day.
  ASSERT_EQ(Outcome::kCommitted, commit({put(charge(1, 0, 60, {kDay})), put(charge(2, 0, 60, {kDay})), put(charge(3, 60, 70, {kDay + 1}))}));
  ASSERT_EQ(Outcome::kCommitted, commit({put(charge(4, 70, 90, {kDay + 2})), put(given), put(back), put(house)}));
  EXPECT_EQ(Outcome::kFailed, commit({put(charge(8, 90, 99, {kDay + 9})), put(entry(9, 1))}));
  reopen();
  const auto usage = [&](std::int64_t from, std::int64_t until) {
    std::vector<std::string> out;
    for (const auto& day : *store_->usage({account_, {from}, {until}}))
      out.push_back(std::to_string(day.day.ms / kDay) + " " + std::to_string(static_cast<int>(day.kind)) + (day.house ? " house " : " ") +
                    std::to_string(day.amount.nano) + " " + std::to_string(day.seconds));
    return out;
  };
  EXPECT_EQ(usage(0, kDay), std::vector<std::string>{"0 2 2468 60"});
  EXPECT_EQ(usage(kDay, 2 * kDay), (std::vector<std::string>{"1 2 2468 30", "1 2 house 1234 10", "1 4 1234 -10"}));
  EXPECT_EQ(usage(2 * kDay, 3 * kDay).size(), 0u);
  EXPECT_EQ(store_->usage({*AccountId::parse("210987654321"), {0}, {kDay}})->size(), 0u);
}

TEST_P(StoreContract, IndexesAreBuiltOnLoad) {
  auto running = instance(), stopped = instance();
  stopped.run.reset();
  running.public_address = "127.97.0.9";
  Address used{.id = "eipalloc-1", .account = account_, .address = running.public_address};
  Address idle{.id = "eipalloc-2", .account = account_, .address = "127.97.0.10"};
  ASSERT_EQ(Outcome::kCommitted, commit({put(running), put(stopped), put(used), put(idle)}));
  reopen();
  EXPECT_EQ(state_.instances_of[account_], (std::set{running.id, stopped.id}));
  EXPECT_EQ(state_.with_run, std::set{running.id});
  EXPECT_EQ(state_.addresses, (std::set<std::string>{running.private_address, stopped.private_address, used.address, idle.address}));
  EXPECT_EQ(state_.addresses_of[account_], (std::set{used.id, idle.id}));
  ASSERT_EQ(Outcome::kCommitted, commit({Erase<Address>{used.id}, Erase<Address>{idle.id}}));
  reopen();
  EXPECT_EQ(state_.addresses, (std::set<std::string>{running.private_address, stopped.private_address, running.public_address}));
}

TEST_P(StoreContract, PutReplacesAndEraseRemoves) {
  auto row = instance();
  ASSERT_EQ(Outcome::kCommitted, commit({put(row)}));
  row.type = "t2.large";
  row.run.reset();
  ASSERT_EQ(Outcome::kCommitted, commit({put(row), put(Setting{"x", "1"})}));
  reopen();
  EXPECT_EQ(state_.find<Instance>(row.id)->type, "t2.large");
  EXPECT_FALSE(state_.find<Instance>(row.id)->run);
  ASSERT_EQ(Outcome::kCommitted, commit({Erase<Instance>{row.id}}));
  reopen();
  EXPECT_EQ(state_.find<Instance>(row.id), nullptr);
  EXPECT_NE(state_.find<Setting>("x"), nullptr);
}

TEST_P(StoreContract, ASegmentIsPostedOnceAndTheWholeBatchWithIt) {
  ASSERT_EQ(Outcome::kCommitted, commit({put(entry(1, 0)), put(entry(2, 1))}));
  EXPECT_EQ(Outcome::kFailed, commit({put(Setting{"lost", "1"}), put(entry(3, 1))}));
  EXPECT_EQ(Outcome::kFailed, commit({put(Setting{"lost", "1"}), put(entry(2, 2))}));
  ASSERT_EQ(Outcome::kCommitted, commit({put(entry(3, 2))}));
  reopen();
  EXPECT_EQ(state_.find<Setting>("lost"), nullptr);
  EXPECT_EQ(state_.last_entry, 3);
  EXPECT_EQ(state_.last_chain, "c3");
}

TEST_P(StoreContract, EntriesAndAuditsAreReadInOrderAndInPages) {
  Batch batch;
  for (int i = 1; i <= 5; ++i) {
    batch.push_back(put(entry(i, i)));
    batch.push_back(
        put(Audit{i, {i}, "who", "aws", "req", "StopInstances", i % 2 ? "i-odd" : "i-even", "why"}));
  }
  ASSERT_EQ(Outcome::kCommitted, commit(std::move(batch)));
  const auto page = store_->entries({account_, 2, 2});
  ASSERT_TRUE(page);
  ASSERT_EQ(page->size(), 2u);
  EXPECT_EQ((*page)[0].number, 3);
  EXPECT_EQ((*page)[1].amount, base::Money{1234});
  EXPECT_TRUE(store_->entries({*AccountId::parse("000000000001"), 0, 10})->empty());
  const auto odd = store_->audits({"i-odd", 0, 10});
  ASSERT_TRUE(odd);
  ASSERT_EQ(odd->size(), 3u);
  EXPECT_EQ((*odd)[2].number, 5);
  reopen();
  EXPECT_EQ(state_.last_audit, 5);
}

TEST_P(StoreContract, EachLoadTakesAHigherEpoch) {
  const auto first = store_->epoch();
  reopen();
  EXPECT_GT(store_->epoch(), first);
}

INSTANTIATE_TEST_SUITE_P(All, StoreContract, testing::Values("memory", "sqlite"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace stipend::store
