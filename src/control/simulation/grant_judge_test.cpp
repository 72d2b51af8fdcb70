#include "control/simulation/grant_judge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "store/apply.hpp"

namespace stipend::control {
namespace {

using testing::HasSubstr;

// Ada's grants, her hold and her disk, put as a commit would.
class GrantJudgeTest : public testing::Test {
 protected:
  template <class Row>
  void put(Row row) {
    store::apply(state_, store::Put<Row>{std::make_shared<const Row>(std::move(row))});
  }
  base::GrantId grant(std::int64_t amount, std::int64_t expires_ms, std::vector<std::string> only_types = {}) {
    domain::Grant row;
    row.id = base::make_id<base::GrantId>(random_);
    row.account = ada_;
    row.amount = {amount};
    row.created = {++created_ms_};
    row.expires = {expires_ms};
    row.only_types = std::move(only_types);
    put(row);
    return row.id;
  }
  void hold(std::vector<domain::Draw> draws) {
    domain::Hold row{ada_, {}, std::move(draws)};
    for (const auto& draw : row.draws) row.amount += draw.amount;
    put(row);
  }
  void spend(const base::GrantId& id, std::int64_t amount) {
    auto row = *state_.find<domain::Grant>(id);
    row.spent.nano += amount;
    put(row);
  }
  domain::Entry entry(domain::EntryKind kind, const base::GrantId& from, std::string type) const {
    domain::Entry row;
    row.number = 1;
    row.account = ada_;
    row.kind = kind;
    row.debit = "grant:" + from.str();
    row.type = std::move(type);
    row.at = {500};
    return row;
  }
  std::string charge(const base::GrantId& from, std::string type) { return judge_.entry(entry(domain::EntryKind::kCharge, from, std::move(type)), state_).value_or(""); }
  std::string order(std::int64_t now_ms = 500) { return judge_.order(ada_, state_, {now_ms}).value_or(""); }
  std::string account(std::int64_t before_ms) { return judge_.account(ada_, state_, {before_ms}).value_or(""); }

  base::SeededRandom random_{3};
  base::AccountId ada_ = *base::AccountId::parse("123456789012");
  domain::State state_;
  GrantJudge judge_;
  std::int64_t created_ms_ = 0;
};

TEST_F(GrantJudgeTest, ARestrictedGrantPaysForItsTypesAndForNoDisk) {
  const auto micro = grant(100, 9'000, {"t2.micro"}), any = grant(100, 9'000);
  EXPECT_EQ(charge(micro, "t2.micro"), "");
  EXPECT_EQ(charge(any, "m4.large"), "");
  EXPECT_THAT(charge(micro, "m4.large"), HasSubstr("not for it"));
  EXPECT_EQ(judge_.entry(entry(domain::EntryKind::kStorage, any, "disk"), state_).value_or(""), "");
  EXPECT_THAT(judge_.entry(entry(domain::EntryKind::kStorage, micro, "disk"), state_).value_or(""), HasSubstr("not for it"));
}

TEST_F(GrantJudgeTest, NothingIsHeldOrReservedOnAGrantThatIsNotForIt) {
  const auto micro = grant(100, 9'000, {"t2.micro"});
  hold({{micro, {5}, "t2.micro"}});
  EXPECT_EQ(account(1), "");
  hold({{micro, {5}, "t2.small"}});
  EXPECT_THAT(account(2), HasSubstr("not for"));
  hold({{micro, {5}, ""}});
  EXPECT_THAT(account(3), HasSubstr("for disks"));
  hold({});
  domain::Disk disk;
  disk.id = base::make_id<base::DiskId>(random_);
  disk.account = ada_;
  disk.reserve_draws = {{micro, {5}, ""}};
  put(disk);
  EXPECT_THAT(account(4), HasSubstr("not for disks"));
}

TEST_F(GrantJudgeTest, AGrantExpiresAtItsTimeAndNotBefore) {
  const auto early = grant(100, 500), late = grant(100, 501);
  EXPECT_EQ(judge_.entry(entry(domain::EntryKind::kExpiry, early, ""), state_).value_or(""), "");
  EXPECT_THAT(judge_.entry(entry(domain::EntryKind::kExpiry, late, ""), state_).value_or(""), HasSubstr("expires at 501"));
}

TEST_F(GrantJudgeTest, FromItsTimeOnOnlyWhatWasSetAsideIsSpent) {
  const auto id = grant(100, 1'000);
  hold({{id, {40}, "t2.micro"}});
  EXPECT_EQ(account(900), "");
  spend(id, 10);
  hold({{id, {30}, "t2.micro"}});
  EXPECT_EQ(account(1'000), "");
  spend(id, 1);  // out of what was free
  EXPECT_THAT(account(1'100), HasSubstr("1 more of it is used"));
}

TEST_F(GrantJudgeTest, ItsTermsNeverChange) {
  const auto id = grant(100, 1'000);
  EXPECT_EQ(account(1), "");
  auto longer = *state_.find<domain::Grant>(id);
  longer.expires = {2'000};
  put(longer);
  EXPECT_THAT(account(2), HasSubstr("terms"));
}

TEST_F(GrantJudgeTest, WhatIsReleasedAfterItsTimeIsGoneSoon) {
  constexpr std::int64_t kHours = 3'600'000;
  const auto id = grant(100, 1'000);
  hold({{id, {100}, "t2.micro"}});
  EXPECT_EQ(judge_.overdue(state_, {4 * kHours}).value_or(""), "");
  hold({{id, {99}, "t2.micro"}});
  EXPECT_EQ(judge_.overdue(state_, {2 * kHours}).value_or(""), "");
  EXPECT_THAT(judge_.overdue(state_, {4 * kHours}).value_or(""), HasSubstr("1 of it is still there"));
}

TEST_F(GrantJudgeTest, TheSoonestThenTheNarrowestThenTheOldestPaysFirst) {
  const auto soon = grant(10, 1'000), narrow = grant(10, 2'000, {"t2.micro"}), wide = grant(10, 2'000, {"t2.micro", "t2.small"}),
             old = grant(10, 2'000), young = grant(100, 2'000);
  hold({{soon, {10}, "t2.micro"}, {narrow, {10}, "t2.micro"}, {wide, {10}, "t2.micro"}, {old, {10}, "t2.micro"}, {young, {5}, "t2.micro"}});
  EXPECT_EQ(order(), "");
  for (const auto& left : {soon, narrow, wide, old}) {
    auto draws = state_.find<domain::Hold>(ada_)->draws;
    const auto all = draws;
    std::erase_if(draws, [&](const domain::Draw& draw) { return draw.grant == left; });
    hold(draws);
    EXPECT_THAT(order(), HasSubstr(left.str() + " has 10 left and comes first"));
    hold(all);
  }
  hold({{old, {10}, ""}, {young, {5}, ""}, {soon, {10}, ""}});
  EXPECT_EQ(order(), "") << "restricted ones do not pay for disks";
  hold({{narrow, {10}, "t2.micro"}, {wide, {1}, "t2.micro"}});
  EXPECT_EQ(order(1'000), "") << "one that expired comes in no order";
}

}  // namespace
}  // namespace stipend::control
