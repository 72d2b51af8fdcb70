// The log of connections without a kernel: records, segments, and what is found in them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "host/address.hpp"
#include "host/flow_book.hpp"
#include "host/flow_query.hpp"
#include "host/flow_store.hpp"

namespace stipend::host {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kHour = 3'600'000, kNoon = 1'795'600'800'000;

hostlink::RunKey run(int n, std::int64_t generation = 1) {
  return {*base::InstanceId::parse("i-abcdef0123456789" + std::to_string(n)), generation};
}
std::uint32_t machine(int n) { return 10U << 24 | 64U << 16 | static_cast<std::uint32_t>(n); }
constexpr std::uint32_t kHost = 198U << 24 | 51U << 16 | 100U << 8 | 2, kSite = 203U << 24 | 113U << 8 | 1;

FlowEvent event(int n, std::uint16_t port, std::uint16_t outside_port, bool ended = false) {
  return {ended, {{6, machine(n), kSite, port, 443}, kHost, outside_port, kNobody, 0, 0}};
}

TEST(FlowRecord, EveryKindSurvivesAndDamageIsNoticed) {
  const Flow flow{{17, machine(1), kSite, 40'000, 443}, kHost, 61'234, 7, kNoon, kNoon + 5};
  const Holder holder{9, machine(3), run(5, 77), kNoon};
  const auto back = [](const FlowRecord& record) {
    const auto bytes = encode(record);
    return decode_flow({bytes.data(), bytes.size()});
  };
  EXPECT_EQ(std::get<FlowOpened>(*back(FlowOpened{flow})).flow, flow);
  EXPECT_EQ(std::get<FlowEnded>(*back(FlowEnded{flow})).flow, flow);
  EXPECT_EQ(std::get<FlowListed>(*back(FlowListed{flow})).flow, flow);
  EXPECT_EQ(std::get<Holder>(*back(holder)), holder);
  EXPECT_EQ(std::get<FlowSign>(*back(FlowSign{FlowMark::kLost, kNoon})), (FlowSign{FlowMark::kLost, kNoon}));
  auto bytes = encode(FlowOpened{flow});
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    EXPECT_FALSE(decode_flow({damaged.data(), damaged.size()})) << i;
  }
  EXPECT_FALSE(decode_flow(std::string(kFlowBytes, '\0')));
  EXPECT_FALSE(decode_flow({bytes.data(), bytes.size() - 1}));
}

class FlowLog : public ::testing::Test {
 protected:
  void SetUp() override {
    char path[] = "/tmp/stipend-flows-XXXXXX";
    folder_ = mkdtemp(path);
    begin();
  }
  void TearDown() override { fs::remove_all(folder_); }

  void begin() {  // a process that starts, knowing nothing
    store_.emplace(folder_, limits_, [this] { return free_; });
    book_.emplace([this](const FlowRecord& r) { store_->add(r); });
  }
  void roll(std::int64_t now) {
    ASSERT_TRUE(store_->begin(now));
    book_->list(now);
    store_->listed();
    ASSERT_TRUE(store_->flush());
  }
  void begin_segment_anew(std::int64_t now) {  // the list alone is written
    store_.emplace(folder_, limits_, [this] { return free_; });
    roll(now);
  }
  void write(std::int64_t now, const FlowEvent& e) {
    if (store_->due(now)) roll(now);
    book_->take(e, now);
    ASSERT_TRUE(store_->flush());
  }
  void alive(std::int64_t now) {
    store_->add(FlowSign{FlowMark::kAlive, now});
    ASSERT_TRUE(store_->flush());
  }
  FlowFindings find(std::int64_t at, std::optional<std::uint16_t> port, std::int64_t within = 60'000,
                    std::optional<std::uint16_t> to_port = {}) {
    const auto found = find_flows(folder_, {.outside = kHost, .to = {}, .outside_port = port, .to_port = to_port, .at_ms = at, .within_ms = within});
    EXPECT_TRUE(found);
    return *found;
  }
  std::vector<std::string> machines(std::int64_t at, std::optional<std::uint16_t> port, std::int64_t within = 60'000) {
    std::vector<std::string> out;
    for (const auto& a : find(at, port, within).flows) out.push_back(a.holder ? a.holder->run.instance.str().substr(18) : "?");
    return out;
  }

