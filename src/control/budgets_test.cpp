// Budgets in the commands. Prices of catalogue 2026: m4.large $0.10 an hour. The tables begin at 08:00 UTC on a Friday in January.
#include "control/commands/budgets.hpp"

#include <gtest/gtest.h>

#include "control/commands/accounts.hpp"
#include "control/commands/budget_actions.hpp"
#include "control/commands/budget_evaluation.hpp"
#include "control/commands/mails.hpp"
#include "control/commands/people.hpp"
#include "control/testing/table.hpp"
#include "domain/usage.hpp"

namespace stipend::control {
namespace {

using domain::BudgetActionStatus;
using domain::BudgetSubscriber;
using domain::BudgetTrigger;
using domain::MailState;
using enum domain::BudgetActionStatus;

constexpr std::int64_t kBillion = 1'000'000'000;
const MailRule kRule{{"example.edu"}};
const BudgetTrigger kHalf{false, true, domain::BudgetComparison::kGreaterThan, 50 * kBillion};

BudgetSubscriber mail(const std::string& address) { return {false, address}; }

class Budgets : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(table_.run("course per-second grace 0\naccount ada 5.00\naccount grace 5.00 teacher"), ""); }

  std::string as(const std::string& who, const std::function<base::Status(Tx&)>& plan) { return table_.command(table_.actor(who), plan); }
  domain::Budget wanted(const std::string& name = "lab", std::int64_t cents = 10) const {
    domain::Budget out;
    out.name = name;
    out.limit = {cents * 10'000'000};
    out.from = {1'798'761'600'000};  // 2027-01-01
    return out;
  }
  std::string create(domain::Budget budget, const std::string& who = "ada") {
    return as(who, [&](Tx& tx) { return create_budget(tx, std::move(budget), kRule); });
  }
  domain::Budget with(const BudgetTrigger& trigger, std::vector<BudgetSubscriber> subscribers) const {
    auto out = wanted();
    out.notifications = {{trigger, std::move(subscribers), false, {}}};
    return out;
  }
  const domain::Budget& budget(const std::string& name = "lab") const { return **find_budget(table_.state(), table_.account("ada"), name); }

  // What the watch does: the sums of days from the entries, then the command, if it is due. True: it was.
  bool evaluate() {
    bool any = false;
    const auto found = budgets_to_evaluate(table_.state(), table_.now(), {}, 100);
    for (const auto& key : found.keys) {
      std::vector<domain::UsageDay> days;
      domain::UsageOf sums;
      for (const auto& entry : table_.entries())
        if (auto day = sums.next(entry); day && day->account == key.account) days.push_back(*std::move(day));
      const auto& row = *table_.state().find<domain::Budget>(key.budget);
      const auto posted = domain::posted_spend(row, days, key.period, key.today);
      if (!is_due(table_.state(), table_.now(), key, posted)) continue;
      any = true;
      EXPECT_EQ(table_.command({"budgets", "clock", {}, {}}, [&](Tx& tx) { return evaluate_budget(tx, key, posted, "https://stipend.test"); }), "ok");
    }
    return any;
  }
  std::vector<domain::RowPtr<domain::Mail>> mails() const {
    std::vector<domain::RowPtr<domain::Mail>> out;
    for (const auto& [id, row] : table_.state().mails) out.push_back(row);
    return out;
  }
  void running(const std::string& name) {
    ASSERT_EQ(table_.run("launch ada " + name + " m4.large\nreport " + name + " running 0"), "");
  }

  Table table_;
};

TEST_F(Budgets, AreRefusedWithAwsCodes) {
  EXPECT_EQ(create(wanted("a:b")), "InvalidParameterException");
  EXPECT_EQ(create(wanted("a\\b")), "InvalidParameterException");
  EXPECT_EQ(create(wanted("a\nb")), "InvalidParameterException");
  EXPECT_EQ(create(wanted("lab", 0)), "InvalidParameterException");
  EXPECT_EQ(create(wanted("lab", 100'000'001)), "InvalidParameterException");
  auto by_tag = wanted();
  by_tag.filters = {{"TagKeyValue", {"user:team$a"}}};
  EXPECT_EQ(create(by_tag), "InvalidParameterException");
  auto linked = wanted();
  linked.filters = {{"LinkedAccount", {"111111111111"}}};
  EXPECT_EQ(create(linked), "InvalidParameterException");
  EXPECT_EQ(create(wanted()), "ok");
  EXPECT_EQ(create(wanted()), "DuplicateRecordException");
  EXPECT_EQ(as("ada", [](Tx& tx) { return delete_budget(tx, "other"); }), "NotFoundException");
  EXPECT_EQ(as("grace", [](Tx& tx) { return delete_budget(tx, "lab"); }), "NotFoundException") << "each account has its own";
}

