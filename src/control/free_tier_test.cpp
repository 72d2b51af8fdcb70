// The free tier of a course through the commands and the guard. Tables begin on 2027-01-15, 08:00 UTC; catalogue 2017: t2.micro
// $0.012 an hour, so 750 h are $9.
#include "control/commands/free_tier.hpp"

#include <gtest/gtest.h>

#include "control/commands/accounts.hpp"
#include "control/commands/emergency.hpp"
#include "control/commands/people.hpp"
#include "control/commands/policy.hpp"
#include "control/testing/table.hpp"
#include "domain/figures.hpp"

namespace stipend::control {
namespace {

using base::Money;

const Actor kOperator{"uid:0", "admin", "test", {}, domain::Role::kAdministrator};
const Actor kGuard{"guard", "clock", "", {}};

class FreeTierCredit : public testing::Test {
 protected:
  FreeTierCredit() { EXPECT_EQ(table_.run("course per-hour grace 0 2017\naccount ada 5.00\naccount grace 0 teacher"), ""); }
  void TearDown() override { EXPECT_EQ(table_.broken(), ""); }

  std::string set(const domain::FreeTier& tier) {
    return table_.command(kOperator, [&](Tx& tx) {
      return change_policy(tx, "course", [&](domain::Policy& policy) -> base::Status {
        policy.free_tier = tier;
        return {};
      });
    });
  }
  // As the guard does; how many steps.
  int give_all(std::size_t limit = 100) {
    std::optional<base::AccountId> after;
    for (int steps = 1;; ++steps) {
      EXPECT_EQ(table_.command(kGuard, [&](Tx& tx) -> base::Status {
        after = give_free_tiers(tx, after, limit);
        return {};
      }), "ok");
      if (!after) return steps;
    }
  }
  std::vector<domain::RowPtr<domain::Grant>> tiers(const std::string& name) const {
    std::vector<domain::RowPtr<domain::Grant>> out;
    const auto of = table_.state().grants_of.find(table_.account(name));
    if (of != table_.state().grants_of.end())
      for (const auto& id : of->second)
        if (const auto& grant = table_.state().grants.at(id); grant->source == "free-tier") out.push_back(grant);
    return out;
  }
  Money plain(const std::string& name) const {
    const auto id = table_.account(name);
    return domain::figures(table_.state(), id, table_.now()).available - domain::free_tier_left(table_.state(), id, table_.now());
  }
  Money spent_of(const std::string& name, bool tier) const {
    Money sum;
    for (const auto& id : table_.state().grants_of.at(table_.account(name)))
      if (const auto& grant = table_.state().grants.at(id); (grant->source == "free-tier") == tier) sum += grant->spent;
    return sum;
  }
  Table table_;
};

TEST_F(FreeTierCredit, IsGivenToWhoIsThereAndToWhoComes) {
  ASSERT_EQ(set({"t2.micro", 750, 12}), "ok");
  EXPECT_TRUE(tiers("ada").empty());
  give_all();
  ASSERT_EQ(tiers("ada").size(), 1u);
  const auto& grant = *tiers("ada")[0];
  EXPECT_EQ(grant.amount, Money::dollars(9));
  EXPECT_EQ(grant.only_types, std::vector<std::string>{"t2.micro"});
  EXPECT_EQ(base::to_iso8601(grant.expires), "2027-02-01T00:00:00.000Z");
  EXPECT_EQ(grant.note, "750 h of t2.micro in January 2027");
  EXPECT_EQ(table_.run("account alan 1.00\naccount edsger 0 teacher"), "");
  EXPECT_EQ(tiers("alan").size(), 1u);
  EXPECT_TRUE(tiers("grace").empty());
  EXPECT_TRUE(tiers("edsger").empty());
}

TEST_F(FreeTierCredit, IsGivenOnceAMonthHoweverOftenSomebodyLooks) {
  ASSERT_EQ(set({"t2.micro", 750, 2}), "ok");
  give_all();
  give_all();
  ASSERT_EQ(set({"t2.micro", 100, 2}), "ok");  // counts from the next month on
  give_all();
  EXPECT_EQ(tiers("ada").size(), 1u);
  EXPECT_EQ(table_.run("tick " + std::to_string(17 * 86'400)), "");  // February
  give_all();
  give_all();
  ASSERT_EQ(tiers("ada").size(), 2u);
  EXPECT_EQ(table_.run("tick " + std::to_string(28 * 86'400)), "");  // March: the account is too old
  give_all();
  EXPECT_EQ(tiers("ada").size(), 2u);
}

TEST_F(FreeTierCredit, IsSpentFirstAndItsRestIsGoneWithTheMonth) {
  ASSERT_EQ(set({"t2.micro", 2, 12}), "ok");
  give_all();
  EXPECT_EQ(table_.run(R"(
    launch ada web t2.micro
    report web running 0
    renew ada
    tick 3600
    report web running 3600
    renew ada
    tick 600
    report web running 4200
    renew ada
    stop web
    report web ended 4200 person
  )"), "");
  EXPECT_EQ(spent_of("ada", true), Money{24'000'000});  // both hours
  ASSERT_EQ(table_.run("start web\nreport web running 0\nrenew ada\nstop web\nreport web ended 5 person"), "");
  EXPECT_EQ(spent_of("ada", true), Money{24'000'000});
  EXPECT_GE(spent_of("ada", false), Money{12'000'000});
}

TEST_F(FreeTierCredit, ThatIsLeftExpiresAtTheMonthsEndAndTheNextIsThere) {
  ASSERT_EQ(set({"t2.micro", 750, 12}), "ok");
  give_all();
  EXPECT_EQ(table_.run("tick " + std::to_string(17 * 86'400) + "\nrenew ada"), "");
  give_all();
  EXPECT_EQ(table_.run("forget"), "");
  const auto grants = tiers("ada");
  ASSERT_EQ(grants.size(), 2u);
  Money expired;
  for (const auto& grant : grants) expired += grant->expired;
  EXPECT_EQ(expired, Money::dollars(9));
}

TEST_F(FreeTierCredit, IsNoPartOfWhatIsLeft) {
  const auto before = plain("ada");
  ASSERT_EQ(set({"t2.micro", 750, 12}), "ok");
  give_all();
  EXPECT_EQ(plain("ada"), before);
  const auto id = table_.account("ada");
  EXPECT_EQ(domain::available_not_for(table_.state(), id, "t2.micro", table_.now()), Money{});
  EXPECT_EQ(domain::available_not_for(table_.state(), id, "t2.medium", table_.now()), Money::dollars(9));
  ASSERT_EQ(table_.run("launch ada web t2.micro\nreport web running 0\nrenew ada"), "");
  EXPECT_LT(domain::free_tier_left(table_.state(), id, table_.now()), Money::dollars(9));  // an hour is held
  EXPECT_GE(domain::figures(table_.state(), id, table_.now()).available, domain::free_tier_left(table_.state(), id, table_.now()));
}

TEST_F(FreeTierCredit, DoesNotKeepAMemberFromEmergencyCredit) {
  ASSERT_EQ(table_.run("account alan 0.50"), "");
  ASSERT_EQ(set({"t2.micro", 750, 12}), "ok");
  give_all();
  ASSERT_EQ(table_.command(kOperator, [&](Tx& tx) {
    return change_policy(tx, "course", [&](domain::Policy& policy) -> base::Status {
      policy.emergency = Money::dollars(2), policy.emergency_total = Money::dollars(10);
      return {};
    });
  }), "ok");
  EXPECT_TRUE(emergency_offer(table_.state(), table_.now(), table_.account("alan")));
  EXPECT_FALSE(emergency_offer(table_.state(), table_.now(), table_.account("ada")));
}

TEST_F(FreeTierCredit, IsGivenInStepsToALargeCourse) {
  std::string rows;
  for (int i = 0; i < 25; ++i) rows += "account a" + std::to_string(i) + " 0\n";
  ASSERT_EQ(table_.run(rows), "");
  ASSERT_EQ(set({"t2.micro", 750, 12}), "ok");
  EXPECT_EQ(give_all(10), 3);
  for (int i = 0; i < 25; ++i) EXPECT_EQ(tiers("a" + std::to_string(i)).size(), 1u);
  EXPECT_EQ(tiers("ada").size(), 1u);
}

TEST_F(FreeTierCredit, OfWhatCannotBeIsRefused) {
  EXPECT_EQ(set({"t9.none", 750, 12}), "InvalidPolicy");
  EXPECT_EQ(set({"t2.micro", 0, 12}), "InvalidPolicy");
  EXPECT_EQ(set({"t2.micro", 1'001, 12}), "InvalidPolicy");
  EXPECT_EQ(set({"t2.micro", 750, 121}), "InvalidPolicy");
  EXPECT_EQ(set({"t2.micro", 750, -1}), "InvalidPolicy");
  EXPECT_EQ(set({}), "ok");
}

}  // namespace
}  // namespace stipend::control
