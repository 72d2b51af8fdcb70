// The queue as commands: places instead of refusals, turns in the step that frees room, money decided then.
#include "control/commands/queue.hpp"

#include <gtest/gtest.h>

#include "control/commands/accounts.hpp"
#include "control/commands/course_room.hpp"
#include "control/commands/links.hpp"
#include "control/commands/reports.hpp"
#include "control/queue_board.hpp"
#include "control/testing/table.hpp"

namespace stipend::control {
namespace {

const Actor kOperator{"uid:0", "admin", "test", {}, domain::Role::kAdministrator};
const Actor kClock{"guard", "clock", "test", {}, domain::Role::kAdministrator};

class Queue : public ::testing::Test {
 protected:
  // 15,000 MiB for machines: one m4.large, or three t2.medium.
  void SetUp() override {
    go(R"(
      room 2 16000
      course per-second grace 0
      account ada 10.00
      account ben 10.00
      account chi 10.00
    )");
  }
  void go(const std::string& rows) { EXPECT_EQ(table_.run(rows), ""); }
  std::string wait_launch(const std::string& who, const std::string& type, const std::string& token, Begun* begun = nullptr) {
    return table_.command(table_.actor(who), [&](Tx& tx) -> base::Status {
      TRY_ASSIGN(const auto made, launch_or_wait(tx, page_launch({*base::ImageId::parse("ami-00000000000000001"), type, token, "", token})));
      if (begun) *begun = made;
      return {};
    });
  }
  std::string wait_start(const std::string& who, const std::string& machine) {
    return table_.command(table_.actor(who), [&](Tx& tx) -> base::Status {
      TRY(start_or_wait(tx, table_.instance(machine).id));
      return {};
    });
  }
  std::string serve() {
    return table_.command(kClock, [](Tx& tx) -> base::Status {
      serve_queue(tx);
      return {};
    });
  }
  std::vector<PlaceView> board() {
    QueueBoard board;
    return board.all(table_.state(), table_.now());
  }
  // Names of the machines that have a run, in the order of their names.
  std::set<std::string> running() {
    std::set<std::string> names;
    for (const auto& id : table_.state().with_run) {
      const auto& tags = table_.state().find<domain::Instance>(id)->tags;
      const auto name = tags.find("Name");
      names.insert(name == tags.end() ? "-" : name->second);
    }
    return names;
  }
  Table table_;
};

TEST_F(Queue, APlaceInsteadOfARefusalCostsNothingAndStartsInTheStepThatFreesRoom) {
  go("launch ada web m4.large");
  EXPECT_EQ(wait_launch("ben", "m4.large", "mine"), "ok");
  ASSERT_EQ(board().size(), 1U);
  EXPECT_EQ(board()[0].line, "You are next in line.");
  go(R"(
    money ben charged=0 held=0 reserved=0
    tick 100
    report web running 0
    tick 60
    report web running 60
    stop web
    money ben charged=0 held=0
    report web ended 60 person
  )");
  EXPECT_EQ(board().size(), 0U);
  EXPECT_EQ(running(), std::set<std::string>{"mine"});
}

// A course link of the image "minimal", as staff makes it.
class QueueOfALink : public Queue {
 protected:
  void SetUp() override {
    Queue::SetUp();
    go("account grace 0 teacher");
    table_.command(kOperator, [&](Tx& tx) {
      domain::Image image = *tx.state().images.begin()->second;
      image.jupyter = true;
      return register_image(tx, image);
    });
    ASSERT_EQ(table_.command(table_.actor("grace"), [&](Tx& tx) -> base::Status {
                for (auto* code : {&code_, &other_}) {
                  TRY_ASSIGN(const auto link, make_course_link(tx, {"", "Lab", "minimal", "m4.large", "https://example.org/labs", "", ""}));
                  *code = link->code;
                }
                return {};
              }), "ok");
  }
  Begun open(const std::string& code, const std::string& who = "ben") {
    Begun begun;
    EXPECT_EQ(table_.command(table_.actor(who), [&](Tx& tx) -> base::Status {
                TRY_ASSIGN(begun, open_link(tx, code));
                return {};
              }), "ok");
    return begun;
  }
  const domain::QueuePlace* place() { return place_for(table_.state(), table_.account("ben"), *table_.state().find<domain::CourseLink>(code_)); }
  std::string code_, other_;
};

TEST_F(QueueOfALink, IsThePlaceOfWhoOpensItAgainAndThenItsMachine) {
  go("launch ada web m4.large\nreport web running 0");
  const auto first = open(code_);
  ASSERT_FALSE(first.instance);
  EXPECT_EQ(open(code_).place, first.place);
  EXPECT_EQ(open(other_).place, first.place) << "another link of the image would open the same machine";
  EXPECT_EQ(board().size(), 1U);
  ASSERT_NE(place(), nullptr);
  go("money ben charged=0 held=0 reserved=0\nstop web\nreport web ended 5 person");
  EXPECT_EQ(board().size(), 0U);
  EXPECT_EQ(place(), nullptr);
  const auto machine = open(code_);
  ASSERT_TRUE(machine.instance);
  EXPECT_EQ(table_.state().find<domain::Instance>(*machine.instance)->account, table_.account("ben"));
  EXPECT_EQ(table_.state().with_run.size(), 1U);
}

TEST_F(QueueOfALink, WaitsForTheStoppedMachineItStartsElse) {
  go("launch ben lab m4.large\nreport lab running 0\nstop lab\nreport lab ended 5 person\nlaunch ada web m4.large\nreport web running 0");
  const auto waits = open(code_);
  EXPECT_FALSE(waits.instance);
  ASSERT_NE(place(), nullptr);
  EXPECT_EQ(place()->instance, table_.instance("lab").id);
  go("stop web\nreport web ended 5 person");
  EXPECT_EQ(open(code_).instance, table_.instance("lab").id);
  EXPECT_EQ(table_.state().instances_of.at(table_.account("ben")).size(), 1U);
}

TEST_F(QueueOfALink, IsFreeToLeaveAndToTakeAgain) {
  go("launch ada web m4.large\nreport web running 0");
  const auto first = open(code_);
  EXPECT_EQ(table_.command(table_.actor("ben"), [&](Tx& tx) { return leave_queue(tx, first.place); }), "ok");
  EXPECT_EQ(place(), nullptr);
  EXPECT_NE(open(code_).place, first.place);
  EXPECT_EQ(board().size(), 1U);
}

TEST_F(Queue, ARepeatedPressIsTheSamePlaceAndThenTheSameMachine) {
  Begun first, second, third;
  go("launch ada web m4.large");
  EXPECT_EQ(wait_launch("ben", "m4.large", "mine", &first), "ok");
  EXPECT_EQ(wait_launch("ben", "m4.large", "mine", &second), "ok");
  EXPECT_EQ(first.place, second.place);
  EXPECT_EQ(board().size(), 1U);
  EXPECT_EQ(wait_launch("ben", "t2.medium", "mine"), "IdempotentParameterMismatch");
  go("terminate web\n report web ended 0 person");
  EXPECT_EQ(wait_launch("ben", "m4.large", "mine", &third), "ok");
  EXPECT_TRUE(third.place.empty());
  EXPECT_EQ(table_.state().with_run.size(), 1U);
  EXPECT_EQ(*third.instance, *table_.state().with_run.begin());
}

TEST_F(Queue, AMachineHasOnePlaceAndLosesItWhenItStartsOrEndsOtherwise) {
  go(R"(
    launch ada mine m4.large
    report mine running 0
    stop mine
    report mine ended 5 person
    launch ben web m4.large
  )");
  EXPECT_EQ(wait_start("ada", "mine"), "ok");
  EXPECT_EQ(wait_start("ada", "mine"), "ok");
  ASSERT_EQ(board().size(), 1U);
  EXPECT_EQ(board()[0].instance, table_.instance("mine").id);
  go("terminate mine");
  EXPECT_EQ(board().size(), 0U);
}

TEST_F(Queue, WhatCanNeverFitOrIsNotAffordableGetsNoPlace) {
  go("launch ada web m4.large\n account poor 0.000001");
  EXPECT_EQ(wait_launch("ben", "m4.xlarge", "a"), "InsufficientInstanceCapacity");  // 4 vCPUs on a host of 2
  EXPECT_EQ(wait_launch("ben", "r9.huge", "b"), "InvalidParameterValue");
  EXPECT_EQ(wait_launch("poor", "m4.large", "c"), "InsufficientCredit");
  EXPECT_EQ(board().size(), 0U);
}

TEST_F(Queue, AnAccountHasFewPlaces) {
  go("launch ada web m4.large");
  for (std::size_t i = 0; i < kPlacesOfAccount; ++i) EXPECT_EQ(wait_launch("ben", "m4.large", "n" + std::to_string(i)), "ok");
  EXPECT_EQ(wait_launch("ben", "m4.large", "more"), "TooManyPlaces");
  EXPECT_EQ(wait_launch("chi", "m4.large", "mine"), "ok");
}

TEST_F(Queue, WhoRunsNothingIsServedFirst) {
  go("launch ada web m4.large\n launch ben small t2.nano");
  EXPECT_EQ(wait_launch("ben", "m4.large", "bens"), "ok");
  go("tick 10");
  EXPECT_EQ(wait_launch("chi", "m4.large", "chis"), "ok");
  go("terminate web\n report web ended 0 person");
  EXPECT_EQ(running(), (std::set<std::string>{"-", "chis"}));
}

TEST_F(Queue, OnlyItsPersonStaffAndTheOperatorCancelAPlace) {
  Begun begun;
  go("account teacher 1.00 teacher\n launch ada web m4.large");
  EXPECT_EQ(wait_launch("ben", "m4.large", "mine", &begun), "ok");
  const auto leave = [&](const Actor& who) { return table_.command(who, [&](Tx& tx) { return leave_queue(tx, begun.place); }); };
  EXPECT_EQ(leave(table_.actor("ada")), "NotInLine");
  EXPECT_EQ(leave(table_.actor("teacher")), "ok");
  EXPECT_EQ(leave(kOperator), "NotInLine");
}

TEST_F(Queue, MoneyIsDecidedAtTheTurnAndARefusedPlaceIsServedOnceThereIsSome) {
  go("launch ada web m4.large\n account dan 0.01");
  EXPECT_EQ(wait_launch("dan", "m4.large", "dans"), "ok");
  go("grant dan -0.0099\n tick 5");
  EXPECT_EQ(wait_launch("chi", "m4.large", "chis"), "ok");
  go("terminate web\n report web ended 0 person");
  EXPECT_EQ(running(), std::set<std::string>{"chis"});
  ASSERT_EQ(board().size(), 1U);
  EXPECT_EQ(board()[0].refused, "InsufficientCredit");
  go("grant dan 1.00");
  EXPECT_EQ(serve(), "ok");
  EXPECT_EQ(board()[0].refused, "");
  EXPECT_EQ(board()[0].line, "You are next in line.");
}

TEST_F(Queue, SuspendedAccountsAndOldPlacesLeaveTheQueue) {
  go("launch ada web m4.large");
  EXPECT_EQ(wait_launch("ben", "m4.large", "bens"), "ok");
  EXPECT_EQ(table_.command(kOperator, [&](Tx& tx) -> base::Status {
    auto row = *tx.state().find<domain::Account>(table_.account("ben"));
    row.status = domain::AccountStatus::kSuspended;
    tx.save(std::move(row));
    return {};
  }), "ok");
  EXPECT_EQ(wait_launch("chi", "m4.large", "chis"), "ok");
  EXPECT_EQ(serve(), "ok");
  EXPECT_EQ(board().size(), 1U);
  table_.tick_ms(kPlaceLapsesS * 1000);
  EXPECT_EQ(serve(), "ok");
  EXPECT_EQ(board().size(), 0U);
}

TEST_F(Queue, ALargeMachineIsPassedOverSomeTimesAndThenRoomIsHeldForIt) {
  go("launch ada web t2.medium");  // leaves 10,904 MiB
  EXPECT_EQ(wait_launch("ben", "m4.large", "big"), "ok");  // it fits: 8192
  EXPECT_EQ(board().size(), 0U);
  EXPECT_EQ(wait_launch("chi", "m4.large", "large"), "ok");
  for (int i = 0; i < domain::kPassedMost; ++i) go("launch ada s" + std::to_string(i) + " t2.nano\n terminate s" + std::to_string(i) + "\n report s" +
                                                  std::to_string(i) + " ended 0 person");
  go("launch ada more t2.nano -> InsufficientInstanceCapacity");
  go("terminate web\n report web ended 0 person\n launch ada more t2.nano -> InsufficientInstanceCapacity");
  EXPECT_EQ(running(), std::set<std::string>{"big"});
  const auto end = [&](Tx& tx) -> base::Status {
    compute::Report report;
    report.key = {*tx.state().with_run.begin(), 1};
    report.phase = compute::Phase::kEnded;
    report.cause = compute::Cause::kPerson;
    TRY(terminate(tx, {report.key.instance}, false));
    TRY(handle_report(tx, report));
    return {};
  };
  EXPECT_EQ(table_.command(kOperator, end), "ok");
  EXPECT_EQ(running(), std::set<std::string>{"large"});
}

TEST_F(Queue, APolicyThatGivesMoreRoomServesTheQueueInItsStep) {
  go("launch ada web m4.large");
  EXPECT_EQ(wait_launch("ben", "m4.large", "mine"), "ok");
  go("room 4 32000");
  EXPECT_EQ(board().size(), 0U);
  EXPECT_EQ(running(), (std::set<std::string>{"-", "mine"}));
}

TEST_F(Queue, NothingStartsWhileTheStoreIsFull) {
  go("launch ada web m4.large");
  EXPECT_EQ(wait_launch("ben", "m4.large", "mine"), "ok");
  base::SeededRandom random(1);
  Head head(table_.state(), random);
  Engine::Plan plan = [](Tx& tx) -> base::Status {
    EXPECT_FALSE(tx.may_begin());
    serve_queue(tx);
    return {};
  };
  EXPECT_TRUE(head.run(kClock, plan, table_.now(), "the disk is full"));
  EXPECT_EQ(head.state().queue.size(), 1U);
}

TEST_F(Queue, SharesAndClassHoursKeepRoomForTheirCourse) {
  const auto as_operator = [&](auto act) { return table_.command(kOperator, [&](Tx& tx) -> base::Status { return act(tx); }); };
  EXPECT_EQ(as_operator([](Tx& tx) -> base::Status {
    TRY(create_course(tx, {.name = "other"}));
    return {};
  }), "ok");
  EXPECT_EQ(as_operator([](Tx& tx) { return set_share(tx, "other", 101); }), "InvalidShare");
  EXPECT_EQ(as_operator([](Tx& tx) { return set_share(tx, "other", 60); }), "ok");
  EXPECT_EQ(as_operator([](Tx& tx) { return set_share(tx, "course", 50); }), "TooMuchKept");
  go("launch ada web m4.large -> InsufficientInstanceCapacity");
  EXPECT_EQ(wait_launch("ben", "m4.large", "mine"), "InsufficientInstanceCapacity");  // 40 percent will never do
  EXPECT_EQ(as_operator([](Tx& tx) { return set_share(tx, "other", 0); }), "ok");

  const domain::ClassHours hours{table_.now().plus_seconds(2 * 3600), table_.now().plus_seconds(3 * 3600), "t2.medium", 3};
  const auto add = [&](domain::ClassHours h) { return as_operator([&](Tx& tx) { return add_class_hours(tx, "other", h); }); };
  EXPECT_EQ(add({hours.to, hours.from, "t2.medium", 3}), "InvalidClassHours");
  EXPECT_EQ(add({hours.from, hours.to, "p2.xlarge", 3}), "InvalidClassHours");
  EXPECT_EQ(add({hours.from, hours.to, "t2.medium", 4}), "TooMuchKept");
  EXPECT_EQ(add(hours), "ok");
  EXPECT_EQ(add(hours), "ClassHoursExist");
  go("launch ada web m4.large\n report web running 0\n tick 3600");  // an hour before: kept from now on, but not evicted
  EXPECT_EQ(broken_reservations(table_.state(), table_.now()).size(), 1U);
  go("stop web\n report web ended 60 person");
  EXPECT_EQ(broken_reservations(table_.state(), table_.now()).size(), 0U);
  EXPECT_EQ(wait_start("ada", "web"), "ok");
  ASSERT_EQ(board().size(), 1U);
  EXPECT_EQ(domain::to_words(board()[0].estimate), "at 11:00 UTC at the latest");
  go("tick 7200");
  EXPECT_EQ(serve(), "ok");
  EXPECT_EQ(board().size(), 0U);
}

}  // namespace
}  // namespace stipend::control
