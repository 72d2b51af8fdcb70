#include "control/engine_impl.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <semaphore>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "store/memory/memory_store.hpp"

namespace stipend::control {
namespace {

using base::AccountId;
using base::Status;
using store::Planned;

// Blocks commits until told, so that a test decides what is planned while a batch commits.
class GateStore final : public store::Store {
 public:
  explicit GateStore(std::shared_ptr<store::MemoryDisk> disk) : inner(std::move(disk)) {}
  base::Result<domain::State> load() override { return inner.load(); }
  std::int64_t epoch() const override { return inner.epoch(); }
  store::CommitResult commit(const store::Batch& batch) override {
    ++waiting;
    waiting.notify_all();
    gate.acquire();
    if (free) gate.release();
    ++commits;
    return inner.commit(batch);
  }
  std::string degraded() const override { return inner.degraded(); }
  void tend() override { inner.set_degraded({}); }
  base::Result<std::vector<domain::Entry>> entries(store::EntryQuery q) override { return inner.entries(q); }
  base::Result<std::vector<domain::Audit>> audits(store::AuditQuery q) override { return inner.audits(q); }
  base::Result<std::vector<domain::UsageDay>> usage(store::UsageQuery q) override { return inner.usage(q); }

  void close() {
    free = false;
    gate.acquire();
  }
  void let_one_pass() { gate.release(); }
  void open() {
    if (!free.exchange(true)) gate.release();
  }
  void wait_until_waiting(int n) {
    for (int now = waiting; now < n; now = waiting) waiting.wait(now);
  }
  store::MemoryStore inner;
  std::counting_semaphore<> gate{1};
  std::atomic<bool> free{true};
  std::atomic<int> waiting{0}, commits{0};
};

class EngineTest : public testing::Test {
 protected:
  void TearDown() override {
    gate_.open();
    if (engine_) engine_->stop();
  }
  void begin(EngineOptions options = {}) {
    engine_ = std::make_unique<EngineImpl>(gate_, *gate_.load(), clock_, random_, options);
    engine_->start({[this](std::vector<Effect> effects) { effects_ += static_cast<int>(effects.size()); },
                    [this](const std::string& why) { fatal_ = why; }});
  }
  static Engine::Plan put(std::string name, std::string value) {
    return [=](Tx& tx) -> Status {
      tx.save(domain::Setting{name, value});
      return {};
    };
  }
  std::future<Status> submit(Engine::Plan plan, Actor actor = {}) {
    auto promise = std::make_shared<std::promise<Status>>();
    auto future = promise->get_future();
    engine_->submit(std::move(actor), std::move(plan),
                    [promise](Status s) { promise->set_value(std::move(s)); });
    return future;
  }
  // What the head says of a setting, once answered.
  std::future<Status> look(std::string name, std::shared_ptr<std::string> into) {
    auto promise = std::make_shared<std::promise<Status>>();
    auto future = promise->get_future();
    engine_->read(
        {},
        [=](const domain::State& state, base::WallTime) -> Status {
          const auto* row = state.find<domain::Setting>(name);
          *into = row ? row->value : "absent";
          return {};
        },
        [promise](Status s) { promise->set_value(std::move(s)); });
    return future;
  }
  static bool ready(std::future<Status>& f) {
    return f.wait_for(std::chrono::milliseconds(20)) == std::future_status::ready;
  }