TEST_F(Budgets, OfAnAccountAreBounded) {
  for (std::size_t i = 0; i < kBudgetsMost; ++i) ASSERT_EQ(create(wanted("b" + std::to_string(i))), "ok");
  EXPECT_EQ(create(wanted("more")), "CreationLimitExceededException");
  EXPECT_EQ(create(wanted("more"), "grace"), "ok");
}

TEST_F(Budgets, MailOfAStudentGoesOnlyWhereItMay) {
  for (const auto& [address, answer] : std::vector<std::pair<std::string, std::string>>{
           {"ada@example.edu", "ok"}, {"ADA@EXAMPLE.EDU", "DuplicateRecordException"}, {"ada@example.com", "InvalidParameterException"},
           {"ada@example.edu.example.com", "InvalidParameterException"}, {"ada@example.edu\r\nBcc: x@example.com", "InvalidParameterException"},
           {"<ada@example.edu>", "InvalidParameterException"}, {"ada", "InvalidParameterException"}}) {
    if (address == "ada@example.edu") EXPECT_EQ(create(with(kHalf, {mail(address)})), answer);
    else EXPECT_EQ(as("ada", [&](Tx& tx) { return create_subscriber(tx, "lab", kHalf, mail(address), kRule); }), answer) << address;
  }
  EXPECT_EQ(create(with(kHalf, {mail("grace@example.com")}), "grace"), "ok") << "staff writes to whom it likes";
  EXPECT_EQ(as("ada", [&](Tx& tx) { return create_subscriber(tx, "lab", kHalf, {true, "arn:aws:sns:us-east-1:123456789012:t"}, kRule); }),
            "InvalidParameterException") << "there are no topics";
}

TEST_F(Budgets, NotificationsAndSubscribersComeAndGo) {
  ASSERT_EQ(create(with(kHalf, {mail("ada@example.edu")})), "ok");
  const BudgetTrigger ninety{false, true, domain::BudgetComparison::kGreaterThan, 90 * kBillion};
  const auto add = [&](const BudgetTrigger& trigger) {
    return as("ada", [&](Tx& tx) { return create_notification(tx, "lab", {trigger, {mail("ada@example.edu")}, false, {}}, kRule); });
  };
  EXPECT_EQ(add(kHalf), "DuplicateRecordException");
  EXPECT_EQ(add(ninety), "ok");
  EXPECT_EQ(as("ada", [&](Tx& tx) { return update_notification(tx, "lab", ninety, kHalf); }), "DuplicateRecordException");
  for (int i = 0; i < 9; ++i) {
    const auto answer = as("ada", [&](Tx& tx) { return create_subscriber(tx, "lab", kHalf, mail("ada" + std::to_string(i) + "@example.edu"), kRule); });
    EXPECT_EQ(answer, "ok");
  }
  EXPECT_EQ(as("ada", [&](Tx& tx) { return create_subscriber(tx, "lab", kHalf, mail("more@example.edu"), kRule); }), "CreationLimitExceededException");
  EXPECT_EQ(as("ada", [&](Tx& tx) { return delete_subscriber(tx, "lab", ninety, mail("ada@example.edu")); }), "ok");
  EXPECT_EQ(budget().notifications.size(), 1U) << "with its last subscriber a notification is gone";
  EXPECT_EQ(as("ada", [&](Tx& tx) { return delete_notification(tx, "lab", ninety); }), "NotFoundException");
}

