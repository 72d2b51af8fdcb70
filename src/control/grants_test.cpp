// Credit with terms, credit codes and emergency credit: who gets what, once, and that every invariant holds after each step.
#include "control/commands/grants.hpp"

#include <gtest/gtest.h>

#include <set>

#include "control/commands/accounts.hpp"
#include "control/commands/credit_codes.hpp"
#include "control/commands/emergency.hpp"
#include "control/commands/policy.hpp"
#include "control/testing/table.hpp"

namespace stipend::control {
namespace {

using base::Money;

const Actor kOperator{"uid:0", "admin", "test", {}, domain::Role::kAdministrator};

class GivenCredit : public testing::Test {
 protected:
  GivenCredit() {
    EXPECT_EQ(table_.run("course per-second grace 0\naccount ada 1.00\naccount alan 3.00\naccount ben 0\naccount grace 0 teacher"), "");
  }
  void TearDown() override { EXPECT_EQ(table_.broken(), ""); }

  template <class R>
  base::Result<R> run(const Actor& actor, std::function<base::Result<R>(Tx&)> plan) {
    std::optional<base::Result<R>> kept;
    table_.command(actor, [&](Tx& tx) -> base::Status {
      kept.emplace(plan(tx));
      if (!*kept) return std::unexpected(kept->error());
      return {};
    });
    EXPECT_EQ(table_.broken(), "");
    return *kept;
  }
  template <class R>
  static std::string code_of(const base::Result<R>& result) { return result ? "ok" : result.error().code; }

  Actor who(const std::string& name) const { return table_.actor(name); }
  base::AccountId id(const std::string& name) const { return table_.account(name); }
  base::WallTime in(std::int64_t seconds) const { return table_.now().plus_seconds(seconds); }
  Money available(const std::string& name) const { return figures(table_.state(), id(name), table_.now()).available; }

  std::vector<std::string> codes(NewCreditCodes request, const std::string& maker = "grace") {
    if (request.expires == base::WallTime{}) request.expires = in(3600);
    const auto made = run<std::vector<domain::RowPtr<domain::CreditCode>>>(who(maker), [&](Tx& tx) { return make_credit_codes(tx, request); });
    if (!made) return {made.error().code};
    std::vector<std::string> out;
    for (const auto& row : *made) out.push_back(row->code);
    return out;
  }
  base::Result<domain::RowPtr<domain::Grant>> redeem(const std::string& name, const std::string& code) {
    return run<domain::RowPtr<domain::Grant>>(who(name), [&](Tx& tx) { return redeem_credit_code(tx, code); });
  }
  base::Result<domain::RowPtr<domain::Grant>> emergency(const std::string& name) {
    return run<domain::RowPtr<domain::Grant>>(who(name), [&](Tx& tx) { return take_emergency(tx); });
  }
  std::string offers(Money each, Money total) {
    return table_.command(who("grace"), [&](Tx& tx) {
      return change_policy(tx, "", [&](domain::Policy& policy) -> base::Status {
        policy.emergency = each, policy.emergency_total = total;
        return {};
      });
    });
  }
  base::Result<GrantPlan> give_found(const Actor& actor, const GrantFilter& filter, Money amount, const GrantTerms& terms = {}) {
    return run<GrantPlan>(actor, [&](Tx& tx) { return grant_found(tx, filter, amount, terms, "for the lab"); });
  }
  domain::RowPtr<domain::CreditCode> code_row(const std::string& code) const { return table_.state().credit_codes.at(code); }

