// What hosts see inside machines, as commands; and a fault of the host's disk as the end of a run.
#include <gtest/gtest.h>

#include "control/commands/notices.hpp"
#include "control/commands/reports.hpp"
#include "control/testing/table.hpp"

namespace stipend::control {
namespace {

using compute::NoticeKind;

Actor host() { return {.who = "host", .via = "host", .request_id = {}, .account = {}}; }

struct Running : Table {
  Running() {
    EXPECT_EQ(run(R"(
      course per-second grace 0
      account ada 10.00
      launch ada web t2.medium
      report web running 0
    )"), "");
  }
  std::string say(compute::Notice notice, std::int64_t generation = 1) {
    notice.key = {instance("web").id, generation};
    return command(host(), [&](Tx& tx) { return handle_notice(tx, notice); });
  }
  const std::vector<domain::Notice>& notices() const { return instance("web").notices; }
};

compute::Notice memory(std::int64_t count) { return {.key = {}, .kind = NoticeKind::kMemoryFull, .count = count, .memory_mib = 4096}; }
compute::Notice disk(std::int64_t count, bool over = false) {
  return {.key = {}, .kind = NoticeKind::kDiskFilling, .count = count, .over = over, .percent = 92, .used_mib = 7300, .size_mib = 7900};
}

TEST(Notices, TheNewestOfEachKindIsKeptOnceHoweverOftenItIsSaid) {
  Running table;
  EXPECT_EQ(table.say(memory(2)), "ok");
  const auto at = table.notices().at(0).at;
  table.tick_ms(5'000);
  EXPECT_EQ(table.say(memory(2)), "ok");
  EXPECT_EQ(table.say(memory(1)), "ok") << "late";
  EXPECT_EQ(table.notices().at(0).at, at);
  EXPECT_EQ(table.say(disk(1)), "ok");
  EXPECT_EQ(table.say(memory(3)), "ok");
  ASSERT_EQ(table.notices().size(), 2u);
  EXPECT_EQ(table.notices()[0].kind, domain::NoticeKind::kDiskFilling);
  EXPECT_EQ(table.notices()[0].figure, 92);
  EXPECT_EQ(table.notices()[1].figure, 4096);
  EXPECT_GT(table.notices()[1].at, at);
}

TEST(Notices, ADiskThatHasRoomAgainIsNoNoticeAnyMore) {
  Running table;
  EXPECT_EQ(table.say(disk(1, true)), "ok");
  EXPECT_TRUE(table.notices().empty());
  EXPECT_EQ(table.say(disk(1)), "ok");
  EXPECT_EQ(table.say(disk(1, true)), "ok");
  EXPECT_TRUE(table.notices().empty());
  EXPECT_EQ(table.say(disk(2)), "ok");
  EXPECT_EQ(table.notices().size(), 1u);
}

TEST(Notices, AHomeThatFillsIsNotTheDiskThatFills) {
  Running table;
  auto home = disk(1);
  home.kind = NoticeKind::kHomeFilling;
  EXPECT_EQ(table.say(disk(1)), "ok");
  EXPECT_EQ(table.say(home), "ok");
  ASSERT_EQ(table.notices().size(), 2u);
  EXPECT_EQ(table.say(disk(1, true)), "ok");
  ASSERT_EQ(table.notices().size(), 1u);
  EXPECT_EQ(table.notices()[0].kind, domain::NoticeKind::kHomeFilling);
}

TEST(Notices, TheyEndWithTheNextStartAndOnesOfAnotherRunAreForgotten) {
  Running table;
  EXPECT_EQ(table.say(memory(1)), "ok");
  EXPECT_EQ(table.run(R"(
    tick 100
    stop web
    report web ended 100 person ours
  )"), "");
  EXPECT_EQ(table.notices().size(), 1u) << "why it was stopped may be this";
  EXPECT_EQ(table.say(memory(2)), "ok") << "late, after its end";
  EXPECT_EQ(table.notices().at(0).count, 1);
  EXPECT_EQ(table.run("start web\nreport web running 0\n"), "");
  EXPECT_TRUE(table.notices().empty());
  EXPECT_EQ(table.say(memory(3), 1), "ok");
  EXPECT_TRUE(table.notices().empty());
  EXPECT_EQ(table.say(memory(1), 2), "ok");
  EXPECT_EQ(table.notices().size(), 1u);
}

TEST(Notices, AnOftenFullMemoryIsAuditedOnceAMinute) {
  Running table;
  const auto before = table.state().last_audit;
  for (int i = 1; i <= 10; ++i) EXPECT_EQ(table.say(memory(i)), "ok");
  EXPECT_EQ(table.state().last_audit, before + 1);
}

TEST(Notices, RepeatsBecomeNoCommands) {
  NoticeFilter filter;
  EXPECT_TRUE(filter.is_news(memory(1)));
  EXPECT_FALSE(filter.is_news(memory(1)));
  EXPECT_TRUE(filter.is_news(disk(1)));
  EXPECT_TRUE(filter.is_news(memory(2)));
  EXPECT_TRUE(filter.is_news(disk(1, true)));
  EXPECT_FALSE(filter.is_news(disk(1)));
  filter.forget(disk(1));
  EXPECT_TRUE(filter.is_news(disk(1, true))) << "it was not taken";
  auto next = memory(1);
  next.key.generation = 1;
  EXPECT_TRUE(filter.is_news(next));
}

TEST(HostDisk, AStopByTheHostIsChargedPerSecondUntilItBeganAndTheFilesStay) {
  Running table;
  EXPECT_EQ(table.run(R"(
    tick 20
    report web stopping 20 host-disk
    state web stopping host-disk
    tick 10
    report web ended 20 host-disk ours
    state web stopped host-disk
    # 20 s of t2.medium instead of the first minute, 30 s of its disk
    money ada held=0 reserved=0 charged=0.000266909
  )"), "");
  EXPECT_EQ(table.instance("web").state_reason_code, "Server.InternalError");
}

}  // namespace
}  // namespace stipend::control