  std::shared_ptr<store::MemoryDisk> disk_ = std::make_shared<store::MemoryDisk>();
  GateStore gate_{disk_};
  base::ManualClock clock_;
  base::SeededRandom random_{1};
  std::atomic<int> effects_{0};
  std::string fatal_;
  std::unique_ptr<EngineImpl> engine_;
};

TEST_F(EngineTest, AnswersOnlyWhatIsCommittedReadsToo) {
  begin();
  gate_.close();
  auto first = submit(put("a", "1"));
  gate_.wait_until_waiting(1);
  auto seen = std::make_shared<std::string>();
  auto read = look("a", seen);
  EXPECT_FALSE(ready(first));
  EXPECT_FALSE(ready(read));
  gate_.open();
  EXPECT_TRUE(first.get());
  EXPECT_TRUE(read.get());
  EXPECT_EQ(*seen, "1");
}

TEST_F(EngineTest, WhatComesWhileABatchCommitsGoesTogetherInTheNext) {
  begin();
  gate_.close();
  auto first = submit(put("a", "1"));
  gate_.wait_until_waiting(1);
  std::vector<std::future<Status>> more;
  for (int i = 0; i < 20; ++i) more.push_back(submit(put("b" + std::to_string(i), "1")));
  auto seen = std::make_shared<std::string>();
  auto last = look("b19", seen);
  EXPECT_FALSE(ready(last));
  gate_.open();
  for (auto& one : more) EXPECT_TRUE(one.get());
  EXPECT_TRUE(last.get());
  EXPECT_EQ(gate_.commits, 2);
}

TEST_F(EngineTest, WhatTheHostReportsWaitsForCompanyButNotForLong) {
  const Actor host{.who = "host", .via = "host", .request_id = {}, .account = {}};
  begin({.patience = std::chrono::hours(1)});
  std::vector<std::future<Status>> reports;
  for (int i = 0; i < 5; ++i) reports.push_back(submit(put("r" + std::to_string(i), "1"), host));
  EXPECT_TRUE(submit(put("a", "1")).get());
  for (auto& one : reports) EXPECT_TRUE(one.get());
  EXPECT_EQ(gate_.commits, 1);
  engine_->stop();

  begin({.patience = std::chrono::milliseconds(1)});
  EXPECT_TRUE(submit(put("alone", "1"), host).get());
  EXPECT_EQ(gate_.commits, 2);
}

TEST_F(EngineTest, WhatWaitsForCompanyIsCommittedWhenTheEngineStops) {
  begin({.patience = std::chrono::hours(1)});
  auto report = submit(put("r", "1"), {.who = "host", .via = "host", .request_id = {}, .account = {}});
  engine_->stop();
  EXPECT_TRUE(report.get());
}

TEST_F(EngineTest, AFailedCommitFailsAllThatSawItAndLeavesNothing) {
  begin();
  EXPECT_TRUE(submit(put("a", "before")).get());
  gate_.inner.plan_next(Planned::kCommit);
  gate_.inner.plan_next(Planned::kFail);
  gate_.close();
  auto before = submit(put("c", "kept"));
  gate_.wait_until_waiting(2);
  auto first = submit(put("a", "lost")), with_it = submit(put("d", "lost with it"));
  gate_.let_one_pass();
  gate_.wait_until_waiting(3);
  EXPECT_TRUE(before.get());
  auto behind = submit(put("b", "lost too"));
  auto seen = std::make_shared<std::string>();
  auto read = look("a", seen);
  EXPECT_FALSE(ready(read));
  gate_.open();
  for (auto* one : {&first, &with_it, &behind, &read}) {
    const auto status = one->get();
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, "ServiceUnavailable");
  }
  EXPECT_TRUE(look("a", seen).get());
  EXPECT_EQ(*seen, "before");
  EXPECT_TRUE(look("b", seen).get());
  EXPECT_EQ(*seen, "absent");
  EXPECT_TRUE(look("c", seen).get());
  EXPECT_EQ(*seen, "kept");
  EXPECT_FALSE(engine_->degraded().empty());
  EXPECT_TRUE(submit(put("e", "3")).get());
  EXPECT_TRUE(engine_->degraded().empty());
}

TEST_F(EngineTest, ACommandThatFailsOrThrowsLeavesNothing) {
  begin();
  auto failed = submit([](Tx& tx) -> Status {
    tx.save(domain::Setting{"a", "half"});
    tx.effect(AcknowledgeEffect{});
    return base::fail(base::Fault::kConflict, "IncorrectState", "no");
  });
  EXPECT_EQ(failed.get().error().code, "IncorrectState");
  auto thrown = submit([](Tx& tx) -> Status {
    tx.save(domain::Setting{"a", "half"});
    throw std::runtime_error("a bug");
  });
  EXPECT_EQ(thrown.get().error().fault, base::Fault::kInternal);
  auto seen = std::make_shared<std::string>();
  EXPECT_TRUE(look("a", seen).get());
  EXPECT_EQ(*seen, "absent");
  EXPECT_EQ(effects_, 0);
}

TEST_F(EngineTest, UnknownAndFencedAreFatal) {
  begin();
  gate_.inner.plan_next(Planned::kUnknownWritten);
  EXPECT_FALSE(submit(put("a", "1")).get());
  EXPECT_FALSE(fatal_.empty());
  EXPECT_FALSE(submit(put("b", "1")).get());
  EXPECT_EQ(disk_->state.find<domain::Setting>("b"), nullptr);
}

TEST_F(EngineTest, AnOlderServerIsFenced) {
  begin();
  store::MemoryStore newer(disk_);
  ASSERT_TRUE(newer.load());
  EXPECT_FALSE(submit(put("a", "1")).get());
  EXPECT_NE(fatal_.find("newer server"), std::string::npos);
}

TEST_F(EngineTest, EffectsRunOnceAndOnlyAfterTheirCommit) {
  begin();
  gate_.close();
  auto one = submit([](Tx& tx) -> Status {
    tx.save(domain::Setting{"a", "1"});
    tx.effect(AcknowledgeEffect{});
    return {};
  });
  gate_.wait_until_waiting(1);
  EXPECT_EQ(effects_, 0);
  gate_.open();
  EXPECT_TRUE(one.get());
  EXPECT_EQ(effects_, 1);
}

TEST_F(EngineTest, NothingNewStartsWhileTheDiskIsFullButStopsGoOn) {
  begin();
  gate_.inner.set_degraded("the disk is full: free some space");
  gate_.close();  // or the commit of a read would already tend
  auto start = submit([](Tx& tx) -> Status {
    tx.save(domain::Setting{"started", "1"});
    tx.effect(StartEffect{});
    return {};
  });
  auto stop = submit([](Tx& tx) -> Status {
    tx.save(domain::Setting{"stopped", "1"});
    tx.effect(StopEffect{});
    return {};
  });
  gate_.open();
  const auto status = start.get();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, "the disk is full: free some space");
  EXPECT_TRUE(stop.get());
}

