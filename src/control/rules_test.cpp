// The rules of money as text tables. Prices of catalogue 2026: m4.large $0.10 an hour, t2.medium $0.0464; a disk of
// 8 GiB costs $0.001095891 an hour.
#include <gtest/gtest.h>

#include "control/testing/table.hpp"

namespace stipend::control {
namespace {

TEST(PerSecond, AStopAfterTenMinutesCostsTenMinutes) {
  Table table;
  EXPECT_EQ(table.run(R"(
    course per-second grace 0
    account ada 1.00
    launch ada web m4.large
    state web pending
    lease web 3600
    tick 2
    report web running 0
    state web running
    tick 600
    report web running 600
    stop web
    state web stopping person
    tick 5
    report web stopping 605 person
    report web ended 607 person ours
    state web stopped person
    # 600 s of m4.large; 607 s of a disk
    money ada charged=0.016851445 held=0 reserved=0
  )"), "");
}

TEST(PerSecond, AShortRunCostsItsFirstMinute) {
  Table table;
  EXPECT_EQ(table.run(R"(
    course per-second grace 0
    account ada 1.00
    launch ada web m4.large
    report web running 0
    tick 10
    report web ended 10 guest
    state web stopped guest
    money ada charged=0.00166971       # 60 s of m4.large, 10 s of its disk
    start web                          # each start has a minute of its own
    report web running 0
    tick 10
    report web ended 10 guest
    money ada charged=0.00333942
  )"), "");
}

TEST(PerSecond, ManyRenewalsCostWhatOneRunCosts) {
  Table table;
  ASSERT_EQ(table.run(R"(
    course per-second grace 0
    account ada 10.00
    launch ada web m4.large
    report web running 0
  )"), "");
  for (int i = 1; i <= 40; ++i)
    ASSERT_EQ(table.run("tick 301\n report web running " + std::to_string(301 * i) + "\n renew ada\n lease web " +
                        std::to_string(301 * i + 3600)), "");
  // 12040 s of machine and disk, each rounded once.
  EXPECT_EQ(table.run("entries 1\n report web ended 12040 guest\n money ada charged=0.33810959 held=0\n entries 3"), "");
}

TEST(PerSecond, ADayIsPostedAtUtcMidnight) {
  Table table;
  ASSERT_EQ(table.run(R"(
    course per-second grace 0
    account ada 10.00
    launch ada web m4.large            # at 08:00:00
    report web running 0
  )"), "");
  for (int t = 900; t <= 57600 + 900; t += 900)
    ASSERT_EQ(table.run("tick 900\n report web running " + std::to_string(t) + "\n renew ada"), "");
  EXPECT_EQ(table.run(R"(
    entries 3                          # given; the disk's day, the machine's
    renew ada
    entries 3
    report web ended 58500 guest
    money ada charged=1.642808228
    entries 5
  )"), "");
  const auto& day = table.entries().at(2);
  EXPECT_EQ(day.to.count, 57600);
  EXPECT_EQ(base::to_iso8601(day.at), "2027-01-16T00:00:00.000Z");
}

TEST(Credit, TheLastLeaseBuysExactlyWhatIsLeft) {
  Table table;
  EXPECT_EQ(table.run(R"(
    course per-second grace 0
    account ada 0.02
    launch ada web m4.large
    report web running 0
    renew ada
    lasts ada 712                      # 0.02 / (0.10 + 0.001095891) h
    lease web 712
    tick 300
    report web running 300
    renew ada
    lasts ada 412
    lease web 712
    tick 412
    report web stopping 700 credit
    report web ended 712 credit ours
    state web stopped credit
    money ada charged=0.019994519 held=0 available=0.000005481   # less than a second of the machine
    start web -> InsufficientCredit
    launch ada other m4.large -> InsufficientCredit
    grant ada 1.00
    start web
    state web pending
  )"), "");
}

TEST(Credit, AllMachinesEndTogether) {
  Table table;
  EXPECT_EQ(table.run(R"(
    course per-second grace 0
    account ada 0.15
    launch ada a m4.large              # takes an hour
    report a running 0
    renew ada
    lease a 3600
    tick 60
    launch ada b m4.large              # what is left is half an hour
    report b running 0 1
    report a running 60
    lease b 1721
    renew ada                          # the first is cut to the fair share...
    lease a 2700
    lease b 1721
    lasts ada 2640
    report a running 60                # ...and when that is confirmed
    renew ada                          # the second gets its money
    lease a 2701                       # and the odd second is sold too
    lease b 2640
    lasts ada 2640
    tick 2400
    report a running 2460
    report b running 2400
    renew ada
    lasts ada 240
    lease a 2701
    lease b 2640
    tick 240
    report a ended 2701 credit ours
    report b ended 2640 credit ours
    state a stopped credit
    money ada held=0 available=0.000013319
  )"), "");
}

TEST(Credit, OneMachinesStopGivesTheOthersItsMoney) {
  Table table;
  EXPECT_EQ(table.run(R"(
    course per-second grace 0
    account ada 0.05
    launch ada a m4.large
    launch ada b m4.large -> InsufficientCredit   # the first holds all there is
    stop a -> IncorrectInstanceState              # still pending
    report a running 0
    tick 5
    stop a
    report a ended 9 person ours
    launch ada b m4.large
    report b running 0
    renew ada
    lease b 1702
  )"), "");
}

TEST(Credit, TakingBackStopsAtWhatIsHeldOrSpent) {
  Table table;
  EXPECT_EQ(table.run(R"(
    course per-second grace 0
    account ada 1.00
    launch ada web m4.large
    report web running 0
    renew ada
    grant ada -0.95 -> InsufficientCredit
    grant ada -0.89
    money ada granted=0.11 available=0.008904109
    grant ada -0.01 -> InsufficientCredit
  )"), "");
}

TEST(PerHour, EachStartedHourOfEachStartIsChargedInFull) {
  Table table;
  EXPECT_EQ(table.run(R"(
    course per-hour grace 0
    account ada 1.00
    launch ada web m4.large
    report web running 0
    renew ada
    money ada charged=0.10
    tick 600
    report web ended 600 guest
    money ada charged=0.100182648       # an hour, and ten minutes of the disk
    start web
    report web running 0
    renew ada
    money ada charged=0.200182648
    tick 3000
    report web running 3000
    renew ada
    lease web 6600
    money ada charged=0.201095891
    tick 601
    report web running 3601
    renew ada
    money ada charged=0.301278843
    stop web
    report web ended 3605 person ours
    money ada charged=0.301278843 held=0
  )"), "");
}

TEST(PerHour, NoHourIsBegunThatCannotBePaid) {
  Table table;
  EXPECT_EQ(table.run(R"(
    course per-hour grace 0
    account ada 0.15
    launch ada web m4.large
    report web running 0
    renew ada
    lease web 3600
    tick 3000
    report web running 3000
    renew ada
    lease web 3600                      # the second hour is out of reach
    lasts ada 600
    tick 600
    report web ended 3600 credit ours
    money ada charged=0.101095891
    start web -> InsufficientCredit
  )"), "");
}

TEST(Fault, OnlyTheTimeKnownAliveIsCharged) {
  Table table;
  EXPECT_EQ(table.run(R"(
    course per-second grace 0
    account ada 1.00
    launch ada web m4.large
    report web running 0
    tick 10
    report web vanished 10
    state web stopped fault
    money ada charged=0.000280821       # 10 s, no minimum
    entries 4                           # given, charge, correction, disk
  )"), "");
  EXPECT_EQ(table.entries().at(2).kind, domain::EntryKind::kCorrection);
  EXPECT_EQ(table.entries().at(2).debit, "house:faults");
}

TEST(Fault, APaidHourIsGivenBack) {
  Table table;
  EXPECT_EQ(table.run(R"(
    course per-hour grace 0
    account ada 1.00
    launch ada web m4.large
    report web running 0
    renew ada
    tick 36
    report web vanished 36
    money ada charged=0.001010958       # 36 s of each
  )"), "");
}

TEST(Fault, ARunTheHostForgotEndsAtItsLastReport) {
  Table table;
  EXPECT_EQ(table.run(R"(
    course per-second grace 0
    account ada 1.00
    launch ada web m4.large
    report web absent                   # its start was lost: asked for again
    state web pending
    report web running 0
    tick 120
    report web running 120
    tick 500
    report web absent
    state web stopped fault
    money ada charged=0.003522069 held=0
  )"), "");
}

// Reports keep no order: an answer from before the start arrived must not end the run that began since.
TEST(Fault, ALateAnswerThatARunIsNotThereDoesNotEndIt) {
  Table table;
  EXPECT_EQ(table.run(R"(
    course per-second grace 0
    account ada 1.00
    launch ada web m4.large
    tick 2
    report web running 1
    tick 3
    report web absent
    state web running
    tick 30
    report web absent
    state web stopped fault
  )"), "");
}

TEST(Start, AFailedFirstLaunchCostsNothingAndIsGone) {
  Table table;
  EXPECT_EQ(table.run(R"(
    course per-second grace 86400
    account ada 1.00
    launch ada web m4.large
    report web ended 0 start-failed
    state web terminated start-failed
    money ada charged=0 held=0 reserved=0 available=1
  )"), "");
  EXPECT_EQ(table.instance("web").state_reason_code, "Server.InternalError");
}

TEST(Start, AFailedLaterStartKeepsTheDiskAndBacksOff) {
  Table table;
  EXPECT_EQ(table.run(R"(
    course per-second grace 0
    account ada 1.00
    launch ada web m4.large
    report web running 0
    report web ended 60 guest
    start web
    report web ended 0 start-failed
    state web stopped start-failed
    start web
    report web ended 0 start-failed
    start web
    report web ended 0 start-failed
    start web -> Server.InternalError
    tick 15
    start web
    report web running 0
    state web running
    report web ended 60 guest
    start web
  )"), "");
}

TEST(Guest, ItsShutdownObeysTheBehaviourButALeasesEndNever) {
  Table table;
  EXPECT_EQ(table.run(R"(
    course per-second grace 0
    account ada 1.00
    launch ada a m4.large terminate
    report a running 0
    report a stopping 100 guest
    report a ended 101 guest
    state a terminated guest
    launch ada b m4.large terminate
    report b running 0
    report b ended 100 credit ours
    state b stopped credit              # the student's work stays
    start b
    report b running 0
    report b ended 70 guest ours        # the supervisor signalled first
    state b stopped guest
  )"), "");
}

TEST(Terminate, OutranksAStopAndRunsOnce) {
  Table table;
  EXPECT_EQ(table.run(R"(
    course per-second grace 86400
    account ada 1.00
    launch ada web m4.large
    report web running 0
    tick 60
    stop web
    terminate web
    state web shutting-down person
    terminate web                       # again: no change
    money ada reserved=0                # the disk's cost ended with the command
    report web running 60               # late
    state web shutting-down
    report web ended 64 person ours
    state web terminated
    money ada charged=0.00168493 held=0 reserved=0
    entries 3
    start web -> IncorrectInstanceState
    tick 4000
    forget
  )"), "");
}

TEST(Terminate, APendingMachineCostsNothing) {
  Table table;
  EXPECT_EQ(table.run(R"(
    course per-second grace 0
    account ada 1.00
    launch ada web m4.large
    terminate web
    state web shutting-down
    report web running 1
    report web ended 2 person ours
    state web terminated
    money ada charged=0 held=0
  )"), "");
}

TEST(Terminate, IsRefusedForAProtectedMachine) {
  Table table;
  EXPECT_EQ(table.run(R"(
    course per-second grace 0
    account ada 1.00
    launch ada web m4.large protect
    report web running 0
    terminate web -> OperationNotPermitted
    report web ended 60 guest
    terminate web -> OperationNotPermitted
  )"), "");
}

TEST(Stop, TheHookAndTheHaltAreTheHouses) {
  Table table;
  EXPECT_EQ(table.run(R"(
    course per-second grace 0
    account ada 1.00
    launch ada web m4.large
    report web running 0
    tick 100
    report web running 100
    tick 20
    stop web
    tick 30
    report web ended 150 person ours
    money ada charged=0.003378995       # 120 s of the machine, 150 s of the disk
  )"), "");
}

TEST(Stop, ATeacherStopsMachinesOfTheCourseAndAStudentNoOthers) {
  Table table;
  EXPECT_EQ(table.run(R"(
    course per-second grace 0
    account ada 1.00
    account alan 1.00
    account grace 0 teacher
    launch ada web m4.large
    report web running 0
    stop web by alan -> InvalidInstanceID.NotFound
    stop web by grace
    state web stopping teacher
  )"), "");
}

TEST(Reports, RepeatedAndLateOnesChangeNothing) {
  Table table;
  EXPECT_EQ(table.run(R"(
    course per-second grace 0
    account ada 1.00
    launch ada web m4.large
    report web ended 90 guest           # its start was never seen
    state web stopped guest
    money ada charged=0.0025
    report web ended 90 guest
    report web running 50
    report web vanished 3600
    state web stopped guest
    money ada charged=0.0025
    entries 2
  )"), "");
}

TEST(Reports, AMachineThatNobodyKnowsIsStopped) {
  Table table;
  ASSERT_EQ(table.run(R"(
    course per-second grace 0
    account ada 1.00
    launch ada web m4.large
    report web running 0
    report web ended 60 guest
    report web running 61
  )"), "");
  const auto* stop = std::get_if<StopEffect>(&table.effects().back());
  ASSERT_NE(stop, nullptr);
  EXPECT_EQ(stop->key.generation, 1);
}

TEST(Reserve, KeepsTheDiskForTheGracePeriodAndThenTheHousePays) {
  Table table;
  EXPECT_EQ(table.run(R"(
    course per-second grace 86400
    account ada 0.04
    launch ada web m4.large
    money ada reserved=0.026301384
    report web running 0
    renew ada
    lease web 487
    tick 487
    report web ended 487 credit ours
    money ada reserved=0.026301384      # whole when the lease ends
    tick 43200
    money ada reserved=0.013173282 available=0
    tick 43200
    money ada reserved=0.00002259 available=0
    tick 43200
    money ada reserved=0 available=0 balance=0
    grant ada 0.10
    money ada reserved=0.026301384 available=0.073698616   # the top-up first restores the reserve
    start web
  )"), "");
  bool unfunded = false;
  for (const auto& entry : table.entries()) unfunded = unfunded || entry.debit == "house:unfunded_storage";
  EXPECT_TRUE(unfunded);
}

TEST(Grants, SoonestToExpireIsSpentFirstAndWhatIsHeldDoesNotExpire) {
  Table table;
  EXPECT_EQ(table.run(R"(
    course per-second grace 0
    account ada 1.00
    grant-for ada 0.05 expires=1000
    launch ada web m4.large
    report web running 0
    renew ada
    tick 1500
    forget                              # expires what nobody drew on: nothing
    money ada granted=1.05
    report web ended 900 guest
    forget
    money ada granted=1.025456621 charged=0.025456621
  )"), "");
}

TEST(Grants, ARestrictedOneServesItsTypeOnly) {
  Table table;
  EXPECT_EQ(table.run(R"(
    course per-second grace 3600
    account ada 0.01
    grant-for ada 1.00 only=m4.large
    launch ada a t2.medium
    terminate a
    report a ended 0 person
    launch ada b m4.large
    lease b 3600
    report b running 0
    tick 3600
    report b ended 3600 guest
    money ada charged=0.101095891
  )"), "");
}

TEST(Room, IsDecidedWithTheMoneyAndCostsNothing) {
  Table table;
  EXPECT_EQ(table.run(R"(
    room 2 16000
    course per-second grace 86400
    account ada 10.00
    launch ada a m4.large
    launch ada b m4.large -> InsufficientInstanceCapacity   # 8 GiB each
    launch ada b m4.xlarge -> InsufficientInstanceCapacity  # 4 vCPUs on a host of 2
    launch ada b t2.medium
    terminate a
    launch ada c m4.large -> InsufficientInstanceCapacity   # until it is settled
    report a ended 0 person
    launch ada c m4.large
  )"), "");
}

// A reserve that a deletion frees must not lie idle while a lease ends: the next renewal may come too late.
TEST(Lease, WhatADeletionFreesIsLentToTheMachinesThatRunInTheSameStep) {
  Table table;
  ASSERT_EQ(table.run(R"(
    course per-second grace 864000
    account ada 0.58
    launch ada old m4.large
    report old running 0
    tick 60
    stop old
    report old ended 60 person ours
    launch ada web m4.large
    report web running 0
    renew ada
  )"), "");
  const auto before = table.instance("web").run->lease_run_max.count;
  ASSERT_LT(before, 3600);
  // Ten days of a disk of 8 GiB buy hours of the machine.
  EXPECT_EQ(table.run("tick 30\n report web running 30"), "");
  // While the state's disk is full nothing may run longer, and what deletes commits all the same.
  base::SeededRandom random(1);
  Head full(table.state(), random);
  const auto old = table.instance("old").id;
  Engine::Plan plan = [&](Tx& tx) -> base::Status {
    TRY(terminate(tx, {old}, false));
    return {};
  };
  EXPECT_TRUE(full.run(table.actor("ada"), plan, table.now(), "the disk is full"));
  EXPECT_EQ(full.state().find<domain::Instance>(table.instance("web").id)->run->lease_run_max.count, before);
  EXPECT_EQ(table.run("terminate old\n lease web 3630"), "");
}

}  // namespace
}  // namespace stipend::control
