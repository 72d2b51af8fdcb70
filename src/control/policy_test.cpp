// What a course allows and when it costs nothing, in the commands. Prices of catalogue 2026: m4.large $0.10 an hour,
// t2.medium $0.0464. The tables begin at 08:00 UTC on a Friday.
#include "control/commands/policy.hpp"

#include <gtest/gtest.h>

#include "control/commands/accounts.hpp"
#include "control/testing/table.hpp"

namespace stipend::control {
namespace {

using domain::LeaseLimit;
using domain::Policy;

class PolicyOfACourse : public testing::Test {
 protected:
  void begin(const std::string& accounts) { ASSERT_EQ(table_.run("course per-second grace 0\n" + accounts), ""); }
  std::string set(const std::function<void(Policy&)>& change, const std::string& who = {}) {
    const Actor actor = who.empty() ? Actor{"uid:0", "admin", "test", {}, domain::Role::kAdministrator} : table_.actor(who);
    return table_.command(actor, [&](Tx& tx) {
      return change_policy(tx, "course", [&](Policy& policy) -> base::Status {
        change(policy);
        return {};
      });
    });
  }
  domain::Window window(std::int64_t from_s, std::int64_t to_s) { return {table_.now().plus_seconds(from_s), table_.now().plus_seconds(to_s)}; }
  std::string run(const std::string& rows) { return table_.run(rows); }
  const domain::Run& run_of(const std::string& name) { return *table_.instance(name).run; }