  std::string folder_;
  FlowLimits limits_{.days = 3, .bytes = 1 << 20};
  std::int64_t free_ = 1LL << 40;
  std::optional<FlowStore> store_;
  std::optional<FlowBook> book_;
};

using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(FlowLog, ThePortOfThatTimeNamesItsMachine) {
  roll(kNoon);
  book_->hold(machine(1), run(1), kNoon);
  book_->hold(machine(2), run(2), kNoon);
  write(kNoon + 1'000, event(1, 40'000, 61'000));
  write(kNoon + 1'000, event(2, 40'000, 61'001));  // the same destination and port inside
  EXPECT_THAT(machines(kNoon + 2'000, 61'000), ElementsAre("1"));
  EXPECT_THAT(machines(kNoon + 2'000, 61'001), ElementsAre("2"));
  EXPECT_THAT(machines(kNoon + 2'000, {}), ElementsAre("1", "2"));
  EXPECT_THAT(machines(kNoon + 2'000, 61'002), IsEmpty());
  EXPECT_THAT(machines(kNoon - 61'000, 61'000, 60'000), IsEmpty());
  EXPECT_EQ(find(kNoon + 2'000, 61'000).flows[0].flow.end_ms, 0);
  EXPECT_THAT(find(kNoon + 2'000, 61'000, 0, 80).flows, IsEmpty()) << "another destination port";
}

TEST_F(FlowLog, APortThatIsUsedAgainBelongsToWhoeverHadItThen) {
  roll(kNoon);
  book_->hold(machine(1), run(1), kNoon);
  book_->hold(machine(2), run(2), kNoon);
  write(kNoon + 1'000, event(1, 40'000, 61'000));
  write(kNoon + 60'000, event(1, 40'000, 61'000, true));
  write(kNoon + 600'000, event(2, 50'000, 61'000));
  EXPECT_THAT(machines(kNoon + 30'000, 61'000, 1'000), ElementsAre("1"));
  EXPECT_THAT(machines(kNoon + 300'000, 61'000, 1'000), IsEmpty());
  EXPECT_THAT(machines(kNoon + 700'000, 61'000, 1'000), ElementsAre("2"));
  EXPECT_THAT(machines(kNoon + 300'000, 61'000, 400'000), ElementsAre("1", "2")) << "both within the tolerance";
  EXPECT_EQ(find(kNoon + 30'000, 61'000).flows[0].flow.end_ms, kNoon + 60'000);
}

TEST_F(FlowLog, AnAddressBelongsToTheRunThatHeldItWhenTheConnectionBegan) {
  roll(kNoon);
  book_->hold(machine(1), run(1), kNoon);
  write(kNoon + 1'000, event(1, 40'000, 61'000));
  book_->hold(machine(1), run(2), kNoon + 5'000);  // the first has gone; its connection's end is told late
  write(kNoon + 6'000, event(1, 40'001, 61'001));
  write(kNoon + 9'000, event(1, 40'000, 61'000, true));
  EXPECT_THAT(machines(kNoon + 8'000, 61'000, 0), ElementsAre("1"));
  EXPECT_THAT(machines(kNoon + 8'000, 61'001, 0), ElementsAre("2"));
}

TEST_F(FlowLog, AConnectionOfDaysIsFoundInEveryHour) {
  roll(kNoon);
  book_->hold(machine(1), run(1), kNoon);
  write(kNoon + 1'000, event(1, 40'000, 61'000));
  for (int hour = 1; hour < 50; ++hour) roll(kNoon + hour * kHour);
  write(kNoon + 50 * kHour, event(1, 40'000, 61'000, true));
  for (const int hour : {0, 1, 25, 48}) {
    const auto found = find(kNoon + hour * kHour + 2'000, 61'000);
    ASSERT_EQ(found.flows.size(), 1u) << hour;
    EXPECT_EQ(found.flows[0].flow.start_ms, kNoon + 1'000) << hour;
  }
  EXPECT_THAT(machines(kNoon + 51 * kHour, 61'000), IsEmpty());
}

TEST_F(FlowLog, WhatEndedWhileNobodyWroteHasEndedByTheNextStart) {
  roll(kNoon);
  book_->hold(machine(1), run(1), kNoon);
  write(kNoon + 1'000, event(1, 40'000, 61'000));
  write(kNoon + 1'000, event(1, 40'001, 61'001));
  begin();  // killed, and started 20 s later: one of the two is still there
  book_->hold(machine(1), run(1), kNoon + 20'000);
  book_->take(event(1, 40'001, 61'001), kNoon + 20'000);  // as the kernel lists it
  begin_segment_anew(kNoon + 20'000);
  EXPECT_THAT(machines(kNoon + 10'000, 61'000, 0), ElementsAre("1"));
  EXPECT_THAT(machines(kNoon + 90'000, 61'000, 0), IsEmpty());
  EXPECT_THAT(machines(kNoon + 90'000, 61'001, 0), ElementsAre("1"));
}

TEST_F(FlowLog, ADumpEndsWhatTheKernelHasNoMore) {
  roll(kNoon);
  book_->hold(machine(1), run(1), kNoon);
  write(kNoon, event(1, 40'000, 61'000));
  write(kNoon, event(1, 40'001, 61'001));
  book_->begin_dump();
  book_->take(event(1, 40'001, 61'001), kNoon + 1);
  book_->end_dump(kNoon + 5'000);
  EXPECT_EQ(book_->open(), 1u);
  ASSERT_TRUE(store_->flush());
  EXPECT_EQ(find(kNoon, 61'000).flows[0].flow.end_ms, kNoon + 5'000);
  EXPECT_EQ(find(kNoon, 61'001).flows.size(), 1u) << "told twice, one connection";
}

TEST_F(FlowLog, SilenceIsToldAndOnlyWhereItMatters) {
  roll(kNoon);
  for (int minute = 1; minute <= 10; ++minute) alive(kNoon + minute * 60'000);
  begin();
  roll(kNoon + 30 * 60'000);
  EXPECT_THAT(find(kNoon + 5 * 60'000, {}, 60'000).silences, IsEmpty());
  const auto found = find(kNoon + 20 * 60'000, {}, 60'000);
  ASSERT_EQ(found.silences.size(), 1u);
  EXPECT_EQ(found.silences[0], (std::pair{kNoon + 10 * 60'000, kNoon + 30 * 60'000}));
}

TEST_F(FlowLog, OldSegmentsGoAndTheLastHourOfTheirDaysStays) {
  for (int hour = 0; hour <= 96; ++hour) roll(kNoon + hour * kHour);
  const auto segments = flow_segments(folder_);
  EXPECT_EQ(segments.front().start_ms, kNoon + (96 - 72 - 1) * kHour) << "it holds what is not older than three days";
  EXPECT_EQ(segments.back().start_ms, kNoon + 96 * kHour);
}

TEST_F(FlowLog, AllOfItStaysUnderItsSizeAndSegmentsAreCutBySize) {
  roll(kNoon);
  book_->hold(machine(1), run(1), kNoon);
  for (int i = 0; i < 60'000; ++i) {  // 4.8 MB
    const auto port = static_cast<std::uint16_t>(i % 50'000 + 1'024);
    for (const bool ended : {false, true}) book_->take(event(1, port, port, ended), kNoon + i);
    if (store_->due(kNoon + i)) roll(kNoon + i);
    if (i % 1000 == 999) ASSERT_TRUE(store_->flush());
  }
  std::int64_t bytes = 0;
  for (const auto& s : flow_segments(folder_)) {
    bytes += s.bytes;
    EXPECT_LE(s.bytes, (1 << 20) / 8 + 8'000 + 2 * 40);
  }
  EXPECT_LE(bytes, (1 << 20) + (1 << 17) + 8'200);
  EXPECT_GE(bytes, 1 << 19);
  EXPECT_THAT(machines(kNoon + 59'999, static_cast<std::uint16_t>(59'999 % 50'000 + 1'024), 0), ElementsAre("1"));
}

TEST_F(FlowLog, AFullDiskMakesAHoleAndNothingElse) {
  roll(kNoon);
  book_->hold(machine(1), run(1), kNoon);
  free_ = 100 << 20;
  book_->take(event(1, 40'000, 61'000), kNoon);
  const auto full = store_->flush();
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, "DiskFull");
  EXPECT_EQ(store_->lost_records(), 2);
  free_ = 1LL << 40;
  write(kNoon + 1, event(1, 40'001, 61'001));
  EXPECT_EQ(find(kNoon, 61'001).flows.size(), 1u);
}

TEST_F(FlowLog, ATornEndAndForeignFilesAreNoHindrance) {
  roll(kNoon);
  book_->hold(machine(1), run(1), kNoon);
  write(kNoon, event(1, 40'000, 61'000));
  const auto name = flow_segments(folder_)[0].name;
  std::ofstream(folder_ + "/" + name, std::ios::app) << std::string(40, 'x') << "torn";
  std::ofstream(folder_ + "/README") << "x";
  std::ofstream(folder_ + "/x.flows") << "x";
  EXPECT_THAT(machines(kNoon, 61'000), ElementsAre("1"));
  EXPECT_EQ(flow_segments(folder_).size(), 1u);
}

TEST_F(FlowLog, AClockThatWasSetBackKeepsTheOrder) {
  roll(kNoon);
  begin();
  roll(kNoon - 5 * kHour);
  EXPECT_EQ(flow_segments(folder_).back().start_ms, kNoon + 1);
}

TEST_F(FlowLog, NoLogIsAnAnswerToo) {
  fs::remove_all(folder_);
  const auto found = find(kNoon, {});
  EXPECT_EQ(found.from_ms, 0);
  EXPECT_THAT(found.flows, IsEmpty());
}

}  // namespace
}  // namespace stipend::host