TEST_F(Budgets, AnAlarmIsOneMailForEachSubscriberInTheStepThatSetsIt) {
  ASSERT_EQ(create(with(kHalf, {mail("ada@example.edu"), mail("alan@example.edu")})), "ok");
  running("web");
  ASSERT_EQ(table_.run("tick 1700\nreport web running 1700"), "");
  EXPECT_FALSE(evaluate()) << "not yet half of $0.10";
  ASSERT_EQ(table_.run("tick 160\nreport web running 1860"), "");
  EXPECT_TRUE(evaluate());
  EXPECT_TRUE(budget().notifications[0].alarm);
  ASSERT_EQ(mails().size(), 2U);
  EXPECT_EQ(mails()[0]->to, "ada@example.edu");
  EXPECT_EQ(mails()[1]->to, "alan@example.edu");
  for (const auto* part : {"lab", "Budgeted amount:  $0.10\n", "greater than $0.05 (50.00% of the limit)", "ACTUAL amount:    $0.05", "https://stipend.test"})
    EXPECT_NE(mails()[0]->text.find(part), std::string::npos) << part << " is missing in\n" << mails()[0]->text;
  EXPECT_NE(mails()[0]->text.find(table_.account("ada").str()), std::string::npos);
  ASSERT_EQ(table_.run("tick 600\nreport web running 2460"), "");
  EXPECT_FALSE(evaluate());
  EXPECT_EQ(mails().size(), 2U);
}

TEST_F(Budgets, TheLimitMayBeRaisedAndIsToldAnew) {
  ASSERT_EQ(create(with(kHalf, {mail("ada@example.edu")})), "ok");
  running("web");
  ASSERT_EQ(table_.run("tick 2000\nreport web running 2000"), "");
  EXPECT_TRUE(evaluate());
  ASSERT_EQ(as("ada", [&](Tx& tx) { return update_budget(tx, wanted("lab", 100)); }), "ok");
  EXPECT_FALSE(evaluate());
  EXPECT_EQ(budget().notifications.size(), 1U) << "an update keeps them";
  ASSERT_EQ(table_.run("renew ada\ntick 3000\nrenew ada\nreport web running 5000\ntick 3000\nrenew ada\nreport web running 8000\ntick 3000\nrenew ada\n"
                       "report web running 11000\ntick 3000\nrenew ada\nreport web running 14000\ntick 3000\nrenew ada\nreport web running 17000\n"
                       "tick 3000\nreport web running 20000"), "");
  EXPECT_TRUE(evaluate());
  EXPECT_EQ(mails().size(), 2U);
}

// The sums were read, then something was posted, then the command came.
TEST_F(Budgets, SumsThatAreNotOfThisMomentChangeNothing) {
  ASSERT_EQ(create(with(kHalf, {mail("ada@example.edu")})), "ok");
  running("web");
  ASSERT_EQ(table_.run("tick 1800\nreport web running 1800"), "");
  const auto key = budgets_to_evaluate(table_.state(), table_.now(), {}, 10).keys.at(0);
  ASSERT_EQ(table_.run("stop web\nreport web ended 1800 person\nlaunch ada more m4.large\nreport more running 0\ntick 600\nreport more running 600"), "");
  EXPECT_FALSE(is_due(table_.state(), table_.now(), key, {base::Money::dollars(1), {}}));
  EXPECT_EQ(table_.command({"budgets", "clock", {}, {}}, [&](Tx& tx) { return evaluate_budget(tx, key, {base::Money::dollars(1), {}}, ""); }), "ok");
  EXPECT_TRUE(mails().empty());
  EXPECT_TRUE(evaluate()) << "the next look has what was posted";
}

class BudgetActions : public Budgets {
 protected:
  std::string add(bool automatic, std::int64_t percent = 90) {
    if (!find_budget(table_.state(), table_.account("ada"), "lab")) EXPECT_EQ(create(wanted()), "ok");
    NewBudgetAction action;
    action.trigger = {false, true, domain::BudgetComparison::kGreaterThan, percent * kBillion};
    action.stop = {table_.instance("web").id};
    action.automatic = automatic;
    action.subscribers = {mail("ada@example.edu")};
    std::string id;
    EXPECT_EQ(as("ada", [&](Tx& tx) -> base::Status {
                TRY_ASSIGN(id, create_budget_action(tx, "lab", action, kRule));
                return {};
              }), "ok");
    return id;
  }
  std::string execute(const std::string& id, ActionExecution what) {
    return as("ada", [&](Tx& tx) { return execute_budget_action(tx, "lab", id, what); });
  }
  BudgetActionStatus status() const { return budget().actions.at(0).status; }
  void spend() { ASSERT_EQ(table_.run("tick 3300\nreport web running 3300"), ""); }  // $0.0917
};