TEST_F(EngineTest, OneLoopingAccountIsThrottledAndOthersAreNot) {
  begin({.queue_per_account = 64,
         .queue_system = 100,
         .commands_per_second = 1,
         .commands_burst = 3,
         .batch_max = 8});
  const Actor looping{
      .who = "", .via = "aws", .request_id = "", .account = *AccountId::parse("000000000001")};
  const Actor other{.who = "", .via = "aws", .request_id = "", .account = *AccountId::parse("000000000002")};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(submit(put("a", "1"), looping).get());
  EXPECT_EQ(submit(put("a", "1"), looping).get().error().code, "RequestLimitExceeded");
  EXPECT_TRUE(submit(put("a", "1"), other).get());
  clock_.advance_ms(1000);
  EXPECT_TRUE(submit(put("a", "1"), looping).get());
}

TEST_F(EngineTest, AccessKeysAreSeenOnceCommitted) {
  begin();
  gate_.close();
  auto made = submit([](Tx& tx) -> Status {
    tx.save(domain::AccessKey{"AKIA1", *AccountId::parse("000000000001"), "sealed", {}, true});
    return {};
  });
  gate_.wait_until_waiting(1);
  EXPECT_EQ(engine_->access_key("AKIA1"), nullptr);
  gate_.open();
  EXPECT_TRUE(made.get());
  ASSERT_NE(engine_->access_key("AKIA1"), nullptr);
  EXPECT_TRUE(submit([](Tx& tx) -> Status {
                tx.erase<domain::AccessKey>("AKIA1");
                return {};
              }).get());
  EXPECT_EQ(engine_->access_key("AKIA1"), nullptr);
}