  Table table_;
};

TEST_F(PolicyOfACourse, AllowsSomeTypes) {
  begin("account ada 5.00\naccount grace 5.00 teacher");
  ASSERT_EQ(set([](Policy& p) { p.types = {"t2.micro", "t2.medium"}; }), "ok");
  EXPECT_EQ(run(R"(
    launch ada big m4.large -> UnauthorizedOperation
    launch ada one t2.medium
    launch grace own m4.large       # staff is bound by its credit alone
  )"), "");
  EXPECT_EQ(set([](Policy& p) { p.types = {"t9.none"}; }), "InvalidPolicy");
}

TEST_F(PolicyOfACourse, LimitsMachinesAndVcpusAtOnce) {
  begin("account ada 5.00");
  ASSERT_EQ(set([](Policy& p) { p.machines_max = 2, p.vcpus_max = 3; }), "ok");
  EXPECT_EQ(run(R"(
    launch ada one t2.micro
    launch ada two t2.medium
    launch ada three t2.micro -> InstanceLimitExceeded
    report one running 0
    stop one
    report one ended 5 person
    launch ada four m4.large -> VcpuLimitExceeded
    start one
  )"), "");
}

TEST_F(PolicyOfACourse, LimitsTheDisksOfAMember) {
  begin("account ada 5.00");
  ASSERT_EQ(set([](Policy& p) { p.disk_gib_max = 16; }), "ok");
  EXPECT_EQ(run("launch ada one t2.micro\nlaunch ada two t2.micro\nlaunch ada three t2.micro -> VolumeLimitExceeded"), "");
}

// An hour is sold whole, and not lent beyond the hours.
TEST_F(PolicyOfACourse, AStartJustBeforeTheHoursEndIsLentNoMoreThanTheirRest) {
  ASSERT_EQ(run("course per-hour grace 0\naccount ada 5.00"), "");
  ASSERT_EQ(set([&](Policy& p) { p.open = {window(0, 500)}; }), "ok");
  EXPECT_EQ(run(R"(
    tick 20
    launch ada web m4.large
    lease web 480
    report web running 0
    renew ada
    lease web 480
    tick 480
    report web ended 480 credit ours
    state web stopped schedule
    money ada charged=0.100146118 held=0    # the hour, and 480 s of the disk
  )"), "");
}

// A lease that reached over short free hours would be shortened to no less than the time to save, past their end, where an hour
// begins that nobody asked for.
TEST_F(PolicyOfACourse, ShortFreeHoursThatStopMachinesBoundTheLeasesOfBefore) {
  ASSERT_EQ(run("course per-hour grace 0\naccount ada 5.00"), "");
  ASSERT_EQ(set([&](Policy& p) { p.free = {window(3500, 3700)}, p.free_end = domain::FreeEnd::kStop; }), "ok");
  EXPECT_EQ(run(R"(
    launch ada web m4.large
    report web running 0
    tick 300
    report web running 300
    renew ada
    lease web 3690
    tick 3200
    report web running 3500
    renew ada
    lease web 3690
    tick 190
    report web ended 3690 credit ours
    state web stopped schedule
  )"), "");
  std::int64_t charged = 0;
  for (const auto& entry : table_.entries())
    if (entry.kind == domain::EntryKind::kCharge) charged += entry.amount.nano;
  EXPECT_EQ(charged, 100'000'000);
}

TEST_F(PolicyOfACourse, FreeHoursCountForARunThatNobodySawBeforeItsEnd) {
  begin("account ada 5.00");
  ASSERT_EQ(set([&](Policy& p) { p.free = {window(300, 500), window(600, 800)}; }), "ok");
  EXPECT_EQ(run(R"(
    launch ada web m4.large
    tick 4000                        # the server was away; the end is told late
    report web ended 1000 guest
    money ada charged=0.017884322    # 600 s of the machine, 4000 s of the disk
  )"), "");
}

TEST_F(PolicyOfACourse, ARunThatEndsBeforeItsFirstRenewalIsToldWhatItEndedAt) {
  begin("account ada 5.00");
  ASSERT_EQ(set([&](Policy& p) { p.open = {window(0, 40)}; }), "ok");
  EXPECT_EQ(run(R"(
    launch ada web m4.large
    lease web 40
    tick 6
    report web stopping 5 credit
    state web stopping schedule
    tick 34
    report web ended 40 credit ours
    state web stopped schedule
  )"), "");
}

TEST_F(PolicyOfACourse, LetsMachinesRunInItsHoursOnlyAndEndsTheirLeasesThere) {
  begin("account ada 5.00");
  ASSERT_EQ(set([&](Policy& p) { p.open = {window(600, 1800)}; }), "ok");
  EXPECT_EQ(run(R"(
    launch ada web m4.large -> OperationNotPermitted
    tick 600
    launch ada web m4.large
    report web running 0
    renew ada
    lease web 1200
    tick 600
    report web running 600
    renew ada
    lease web 1200
    tick 600
    report web ended 1200 credit ours    # the enforcer only knows that the lease ended
    state web stopped schedule
    start web -> OperationNotPermitted
  )"), "");
  EXPECT_NE(table_.instance("web").state_reason_message.find("hours in which machines of the course may run"), std::string::npos);
}

TEST_F(PolicyOfACourse, ARuleThatComesWhileAMachineRunsLeavesTimeToSave) {
  begin("account ada 5.00");
  ASSERT_EQ(run("launch ada web m4.large\nreport web running 0\nrenew ada\nlease web 3600\ntick 300\nreport web running 300"), "");
  ASSERT_EQ(set([&](Policy& p) { p.ends = table_.now().plus_seconds(10); }), "ok");
  EXPECT_EQ(run("renew ada\nlease web 960\ntick 300\nreport web running 600\nrenew ada\nlease web 960"), "");
  EXPECT_EQ(run_of("web").limit, LeaseLimit::kCourseEnd);
  EXPECT_EQ(set([](Policy& p) { p.ends = base::WallTime::never(); }), "ok");
  EXPECT_EQ(run("renew ada\nlease web 4200"), "");
  EXPECT_EQ(run_of("web").limit, LeaseLimit::kCredit);
}

TEST_F(PolicyOfACourse, LimitsWhatRunsCostInADay) {
  begin("account ada 5.00");
  ASSERT_EQ(set([](Policy& p) { p.day_max = base::Money{50'000'000}; }), "ok");  // $0.05: half an hour of m4.large
  EXPECT_EQ(run(R"(
    launch ada web m4.large
    report web running 0
    renew ada
    lease web 1800
    launch ada other m4.large -> SpendingLimitExceeded
    tick 1800
    report web ended 1800 credit ours
    state web stopped policy
    start web -> SpendingLimitExceeded
    tick 56400                         # to ten past midnight
    start web
    lease web 1800
  )"), "");
}

TEST_F(PolicyOfACourse, OfADayBeginsAnewWhileAMachineRuns) {
  begin("account ada 5.00");
  ASSERT_EQ(run("tick 56700"), "");  // 23:45
  ASSERT_EQ(set([](Policy& p) { p.day_max = base::Money{50'000'000}; }), "ok");
  EXPECT_EQ(run(R"(
    launch ada web m4.large
    report web running 0
    renew ada
    lease web 1800
    tick 960                           # 00:01
    report web running 960
    renew ada
    lease web 2700                     # 900 s of the day before, and half an hour
  )"), "");
}

TEST_F(PolicyOfACourse, FreeHoursCostNothingAndAreEnteredAtTheirEdge) {
  begin("account ada 5.00");
  ASSERT_EQ(set([&](Policy& p) { p.free = {window(600, 1200)}; }), "ok");
  EXPECT_EQ(run(R"(
    launch ada web m4.large
    report web running 0
    tick 900
    report web running 900
    renew ada
    tick 900
    report web running 1800
    renew ada
    stop web
    report web ended 1800 person
    money ada charged=0.033881278 held=0     # 1200 s of the machine; 1800 s of its disk
  )"), "");
}

TEST_F(PolicyOfACourse, InFreeHoursAMemberWithoutCreditStartsAndStopsAtTheirEnd) {
  begin("account ada 0.02");
  ASSERT_EQ(run(R"(
    launch ada web m4.large
    report web running 0
    renew ada
    lease web 712
    tick 712
    report web ended 712 credit ours
    start web -> InsufficientCredit
  )"), "");
  ASSERT_EQ(set([&](Policy& p) { p.free = {window(0, 1800)}; }), "ok");
  EXPECT_EQ(run(R"(
    start web
    lease web 1800
    report web running 0
    renew ada
    lasts ada 1800
    tick 1800
    report web running 1800
    renew ada
    lease web 1800
    report web ended 1800 credit ours
    state web stopped schedule
    money ada held=0
  )"), "");
  EXPECT_NE(table_.instance("web").state_reason_message.find("free hours"), std::string::npos);
  base::Money machine;
  for (const auto& entry : table_.entries())
    if (entry.kind == domain::EntryKind::kCharge) machine += entry.amount;
  EXPECT_EQ(machine.nano, 19'777'777);  // the 712 s before, and nothing more
}

TEST_F(PolicyOfACourse, FreeHoursCanStopMachinesThatHaveCredit) {
  begin("account ada 5.00");
  ASSERT_EQ(set([&](Policy& p) { p.free = {window(0, 1800)}, p.free_end = domain::FreeEnd::kStop; }), "ok");
  EXPECT_EQ(run(R"(
    launch ada web m4.large
    report web running 0
    renew ada
    lease web 1790
    tick 1790
    report web ended 1790 credit ours
    state web stopped schedule
    start web -> OperationNotPermitted
    tick 10
    start web                          # on its own credit
    lease web 3600
  )"), "");
}

// The credit carried one of the two for another hour; the day did not.
TEST_F(PolicyOfACourse, MachinesThatTheDaysLimitStopsAreNotToldThatTheirCreditIsUsedUp) {
  ASSERT_EQ(run("course per-hour grace 0\naccount ada 0.36"), "");
  ASSERT_EQ(set([&](Policy& p) { p.day_max = {250'000'000}; }), "ok");
  EXPECT_EQ(run(R"(
    launch ada a m4.large
    launch ada b m4.large
    report a running 0
    report b running 0
    renew ada
    tick 3000
    report a running 3000
    report b running 3000
    renew ada
    tick 595
    report a stopping 3595 credit
    state a stopping policy
  )"), "");
}

// The run's seconds and the clock differ by some; they once ended together, and an hour began for the last second.
TEST_F(PolicyOfACourse, NoHourBeginsForAMachineThatFreeHoursStop) {
  ASSERT_EQ(run("course per-hour grace 0\naccount ada 5.00"), "");
  ASSERT_EQ(set([&](Policy& p) { p.free = {window(0, 4000)}, p.free_end = domain::FreeEnd::kStop; }), "ok");
  EXPECT_EQ(run(R"(
    launch ada web m4.large
    tick 4
    report web running 0
    tick 3600
    report web running 3600
    renew ada
    tick 382
    report web stopping 3982 credit
    tick 4
    report web running 3986
    renew ada
    tick 4
    report web ended 3990 credit ours
    tick 10
    renew ada
    money ada charged=0.001218874 held=0   # 4004 s of the disk, and no hour
  )"), "");
}

TEST_F(PolicyOfACourse, FreeHoursThatAreMadeLateChangeNothingBefore) {
  begin("account ada 5.00");
  ASSERT_EQ(run("launch ada web m4.large\nreport web running 0\ntick 900\nreport web running 900"), "");
  ASSERT_EQ(set([&](Policy& p) { p.free = {window(-900, 900)}; }), "ok");
  EXPECT_EQ(run(R"(
    renew ada
    tick 900
    report web running 1800
    renew ada
    stop web
    report web ended 1800 person
    money ada charged=0.025547945 held=0     # 900 s of the machine
  )"), "");
}

TEST_F(PolicyOfACourse, IsChangedByItsStaffAlone) {
  begin("account ada 5.00\naccount grace 5.00 teacher");
  EXPECT_EQ(set([](Policy& p) { p.machines_max = 1; }, "grace"), "ok");
  EXPECT_NE(set([](Policy& p) { p.machines_max = 9; }, "ada"), "ok");
  EXPECT_EQ(table_.state().courses.begin()->second->policy.machines_max, 1);
}

TEST_F(PolicyOfACourse, WithWrongFiguresIsRefusedWhole) {
  begin("account ada 5.00");
  EXPECT_EQ(set([](Policy& p) { p.machines_max = -1; }), "InvalidPolicy");
  EXPECT_EQ(set([](Policy& p) { p.day_max = base::Money{-1}; }), "InvalidPolicy");
  EXPECT_EQ(set([&](Policy& p) { p.open = {window(100, 100)}; }), "InvalidPolicy");
  EXPECT_EQ(set([&](Policy& p) { p.free = {window(100, 100 + 40 * 86400)}; }), "InvalidPolicy");
  EXPECT_EQ(set([&](Policy& p) { p.open.assign(kWindowsMost + 1, window(100, 200)); }), "InvalidPolicy");
  EXPECT_TRUE(table_.state().courses.begin()->second->policy.open.empty());
}

}  // namespace
}  // namespace stipend::control