TEST_F(BudgetActions, StopTheMachineInTheNameOfTheBudget) {
  running("web");
  add(true);
  EXPECT_FALSE(evaluate());
  spend();
  EXPECT_TRUE(evaluate());
  EXPECT_EQ(status(), kExecutionInProgress);
  EXPECT_EQ(table_.instance("web").state, domain::InstanceState::kStopping);
  ASSERT_EQ(table_.run("report web ended 3300 person"), "");
  EXPECT_EQ(table_.instance("web").state, domain::InstanceState::kStopped);
  EXPECT_NE(table_.instance("web").state_reason_message.find("your budget 'lab'"), std::string::npos) << table_.instance("web").state_reason_message;
  EXPECT_NE(table_.instance("web").transition_reason.find("Budget action ("), std::string::npos);
  EXPECT_TRUE(evaluate());
  EXPECT_EQ(status(), kExecutionSuccess);
  EXPECT_FALSE(evaluate());
  EXPECT_EQ(mails().size(), 1U);
  std::string events;
  for (const auto& event : budget().actions[0].history) events += event.event + " ";
  EXPECT_EQ(events, "CREATE_ACTION SYSTEM SYSTEM ");
}

TEST_F(BudgetActions, WaitForApprovalWhenAPersonShallDecide) {
  running("web");
  const auto id = add(false);
  EXPECT_EQ(execute(id, ActionExecution::kApprove), "InvalidParameterException");
  spend();
  EXPECT_TRUE(evaluate());
  EXPECT_EQ(status(), kPending);
  EXPECT_EQ(table_.instance("web").state, domain::InstanceState::kRunning);
  ASSERT_EQ(mails().size(), 1U);
  EXPECT_NE(mails()[0]->text.find("APPROVE_BUDGET_ACTION"), std::string::npos);
  EXPECT_EQ(execute(id, ActionExecution::kApprove), "ok");
  EXPECT_EQ(table_.instance("web").state, domain::InstanceState::kStopping);
  EXPECT_EQ(execute(id, ActionExecution::kApprove), "ResourceLockedException");
  EXPECT_EQ(as("ada", [&](Tx& tx) -> base::Status {
              TRY(delete_budget_action(tx, "lab", id));
              return {};
            }), "ResourceLockedException");
}

TEST_F(BudgetActions, AreReversedByStartingTheMachinesIfTheCreditAllows) {
  running("web");
  const auto id = add(true);
  spend();
  evaluate();
  ASSERT_EQ(table_.run("report web ended 3300 person"), "");
  evaluate();
  ASSERT_EQ(status(), kExecutionSuccess);
  EXPECT_EQ(execute(id, ActionExecution::kReverse), "ok");
  EXPECT_EQ(status(), kReverseInProgress);
  EXPECT_EQ(table_.instance("web").state, domain::InstanceState::kPending);
  ASSERT_EQ(table_.run("report web running 0"), "");
  EXPECT_TRUE(evaluate());
  EXPECT_EQ(status(), kReverseSuccess);
  EXPECT_FALSE(evaluate()) << "not stopped again in this period";
  EXPECT_EQ(execute(id, ActionExecution::kReset), "ok");
  EXPECT_EQ(status(), kStandby);
  EXPECT_TRUE(evaluate()) << "after a reset the threshold counts again";
  EXPECT_EQ(table_.instance("web").state, domain::InstanceState::kStopping);
}

TEST_F(BudgetActions, ThatCannotBeReversedSayWhy) {
  ASSERT_EQ(table_.run("account alan 0.02"), "");
  running("web");
  const auto id = add(true);
  spend();
  evaluate();
  ASSERT_EQ(table_.run("report web ended 3300 person"), "");
  evaluate();
  ASSERT_EQ(table_.command({"uid:0", "admin", "test", {}, domain::Role::kAdministrator}, [&](Tx& tx) -> base::Status {
              const auto left = figures(tx.state(), table_.account("ada"), tx.now()).available;
              TRY(grant(tx, table_.account("ada"), -left, "test"));
              return {};
            }), "ok");
  EXPECT_EQ(execute(id, ActionExecution::kReverse), "ok");
  EXPECT_EQ(status(), kReverseFailure);
  EXPECT_NE(budget().actions[0].history.back().message.find("needs at least"), std::string::npos) << budget().actions[0].history.back().message;
  EXPECT_EQ(table_.instance("web").state, domain::InstanceState::kStopped);
}