TEST_F(EngineTest, AccessKeysOfASuspendedAccountAreNotFoundAndComeBackAsTheyWere) {
  begin();
  const auto account = *AccountId::parse("000000000001");
  const auto put = [&](domain::AccountStatus status, bool active) {
    EXPECT_TRUE(submit([=](Tx& tx) -> Status {
                  domain::Account row;
                  row.id = account;
                  row.status = status;
                  tx.save(std::move(row));
                  tx.save(domain::AccessKey{"AKIA1", account, "sealed", {}, active});
                  return {};
                }).get());
  };
  put(domain::AccountStatus::kJoined, true);
  ASSERT_NE(engine_->access_key("AKIA1"), nullptr);
  put(domain::AccountStatus::kSuspended, false);
  EXPECT_EQ(engine_->access_key("AKIA1"), nullptr);
  put(domain::AccountStatus::kJoined, false);
  ASSERT_NE(engine_->access_key("AKIA1"), nullptr);
  EXPECT_FALSE(engine_->access_key("AKIA1")->active);
}

TEST_F(EngineTest, StopFinishesWhatIsQueuedThenRefuses) {
  begin();
  std::vector<std::future<Status>> queued;
  for (int i = 0; i < 50; ++i) queued.push_back(submit(put("a" + std::to_string(i), "1")));
  engine_->stop();
  for (auto& one : queued) EXPECT_TRUE(one.get());
  EXPECT_FALSE(submit(put("late", "1")).get());
}

TEST(ServerTime, NeverRunsBackwardsAndNeverStandsStill) {
  base::ManualClock clock;
  const auto start = clock.wall();
  ServerTime time(clock, start.plus_seconds(100));  // a committed batch was later than the clock
  EXPECT_EQ(time.now(), start.plus_seconds(100));
  clock.advance_ms(10'000);
  EXPECT_EQ(time.now(), start.plus_seconds(105));
  clock.jump_wall_ms(-3'600'000);
  EXPECT_EQ(time.now(), start.plus_seconds(105));
  clock.jump_wall_ms(+7'200'000);
  EXPECT_EQ(time.now(), clock.wall());
}

TEST(Head, NumbersAndChainsEntriesAndUndoesToTheSame) {
  base::SeededRandom random(1);
  Head head({}, random);
  const auto post = [](std::int64_t nano) {
    return Engine::Plan([nano](Tx& tx) -> Status {
      domain::Entry entry;
      entry.amount = {nano};
      tx.save(entry);
      tx.audit("Post", "x", "y");
      return {};
    });
  };
  auto one = post(1), two = post(2);
  ASSERT_TRUE(head.run({}, one, {1}, {}));
  const auto first = head.take();
  const auto chain = head.state().last_chain;
  EXPECT_EQ(chain.size(), 64u);
  ASSERT_TRUE(head.run({}, two, {2}, {}));
  const auto second = head.take();
  EXPECT_EQ(head.state().last_entry, 2);
  EXPECT_EQ(Head::high_water(head.state()), base::WallTime{2});
  head.undo(second);
  EXPECT_EQ(head.state().last_entry, 1);
  EXPECT_EQ(head.state().last_audit, 1);
  EXPECT_EQ(head.state().last_chain, chain);
  EXPECT_EQ(Head::high_water(head.state()), base::WallTime{1});
  head.undo(first);
  EXPECT_EQ(head.state().last_entry, 0);
  EXPECT_TRUE(head.state().settings.empty());
}

TEST(Head, ABatchHoldsTheNewestOfEachRowAndEveryEntry) {
  base::SeededRandom random(1);
  Head head({}, random);
  for (const char* value : {"1", "2", "3"}) {
    Engine::Plan plan = [value](Tx& tx) -> Status {
      tx.save(domain::Setting{"a", value});
      tx.save(domain::Setting{std::string("b") + value, value});
      tx.audit("x", "y", "z");
      return {};
    };
    ASSERT_TRUE(head.run({}, plan, {1}, {}));
  }
  const auto batch = head.take();
  EXPECT_EQ(batch.changes.size(), 1u + 3u + 3u + 1u);  // a, b1 to b3, audits, the time
  domain::State state;
  for (const auto& change : batch.changes) store::apply(state, change);
  EXPECT_EQ(state.find<domain::Setting>("a")->value, "3");
  EXPECT_EQ(state.last_audit, 3);
  head.undo(batch);
  EXPECT_TRUE(head.state().settings.empty());
}

}  // namespace
}  // namespace stipend::control