  Table table_;
};

TEST_F(GivenCredit, OfSomeTypesPayForTheirRunsAloneAndForNoDisk) {
  const GrantTerms terms{base::WallTime::never(), {"t2.micro", "t2.medium", "t2.micro"}};
  const auto given = run<domain::RowPtr<domain::Grant>>(who("grace"), [&](Tx& tx) { return grant(tx, id("ben"), Money::dollars(5), "lab", terms); });
  ASSERT_TRUE(given);
  EXPECT_EQ((*given)->only_types, (std::vector<std::string>{"t2.medium", "t2.micro"}));
  EXPECT_EQ(table_.run(R"(
    launch ben web t2.medium -> InsufficientCredit    # its disk
    grant ben 0.02
    launch ben big m4.large
    report big running 0
    stop big
    report big ended 60 person
    launch ben web t2.medium
    lease web 3600                                    # $0.0464, more than the rest of what pays for all
  )"), "");
}

TEST_F(GivenCredit, ThatPaysForSomeTypesIsNamedWhereItDoesNotReach) {
  ASSERT_TRUE(run<domain::RowPtr<domain::Grant>>(who("grace"), [&](Tx& tx) { return grant(tx, id("ben"), Money::dollars(5), "lab", {base::WallTime::never(), {"t2.micro"}}); }));
  EXPECT_NE(table_.run("launch ben big m4.large").find("pays for some instance types only"), std::string::npos);
  EXPECT_EQ(table_.run("launch alan web t2.medium\nlaunch ada big m4.large"), "");
}

TEST_F(GivenCredit, ThatExpireAreSpentFirstAndGoAtTheirInstant) {
  const GrantTerms terms{in(7200), {}};
  ASSERT_TRUE(run<domain::RowPtr<domain::Grant>>(who("grace"), [&](Tx& tx) { return grant(tx, id("alan"), Money::dollars(2), "lab", terms); }));
  EXPECT_EQ(available("alan"), Money::dollars(5));
  EXPECT_EQ(table_.run("tick 7200"), "");
  EXPECT_EQ(available("alan"), Money::dollars(3));
}

TEST_F(GivenCredit, WithTermsThatMakeNoSenseAreRefused) {
  const auto with = [&](Money amount, GrantTerms terms) {
    return code_of(run<domain::RowPtr<domain::Grant>>(who("grace"), [&](Tx& tx) { return grant(tx, id("ada"), amount, "x", terms); }));
  };
  EXPECT_EQ(with(Money::dollars(1), {in(0), {}}), "InvalidExpiry");
  EXPECT_EQ(with(Money::dollars(1), {in(kLongestTermS + 1), {}}), "InvalidExpiry");
  EXPECT_EQ(with(Money::dollars(1), {in(60), {"t9.none"}}), "InvalidInstanceType");
  EXPECT_EQ(with(-Money::dollars(1), {in(60), {}}), "InvalidAmount");
  EXPECT_EQ(available("ada"), Money::dollars(1));
}

TEST_F(GivenCredit, ByAFilterReachThoseWhoHaveLessInOneStepWithAnAuditRowEach) {
  const auto audits = table_.state().last_audit;
  const auto given = give_found(who("grace"), {"", Money::dollars(2), {}}, Money::dollars(5), {in(3600), {}});
  ASSERT_TRUE(given);
  std::set<base::AccountId> hit;
  for (const auto& member : given->members) hit.insert(member.account);
  EXPECT_EQ(hit, (std::set{id("ada"), id("ben")}));
  EXPECT_EQ(given->sum, Money::dollars(10));
  EXPECT_EQ(table_.state().last_audit, audits + 2);
  EXPECT_EQ(available("ada"), Money::dollars(6));
  EXPECT_EQ(available("ben"), Money::dollars(5));
  EXPECT_EQ(available("alan"), Money::dollars(3));
  EXPECT_EQ(available("grace"), Money{}) << "staff is not of the class";
  EXPECT_EQ(code_of(give_found(who("grace"), {"", Money::dollars(2), {}}, Money::dollars(5))), "NobodyFound");
}

TEST_F(GivenCredit, ByAFilterLeaveOutOtherSectionsAndSuspendedMembers) {
  ASSERT_EQ(table_.command(who("grace"), [&](Tx& tx) { return move_section(tx, {id("ada"), id("ben")}, "B"); }), "ok");
  ASSERT_EQ(table_.command(who("grace"), [&](Tx& tx) { return suspend(tx, {id("ben")}); }), "ok");
  ASSERT_TRUE(give_found(who("grace"), {"", {}, "B"}, Money::dollars(5)));
  EXPECT_EQ(available("ada"), Money::dollars(6));
  EXPECT_EQ(available("ben"), Money{});
  ASSERT_TRUE(give_found(kOperator, {"course", {}, {}}, Money::dollars(1)));
  EXPECT_EQ(available("ada"), Money::dollars(7));
  EXPECT_EQ(available("alan"), Money::dollars(4));
}

TEST_F(GivenCredit, ByAFilterAreAllOrNoneAndBoundedTogether) {
  EXPECT_EQ(code_of(give_found(who("grace"), {}, Money::dollars(400'000))), "TooMuch");
  EXPECT_EQ(code_of(give_found(who("grace"), {}, -Money::dollars(1))), "InvalidAmount");
  EXPECT_EQ(code_of(give_found(who("ada"), {}, Money::dollars(1))), "StaffOnly");
  EXPECT_EQ(code_of(give_found(kOperator, {"none", {}, {}}, Money::dollars(1))), "NoSuchCourse");
  EXPECT_EQ(available("alan"), Money::dollars(3));
}

TEST_F(GivenCredit, OfACodeSayWhichAndComeOncePerAccount) {
  const auto code = codes({"", Money::dollars(5), 1, 2, {}, {base::WallTime::never(), {"t2.medium"}}, 7, "midterm"}).at(0);
  EXPECT_EQ(code.size(), 12U);
  const auto typed = printed_code(code) + " ";
  const auto got = redeem("ada", typed);
  ASSERT_TRUE(got);
  EXPECT_EQ((*got)->source, "code");
  EXPECT_EQ((*got)->code, code);
  EXPECT_EQ((*got)->expires, in(7 * 86400));
  EXPECT_EQ((*got)->only_types, std::vector<std::string>{"t2.medium"});
  EXPECT_EQ(available("ada"), Money::dollars(6));
  EXPECT_EQ(code_of(redeem("ada", code)), "CreditCodeTaken");
  EXPECT_EQ(code_row(code)->uses, 1);
  EXPECT_EQ(code_of(redeem("alan", code)), "ok");
  EXPECT_EQ(code_of(redeem("ben", code)), "CreditCodeUsedUp");
  EXPECT_EQ(available("ben"), Money{});
}

TEST_F(GivenCredit, OfTwoWhoWantTheLastUseOfACodeTheSecondGetsNothing) {
  const auto code = codes({"", Money::dollars(5)}).at(0);
  const auto entries = table_.entries().size();
  EXPECT_EQ(code_of(redeem("alan", code)), "ok");
  EXPECT_EQ(code_of(redeem("ada", code)), "CreditCodeUsedUp");
  EXPECT_EQ(table_.entries().size(), entries + 1);
  EXPECT_EQ(code_row(code)->uses, code_row(code)->uses_max);
}

TEST_F(GivenCredit, OfACodeThatIsOverAreRefusedEachInItsWordsAndUnknownOnesTellNothing) {
  const auto made = codes({"", Money::dollars(5), 3, 9, {}, {}, 0, "week 1"});
  const auto ending = [&](auto what) { return run<std::int64_t>(who("grace"), what); };
  EXPECT_EQ(code_of(redeem("ada", "ABCDEFGHJKMN")), "CreditCodeUnknown");
  EXPECT_EQ(code_of(redeem("ada", "")), "CreditCodeUnknown");
  EXPECT_EQ(code_of(redeem("ada", "O0I1L<script>")), "CreditCodeUnknown");
  EXPECT_EQ(ending([&](Tx& tx) { return end_credit_code(tx, "", printed_code(made[0])); }).value(), 1);
  EXPECT_EQ(code_of(redeem("ada", made[0])), "CreditCodeRevoked");
  EXPECT_EQ(ending([&](Tx& tx) { return end_credit_codes(tx, "", "week 1"); }).value(), 2);
  EXPECT_EQ(code_of(redeem("ada", made[2])), "CreditCodeRevoked");
  EXPECT_EQ(code_of(ending([&](Tx& tx) { return end_credit_codes(tx, "", "week 1"); })), "CreditCodeUnknown");
  const auto late = codes({"", Money::dollars(5)}).at(0);
  table_.tick_ms(3'600'000);
  EXPECT_EQ(code_of(redeem("ada", late)), "CreditCodeExpired");
  EXPECT_EQ(available("ada"), Money::dollars(1));
}

TEST_F(GivenCredit, OfACodeAreForItsCourseAlone) {
  const auto code = codes({"", Money::dollars(5), 1, 9}).at(0);
  const auto other = run<MadeAccount>(kOperator, [&](Tx& tx) -> base::Result<MadeAccount> {
                       NewCourse wanted;
                       wanted.name = "other";
                       TRY(create_course(tx, wanted));
                       domain::Course course = *find_course(tx.state(), "other");
                       NewMember member;
                       member.identifier = "eve";
                       const auto account = add_member(tx, course, member);
                       return MadeAccount{account, "", "", ""};
                     }).value().account;
  const Actor eve{other.str(), "console", "test", other, domain::Role::kStudent};
  const auto there = run<domain::RowPtr<domain::Grant>>(eve, [&](Tx& tx) { return redeem_credit_code(tx, code); });
  const auto nowhere = run<domain::RowPtr<domain::Grant>>(eve, [&](Tx& tx) { return redeem_credit_code(tx, "ABCDEFGHJKMN"); });
  ASSERT_FALSE(there);
  EXPECT_EQ(there.error().message, nowhere.error().message) << "a guesser does not learn that the code is another course's";
  EXPECT_EQ(code_row(code)->uses, 0);
}

TEST_F(GivenCredit, SuspendedMembersRedeemNothing) {
  const auto code = codes({"", Money::dollars(5)}).at(0);
  ASSERT_EQ(offers(Money::dollars(2), Money::dollars(10)), "ok");
  ASSERT_EQ(table_.command(who("grace"), [&](Tx& tx) { return suspend(tx, {id("ada")}); }), "ok");
  EXPECT_EQ(code_of(redeem("ada", code)), "AccountSuspended");
  EXPECT_EQ(code_of(emergency("ada")), "AccountSuspended");
}

TEST_F(GivenCredit, CodesAreMadeByStaffWithinBounds) {
  const std::set<std::string> made = [&] {
    const auto list = codes({"", Money::dollars(5), 120});
    return std::set<std::string>(list.begin(), list.end());
  }();
  EXPECT_EQ(made.size(), 120U);
  EXPECT_EQ(codes({"", Money::dollars(5)}, "ada").at(0), "StaffOnly");
  EXPECT_EQ(codes({"", Money{}}).at(0), "InvalidAmount");
  EXPECT_EQ(codes({"", Money::dollars(5), 2'001}).at(0), "InvalidCount");
  EXPECT_EQ(codes({"", Money::dollars(5), 1, 0}).at(0), "InvalidUses");
  EXPECT_EQ(codes({"", Money::dollars(5), 1, 1, in(-1)}).at(0), "InvalidExpiry");
  EXPECT_EQ(codes({"", Money::dollars(5), 1, 1, in(7200), {in(3600), {}}}).at(0), "InvalidExpiry") << "worthless before it expires";
  EXPECT_EQ(codes({"", Money::dollars(5), 1, 1, in(60), {in(3600), {}}, 7}).at(0), "InvalidExpiry") << "an instant or days";
  EXPECT_EQ(codes({"", Money::dollars(5), 1, 1, {}, {base::WallTime::never(), {"t9.none"}}}).at(0), "InvalidInstanceType");
  for (int i = 0; i < 4; ++i) EXPECT_EQ(codes({"", Money::dollars(5), 2'000}).size(), 2'000U);
  EXPECT_EQ(codes({"", Money::dollars(5), 2'000}).at(0), "TooManyCodes");
  EXPECT_EQ(codes({"", Money::dollars(5), 1'880}).size(), 1'880U);
  EXPECT_EQ(codes({"", Money::dollars(5)}).at(0), "TooManyCodes");
}

TEST_F(GivenCredit, EmergencyCreditComesAtOnceAndOnceToWhoHasLess) {
  EXPECT_EQ(code_of(emergency("ada")), "EmergencyNotOffered");
  ASSERT_EQ(offers(Money::dollars(2), Money::dollars(100)), "ok");
  EXPECT_EQ(code_of(emergency("alan")), "EmergencyNotNeeded");
  EXPECT_EQ(code_of(emergency("grace")), "EmergencyNotOffered");
  const auto given = emergency("ada");
  ASSERT_TRUE(given);
  EXPECT_EQ((*given)->source, "emergency");
  EXPECT_EQ(available("ada"), Money::dollars(3));
  EXPECT_EQ(table_.state().courses.begin()->second->emergency_given, Money::dollars(2));
  ASSERT_EQ(table_.run("grant ada -3.00"), "");
  EXPECT_EQ(code_of(emergency("ada")), "EmergencyTaken");
}

TEST_F(GivenCredit, EmergencyCreditStaysWithinTheTotalOfTheCourse) {
  ASSERT_EQ(offers(Money::dollars(2), Money::dollars(3)), "ok");
  EXPECT_EQ(code_of(emergency("ada")), "ok");
  EXPECT_EQ(code_of(emergency("ben")), "EmergencyUsedUp");
  EXPECT_EQ(available("ben"), Money{});
  ASSERT_EQ(offers(Money::dollars(2), Money::dollars(4)), "ok");
  EXPECT_EQ(code_of(emergency("ben")), "ok");
  EXPECT_EQ(table_.state().courses.begin()->second->emergency_given, Money::dollars(4));
}

TEST_F(GivenCredit, EmergencyCreditIsNotReachedByStartingMachines) {
  ASSERT_EQ(offers(Money::dollars(3), Money::dollars(100)), "ok");
  ASSERT_EQ(table_.run("launch alan web m4.large\nreport web running 0\nrenew alan"), "");
  EXPECT_LT(available("alan"), Money::dollars(3));
  EXPECT_EQ(code_of(emergency("alan")), "EmergencyNotNeeded");
}

TEST_F(GivenCredit, EmergencyCreditLetsALeaseGoOnAtOnce) {
  ASSERT_EQ(offers(Money::dollars(2), Money::dollars(100)), "ok");
  ASSERT_EQ(table_.run("grant ben 0.02\nlaunch ben web m4.large\nreport web running 0\nrenew ben\nlease web 712"), "");
  ASSERT_TRUE(emergency("ben"));
  EXPECT_EQ(table_.run("lease web 3600"), "");
}

TEST_F(GivenCredit, AnEmergencyAmountNeedsATotal) {
  EXPECT_EQ(offers(Money::dollars(2), Money{}), "InvalidPolicy");
  EXPECT_EQ(offers(Money{}, Money{}), "ok");
}

class Refunds : public GivenCredit {
 protected:
  base::Result<domain::RowPtr<domain::Grant>> refund_of(const Actor& actor, const std::string& name, Money amount, const std::string& reason = "the lab was down",
                                                        const base::InstanceId& instance = {}) {
    return run<domain::RowPtr<domain::Grant>>(actor, [&](Tx& tx) { return refund(tx, id(name), amount, reason, instance); });
  }
  void use_an_hour() {
    ASSERT_EQ(table_.run("launch alan web m4.large\nreport web running 0\ntick 3600\nreport web running 3600\nrenew alan\nstop web\nreport web ended 3600 person"), "");
  }
};

TEST_F(Refunds, GiveBackWhatWasChargedAndSayWhy) {
  use_an_hour();
  const auto before = available("alan");
  const auto audits = table_.state().last_audit;
  const auto machine = table_.instance("web").id;
  const auto given = refund_of(who("grace"), "alan", Money{40'000'000}, "  the lab was down ", machine);
  ASSERT_TRUE(given);
  EXPECT_EQ((*given)->source, "refund");
  EXPECT_EQ((*given)->note, "the lab was down (" + machine.str() + ")");
  EXPECT_TRUE((*given)->only_types.empty());
  EXPECT_EQ(table_.entries().back().reason, "refund " + machine.str());
  EXPECT_EQ(available("alan"), before + Money{40'000'000});
  EXPECT_EQ(table_.state().last_audit, audits + 1);
}

TEST_F(Refunds, AreAtMostWhatWasChargedAndNotRefunded) {
  EXPECT_EQ(code_of(refund_of(who("grace"), "alan", Money{1})), "MoreThanCharged");
  use_an_hour();
  const auto charged = figures(table_.state(), id("alan"), table_.now()).charged;
  EXPECT_GE(charged, Money{100'000'000});
  EXPECT_EQ(code_of(refund_of(who("grace"), "alan", charged + Money{1})), "MoreThanCharged");
  EXPECT_EQ(code_of(refund_of(who("grace"), "alan", Money{60'000'000})), "ok");
  EXPECT_EQ(code_of(refund_of(who("grace"), "alan", charged - Money{60'000'000})), "ok");
  EXPECT_EQ(code_of(refund_of(who("grace"), "alan", Money{1})), "MoreThanCharged");
}

TEST_F(Refunds, NeedAReasonAnAmountAMachineOfTheAccountAndStaff) {
  use_an_hour();
  for (const auto* reason : {"", "   ", "two\nlines"}) EXPECT_EQ(code_of(refund_of(who("grace"), "alan", Money{1}, reason)), "InvalidReason") << reason;
  EXPECT_EQ(code_of(refund_of(who("grace"), "alan", Money{1}, std::string(201, 'x'))), "InvalidReason");
  EXPECT_EQ(code_of(refund_of(who("grace"), "alan", Money{})), "InvalidAmount");
  EXPECT_EQ(code_of(refund_of(who("grace"), "alan", Money{-1})), "InvalidAmount");
  EXPECT_EQ(code_of(refund_of(who("alan"), "alan", Money{1})), "UnauthorizedOperation");
  EXPECT_EQ(code_of(refund_of(who("ada"), "alan", Money{1})), "NoSuchAccount");
  ASSERT_EQ(table_.run("launch ada own m4.large\nreport own running 0\ntick 60\nstop own\nreport own ended 60 person"), "");
  EXPECT_EQ(code_of(refund_of(who("grace"), "ada", Money{1}, "why", table_.instance("web").id)), "InvalidInstanceID.NotFound");
  EXPECT_EQ(code_of(refund_of(kOperator, "ada", Money{1}, "why", table_.instance("own").id)), "ok");
}

}  // namespace
}  // namespace stipend::control
