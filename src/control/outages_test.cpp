// What the platform broke is noted once, with what was lost and given back; what somebody wished for is not.
#include "control/commands/outages.hpp"

#include <gtest/gtest.h>

#include "control/testing/table.hpp"

namespace stipend::control {
namespace {

using base::Money;

const Actor kOperator{"uid:0", "admin", "test", {}, domain::Role::kAdministrator};

class OutageRows : public testing::Test {
 protected:
  void begin(const std::string& plan) {
    ASSERT_EQ(table_.run("course " + plan + " grace 0\naccount ada 5.00\naccount alan 5.00\naccount grace 5.00 teacher"), "");
  }
  void TearDown() override { EXPECT_EQ(table_.broken(), ""); }
  OutagePage page(OutageQuery query = {}, const Actor& actor = kOperator) const {
    const auto found = outages(table_.state(), actor, query);
    EXPECT_TRUE(found) << found.error().message;
    return found ? *found : OutagePage{};
  }
  void put(int count, std::int64_t every_s = 1) {
    EXPECT_EQ(table_.command(kOperator, [&](Tx& tx) -> base::Status {
      for (int i = 0; i < count; ++i) {
        domain::Outage row;
        row.id = "i-" + std::to_string(i);
        row.account = table_.account("ada");
        row.until = tx.now().plus_seconds(-i * every_s);
        row.from = row.until.plus_seconds(-60);
        tx.save(row);
      }
      return {};
    }), "ok");
  }
  Table table_;
};

TEST_F(OutageRows, OfARunWhoseEnforcerVanishedSayHowLongAndWhatWasGivenBack) {
  begin("per-hour");
  ASSERT_EQ(table_.run(R"(
    launch ada web m4.large
    report web running 0
    tick 600
    report web running 600
    renew ada
    tick 300
    report web vanished 605      # the host's record is five seconds newer
  )"), "");
  const auto found = page();
  ASSERT_EQ(found.rows.size(), 1u);
  const auto& row = *found.rows[0];
  EXPECT_EQ(row.id, table_.instance("web").id.str() + "/1");
  EXPECT_EQ(row.until, table_.now());
  EXPECT_EQ(row.from, table_.now().plus_seconds(-295));
  EXPECT_EQ(row.reason, "enforcer-lost");
  EXPECT_EQ(row.type, "m4.large");
  EXPECT_EQ(row.given_back, Money{100'000'000 - 100'000'000LL * 605 / 3600});
  EXPECT_EQ(found.all.given_back, row.given_back);
  EXPECT_EQ(found.all.lost_ms, 295'000);
}

TEST_F(OutageRows, AreNotMadeForWhatWasWishedForOrWasOver) {
  begin("per-second");
  EXPECT_EQ(table_.run(R"(
    launch ada stopped t2.micro
    launch ada lease t2.micro
    launch ada guest t2.micro
    report stopped running 0
    report lease running 0
    report guest running 0
    tick 60
    stop stopped
    report stopped vanished 60
    report lease ended 60 credit ours
    report guest ended 60 guest
  )"), "");
  EXPECT_TRUE(page().rows.empty());
}

TEST_F(OutageRows, OfAStartThatFailedBeginWithTheStart) {
  begin("per-second");
  ASSERT_EQ(table_.run("launch ada web t2.micro\ntick 30\nreport web ended 0 start-failed"), "");
  const auto found = page();
  ASSERT_EQ(found.rows.size(), 1u);
  EXPECT_EQ(found.rows[0]->reason, "start-failed");
  EXPECT_EQ(found.rows[0]->from, table_.now().plus_seconds(-30));
  EXPECT_EQ(found.rows[0]->given_back, Money{});
}

TEST_F(OutageRows, AreOfTheCourseOfTheStaffThatAsksAndOfNoStudent) {
  begin("per-second");
  ASSERT_EQ(table_.run("launch ada web t2.micro\nreport web running 0\ntick 60\nreport web vanished 60"), "");
  EXPECT_EQ(page({}, table_.actor("grace")).rows.size(), 1u);
  EXPECT_EQ(outages(table_.state(), table_.actor("ada"), {}).error().code, "StaffOnly");
  EXPECT_EQ(outages(table_.state(), kOperator, {.course = "none"}).error().code, "NoSuchCourse");
  EXPECT_TRUE(page({.since = table_.now().plus_ms(1)}).rows.empty());
  EXPECT_EQ(page({.since = table_.now()}).rows.size(), 1u);
}

TEST_F(OutageRows, ComeInPagesNewestFirstWithTheSumsOfAll) {
  begin("per-second");
  put(7);
  OutageQuery query{.limit = 3};
  std::vector<std::string> seen;
  for (int pages = 0; pages < 5; ++pages) {
    const auto found = page(query);
    EXPECT_EQ(found.all.outages, 7u);
    EXPECT_EQ(found.all.accounts, 1u);
    EXPECT_EQ(found.all.lost_ms, 7 * 60'000);
    for (const auto& row : found.rows) seen.push_back(row->id);
    query.after = found.next;
    if (!found.next) break;
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"i-0", "i-1", "i-2", "i-3", "i-4", "i-5", "i-6"}));
  for (const auto* cursor : {"", "x", "5", "/", "5x/i-1"}) EXPECT_EQ(outages(table_.state(), kOperator, {.after = cursor}).error().code, "InvalidCursor") << cursor;
}

TEST_F(OutageRows, AreForgottenAfterAYearAndWhenTheyAreTooMany) {
  begin("per-second");
  put(5, 200 * 86'400);  // today, 200 days ago, 400, 600, 800
  EXPECT_EQ(table_.command(kOperator, [](Tx& tx) -> base::Status {
    EXPECT_TRUE(forget_outages(tx, 1));
    EXPECT_FALSE(forget_outages(tx, 100));
    return {};
  }), "ok");
  EXPECT_EQ(page().all.outages, 3u);
  put(static_cast<int>(kOutagesMost) + 20);
  EXPECT_EQ(table_.command(kOperator, [](Tx& tx) -> base::Status {
    EXPECT_FALSE(forget_outages(tx, 1'000));
    return {};
  }), "ok");
  EXPECT_EQ(table_.state().outages.size(), kOutagesMost);
  EXPECT_TRUE(table_.state().outages.contains("i-0"));
}

}  // namespace
}  // namespace stipend::control