TEST_F(BudgetActions, FailWhenTheMachineDoesNotStopInTimeAndAreRetried) {
  running("web");
  const auto id = add(true);
  spend();
  evaluate();
  ASSERT_EQ(table_.run("tick 901"), "");
  EXPECT_TRUE(evaluate());
  EXPECT_EQ(status(), kExecutionFailure);
  EXPECT_EQ(execute(id, ActionExecution::kRetry), "ok");
  EXPECT_EQ(status(), kExecutionInProgress);
}

TEST_F(BudgetActions, StopOnlyTheAccountsOwnMachines) {
  running("web");
  NewBudgetAction action;
  action.trigger = kHalf;
  action.stop = {table_.instance("web").id};
  action.subscribers = {mail("grace@example.edu")};
  ASSERT_EQ(create(wanted(), "grace"), "ok");
  EXPECT_EQ(as("grace", [&](Tx& tx) -> base::Status {
              TRY(create_budget_action(tx, "lab", action, kRule));
              return {};
            }), "InvalidParameterException") << "a teacher's budget, a student's machine";
}

TEST_F(BudgetActions, AreBackInStandbyWhenTheNextPeriodBegins) {
  running("web");
  add(true);
  spend();
  evaluate();
  ASSERT_EQ(table_.run("report web ended 3300 person"), "");
  evaluate();
  ASSERT_EQ(status(), kExecutionSuccess);
  ASSERT_EQ(table_.run("tick 1436710"), "");  // ten seconds of February; nothing is posted yet
  EXPECT_TRUE(evaluate());
  EXPECT_EQ(status(), kStandby);
  EXPECT_FALSE(evaluate());
}

TEST_F(Budgets, MailsAreSentInTheirOrderForEachRecipientAndGivenUpAfterMany) {
  const auto put = [&](const std::string& to) {
    return as("ada", [&](Tx& tx) -> base::Status {
      EXPECT_TRUE(put_mail(tx, {table_.account("ada"), to, "s", "t", "budget"}));
      return {};
    });
  };
  put("ada@example.edu");
  put("ADA@example.edu");
  put("alan@example.edu");
  auto due = mails_due(table_.state(), table_.now(), 10);
  ASSERT_EQ(due.size(), 2U) << "the second to Ada waits for the first";
  const auto first = due[0]->id;
  EXPECT_LT(first, due[1]->id);
  const auto note = [&](const MailOutcome& outcome) { return as("ada", [&](Tx& tx) { return note_mail(tx, first, outcome); }); };
  note({false, false, "connection refused"});
  EXPECT_EQ(mails_due(table_.state(), table_.now(), 10).size(), 1U) << "it is tried again later, and holds the second up";
  for (std::int64_t i = 1; i < kMailTriesMost; ++i) note({false, false, "connection refused"});
  EXPECT_EQ(table_.state().mails.at(first)->state, MailState::kFailed);
  EXPECT_EQ(table_.state().mails.at(first)->error, "connection refused");
  EXPECT_EQ(mails_due(table_.state(), table_.now(), 10).size(), 2U);
}

TEST_F(Budgets, AnAccountSendsOnlySoManyMailsAnHour) {
  std::size_t written = 0;
  const auto put = [&] {
    as("ada", [&](Tx& tx) -> base::Status {
      written += put_mail(tx, {table_.account("ada"), "ada@example.edu", "s", "t", "budget"}) ? 1 : 0;
      return {};
    });
  };
  for (std::size_t i = 0; i < kMailsAnHour + 5; ++i) put();
  EXPECT_EQ(written, kMailsAnHour);
  ASSERT_EQ(table_.run("tick 3601"), "");
  put();
  EXPECT_EQ(written, kMailsAnHour + 1);
}

TEST_F(Budgets, AndMailsOfAnErasedPersonAreGone) {
  ASSERT_EQ(create(with(kHalf, {mail("ada@example.edu")})), "ok");
  as("ada", [&](Tx& tx) -> base::Status {
    put_mail(tx, {table_.account("ada"), "ada@example.edu", "s", "t", "budget"});
    return {};
  });
  ASSERT_EQ(table_.command({"uid:0", "admin", "test", {}, domain::Role::kAdministrator}, [&](Tx& tx) { return erase_person(tx, table_.account("ada")); }), "ok");
  EXPECT_TRUE(table_.state().budgets.empty());
  EXPECT_TRUE(table_.state().mails.empty());
}

}  // namespace
}  // namespace stipend::control
