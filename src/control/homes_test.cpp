// Homes that outlive their machines, new roots under them, and deleted disks that come back.
#include <gtest/gtest.h>

#include "control/commands/course_folder.hpp"
#include "control/commands/notices.hpp"
#include "control/commands/homes.hpp"
#include "control/commands/accounts.hpp"
#include "control/commands/renewals.hpp"
#include "control/commands/renew_root.hpp"
#include "control/commands/reports.hpp"
#include "control/commands/runs.hpp"
#include "control/commands/trash.hpp"
#include "control/testing/table.hpp"

namespace stipend::control {
namespace {

constexpr std::int64_t kDay = 86'400;

class Homes : public testing::Test {
 protected:
  Homes() {
    EXPECT_EQ(table_.run("course per-second grace 86400\naccount ada 5.00\naccount grace 1.00 teacher"), "");
    EXPECT_EQ(operate([](Tx& tx) -> base::Status {
                TRY(set_trash(tx, {}));
                TRY(change_course(tx, "course", {.homes = domain::HomePolicy::kKeep, .home_gib = 10}));
                return {};
              }),
              "ok");
  }
  std::string operate(Engine::Plan plan) { return table_.command({"uid:0", "admin", "test", {}, domain::Role::kAdministrator}, std::move(plan)); }
  std::string as(const std::string& who, Engine::Plan plan) { return table_.command(table_.actor(who), std::move(plan)); }
  const domain::Disk* home() { return home_of(table_.state(), table_.account("ada")); }
  const domain::Disk& disk(const base::DiskId& id) { return *table_.state().find<domain::Disk>(id); }
  std::string restore(const base::DiskId& id, const std::string& type = "") {
    return as("ada", [&](Tx& tx) -> base::Status {
      TRY_ASSIGN(back_, restore_disk(tx, {id, type}));
      return {};
    });
  }
  std::string remove(const base::DiskId& id) { return as("ada", [&](Tx& tx) { return delete_disk(tx, id, false); }); }
  std::string renew(const std::string& name, const base::ImageId& image = {}) {
    return as("ada", [&](Tx& tx) { return renew_root(tx, table_.instance(name).id, image); });
  }
  base::ImageId newer_image() {
    const auto id = *base::ImageId::parse("ami-00000000000000002");
    EXPECT_EQ(operate([&](Tx& tx) {
                domain::Image image;
                image.id = id;
                image.name = "minimal";
                image.min_disk_gib = 9;
                return register_image(tx, image);
              }),
              "ok");
    return id;
  }
  compute::StartSpec newest_start() {
    for (auto at = table_.effects().rbegin(); at != table_.effects().rend(); ++at)
      if (const auto* start = std::get_if<StartEffect>(&*at)) return start->spec;
    return {};
  }

  Table table_;
  Restored back_;
};

TEST_F(Homes, TheFirstLaunchMakesAHomeAndTheNextOneGetsTheSame) {
  ASSERT_EQ(table_.run("launch ada one t2.micro\nreport one running 1"), "");
  const auto id = table_.instance("one").home_disk;
  ASSERT_FALSE(id.empty());
  EXPECT_EQ(newest_start().home_disk, id);
  EXPECT_EQ(newest_start().home_gib, 10);
  EXPECT_EQ(disk(id).attached, table_.instance("one").id);
  EXPECT_FALSE(disk(id).delete_on_termination);
  EXPECT_GT(disk(id).reserved, base::Money{});
  ASSERT_EQ(table_.run("terminate one\nreport one ended 5 person\nlaunch ada two m4.large"), "");
  EXPECT_EQ(table_.instance("two").home_disk, id);
  EXPECT_EQ(disk(id).attached, table_.instance("two").id);
}

TEST_F(Homes, ASecondMachineAtTheSameTimeHasItsHomeOnItsOwnDiskForGood) {
  ASSERT_EQ(table_.run("launch ada one t2.micro\nreport one running 1\nlaunch ada two t2.micro\nreport two running 1"), "");
  EXPECT_TRUE(table_.instance("two").home_disk.empty());
  EXPECT_TRUE(newest_start().home_disk.empty());
  // Its own files stay where they are seen: no home is laid over them later.
  ASSERT_EQ(table_.run("stop one\nreport one ended 5 person\nstop two\nreport two ended 5 person\nstart two"), "");
  EXPECT_TRUE(table_.instance("two").home_disk.empty());
}

TEST_F(Homes, OfSeveralMachinesOfOneLaunchTheFirstHasTheHome) {
  LaunchRequest request;
  request.image = *base::ImageId::parse("ami-00000000000000001");
  request.type = "t2.micro";
  request.min_count = request.max_count = 3;
  std::vector<bool> homes;
  ASSERT_EQ(as("ada", [&](Tx& tx) -> base::Status {
    TRY_ASSIGN(const auto made, launch(tx, request));
    for (const auto& instance : made.instances) homes.push_back(!instance->home_disk.empty());
    return {};
  }), "ok");
  EXPECT_EQ(homes, (std::vector<bool>{true, false, false}));
}

TEST_F(Homes, AHomeFollowsTheMachineThatStartsAndARunningOneKeepsIt) {
  ASSERT_EQ(table_.run("launch ada one t2.micro\nreport one running 1\nstop one\nreport one ended 5 person"), "");
  ASSERT_EQ(table_.run("launch ada two t2.micro\nreport two running 1"), "");
  EXPECT_EQ(home()->attached, table_.instance("two").id);
  ASSERT_EQ(table_.run("start one -> VolumeInUse\nstop two\nstart one -> VolumeInUse\nreport two ended 9 person\nstart one"), "");
  EXPECT_EQ(home()->attached, table_.instance("one").id);
}

TEST_F(Homes, ALaunchWaitsForAHomeThatIsJustBeingLetGo) {
  ASSERT_EQ(table_.run("launch ada one t2.micro\nreport one running 1\nterminate one\nlaunch ada two t2.micro -> VolumeInUse\n"
                       "report one ended 5 person\nlaunch ada two t2.micro"), "");
  EXPECT_FALSE(table_.instance("two").home_disk.empty());
}

TEST_F(Homes, TwoMachinesOfOneHomeDoNotStartTogether) {
  ASSERT_EQ(table_.run("launch ada one t2.micro\nreport one running 1\nstop one\nreport one ended 5 person\n"
                       "launch ada two t2.micro\nreport two running 1\nstop two\nreport two ended 5 person"), "");
  EXPECT_EQ(as("ada", [&](Tx& tx) -> base::Status {
    TRY(start(tx, {table_.instance("one").id, table_.instance("two").id}, false));
    return {};
  }), "VolumeInUse");
}

TEST_F(Homes, ALaunchWithoutCreditForTheHomeMakesNothing) {
  ASSERT_EQ(table_.run("account poor 0.0350\nlaunch poor one t2.micro -> InsufficientCredit"), "");
  EXPECT_EQ(home_of(table_.state(), table_.account("poor")), nullptr);
  EXPECT_FALSE(table_.state().disks_of.contains(table_.account("poor")));
}

TEST_F(Homes, ACourseWithoutKeptHomesIsAsAws) {
  ASSERT_EQ(operate([](Tx& tx) -> base::Status {
    TRY(change_course(tx, "course", {.homes = domain::HomePolicy::kMachine, .home_gib = {}}));
    return {};
  }), "ok");
  ASSERT_EQ(table_.run("launch ada one t2.micro"), "");
  EXPECT_TRUE(table_.instance("one").home_disk.empty());
  EXPECT_EQ(table_.state().disks_of.at(table_.account("ada")).size(), 1u);
}

TEST_F(Homes, AHomeThatWasDeletedIsMadeAnewAtTheNextStart) {
  ASSERT_EQ(table_.run("launch ada one t2.micro\nreport one running 1\nstop one\nreport one ended 5 person\n"
                       "launch ada two t2.micro\nreport two running 1\nterminate two\nreport two ended 5 person"), "");
  const auto old = home()->id;
  ASSERT_EQ(remove(old), "ok");
  ASSERT_EQ(table_.run("start one"), "");
  EXPECT_NE(home()->id, old);
  EXPECT_EQ(restore(old), "VolumeInUse");  // an account has one home
}

TEST_F(Homes, ANewRootKeepsTheHomeAndTheOldRootComesBack) {
  ASSERT_EQ(table_.run("launch ada one t2.micro\nreport one running 1"), "");
  const auto image = newer_image();
  EXPECT_EQ(renew("one"), "IncorrectInstanceState");
  ASSERT_EQ(table_.run("stop one\nreport one ended 5 person"), "");
  const auto before = table_.instance("one");
  ASSERT_EQ(renew("one"), "ok");
  const auto& after = table_.instance("one");
  EXPECT_EQ(after.image, image);
  EXPECT_EQ(disk(after.root_disk).gib, 9);
  EXPECT_EQ(after.home_disk, before.home_disk);
  EXPECT_TRUE(disk(before.root_disk).deleted);
  EXPECT_EQ(disk(before.root_disk).reserved, base::Money{});
  ASSERT_EQ(table_.run("start one\nreport one running 1\nstop one\nreport one ended 5 person"), "");
  ASSERT_EQ(restore(before.root_disk), "ok");
  const auto* back = table_.state().find<domain::Instance>(back_.instance);
  EXPECT_EQ(back->image, before.image);
  EXPECT_EQ(back->type, "t2.micro");
  EXPECT_FALSE(back->home_disk.empty());
}

TEST_F(Homes, AMachineWhoseFilesAreOnItsRootGetsNoNewOne) {
  ASSERT_EQ(table_.run("launch ada one t2.micro\nlaunch ada two t2.micro\nreport two running 1\nstop two\nreport two ended 3 person"), "");
  EXPECT_EQ(renew("two"), "NoSeparateHome");
}

TEST_F(Homes, ATerminatedMachineComesBackForSevenDaysAndCostsOnlyFromThen) {
  ASSERT_EQ(table_.run("launch ada one t2.micro\nreport one running 1"), "");
  const auto root = table_.instance("one").root_disk;
  ASSERT_EQ(table_.run("terminate one\nreport one ended 5 person"), "");
  const auto posted = disk(root).posted;
  EXPECT_TRUE(wishes(table_.state(), table_.now()).empty());
  table_.tick_ms((7 * kDay - 1) * 1000);
  ASSERT_EQ(table_.run("forget"), "");  // the machine's row is gone by now
  EXPECT_EQ(restore(root), "MissingParameter");
  EXPECT_EQ(restore(root, "t9.none"), "InvalidParameterValue");
  ASSERT_EQ(restore(root, "t2.small"), "ok");
  EXPECT_EQ(disk(root).posted, posted);
  EXPECT_GT(disk(root).reserved, base::Money{});
  EXPECT_EQ(restore(root, "t2.small"), "InvalidVolume.NotFound");  // once
  EXPECT_EQ(as("ada", [&](Tx& tx) -> base::Status {
    TRY(start(tx, {back_.instance}, false));
    return {};
  }), "ok");
  EXPECT_EQ(newest_start().root_disk, root);
}

TEST_F(Homes, AfterItsTimeADiskIsOnlyPurged) {
  ASSERT_EQ(table_.run("launch ada one t2.micro\nreport one running 1"), "");
  const auto root = table_.instance("one").root_disk;
  ASSERT_EQ(table_.run("terminate one\nreport one ended 5 person"), "");
  table_.tick_ms(7 * kDay * 1000);
  EXPECT_EQ(restore(root, "t2.micro"), "InvalidVolume.NotFound");
  const auto due = wishes(table_.state(), table_.now());
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(std::get<DeleteDiskEffect>(due.front()).disk, root);
}

TEST_F(Homes, OnlyItsOwnerAndStaffBringADiskBack) {
  ASSERT_EQ(table_.run("account ben 1.00\nlaunch ada one t2.micro\nreport one running 1\nterminate one"), "");
  const auto root = table_.instance("one").root_disk;
  EXPECT_EQ(restore(root), "VolumeInUse");  // its machine has not ended
  ASSERT_EQ(table_.run("report one ended 5 person"), "");
  EXPECT_EQ(as("ben", [&](Tx& tx) -> base::Status {
    TRY(restore_disk(tx, {root, "t2.micro"}));
    return {};
  }), "InvalidVolume.NotFound");
  EXPECT_EQ(as("grace", [&](Tx& tx) -> base::Status {
    TRY(restore_disk(tx, {root, "t2.micro"}));
    return {};
  }), "ok");
}

TEST_F(Homes, BringingBackNeedsItsReserve) {
  ASSERT_EQ(table_.run("launch ada one t2.micro\nreport one running 1"), "");
  const auto root = table_.instance("one").root_disk;
  ASSERT_EQ(table_.run("terminate one\nreport one ended 5 person\ngrant ada -4.95"), "");
  EXPECT_EQ(restore(root), "InsufficientCredit");
  EXPECT_TRUE(disk(root).deleted);
}

TEST_F(Homes, WhenTheHostsDiskRunsLowTheOldestGoesFirstAndOneAtATime) {
  ASSERT_EQ(table_.run("launch ada one t2.micro\nreport one running 1\nterminate one\nreport one ended 5 person\ntick 60\n"
                       "launch ada two t2.micro\nreport two running 1\nterminate two\nreport two ended 5 person"), "");
  const auto first = table_.instance("one").root_disk, second = table_.instance("two").root_disk;
  const auto purge = [&] { return operate([](Tx& tx) -> base::Status { TRY(purge_oldest(tx)); return {}; }); };
  EXPECT_EQ(purge(), "ok");
  EXPECT_EQ(purge(), "ok");
  EXPECT_TRUE(is_purged(disk(first), table_.now()));
  EXPECT_FALSE(is_purged(disk(second), table_.now()));
  EXPECT_EQ(restore(first), "InvalidVolume.NotFound");
}

TEST_F(Homes, TheCoursesFolderIsPaidByTheCourseAndSeenByItsMachines) {
  const auto folder = [&](std::int64_t gib, const char* credit) {
    return operate([=](Tx& tx) -> base::Status {
      TRY(set_course_folder(tx, "course", {gib, *base::parse_decimal(credit)}));
      return {};
    });
  };
  EXPECT_EQ(folder(20, "0"), "InsufficientCredit");
  EXPECT_TRUE(table_.state().courses.begin()->second->wallet.empty());
  ASSERT_EQ(folder(20, "3"), "ok");
  EXPECT_EQ(folder(20, "0"), "ok");
  EXPECT_EQ(folder(30, "0"), "VolumeSizeMismatch");
  const auto course = table_.state().courses.begin()->second;
  EXPECT_EQ(disk(course->folder).account, course->wallet);
  ASSERT_EQ(table_.run("launch ada one t2.micro"), "");
  EXPECT_EQ(newest_start().course_disk, course->folder);
  EXPECT_FALSE(newest_start().course_writable);
  ASSERT_EQ(table_.run("launch grace desk t2.micro"), "");
  EXPECT_TRUE(newest_start().course_writable);
  ASSERT_EQ(operate([](Tx& tx) -> base::Status { TRY(remove_course_folder(tx, "course")); return {}; }), "ok");
  ASSERT_EQ(table_.run("launch ada two t2.micro"), "");
  EXPECT_TRUE(newest_start().course_disk.empty());
  ASSERT_EQ(operate([&](Tx& tx) -> base::Status { TRY(restore_disk(tx, {course->folder, {}})); return {}; }), "ok");
  EXPECT_EQ(table_.state().courses.begin()->second->folder, course->folder);
}

TEST_F(Homes, ACourseFolderFillsFromNinetyPercentUntilItIsBelowEightyFive) {
  ASSERT_EQ(operate([](Tx& tx) -> base::Status {
    TRY(set_course_folder(tx, "course", {20, *base::parse_decimal("3")}));
    return {};
  }), "ok");
  const auto course = table_.state().courses.begin()->second;
  const auto percent = [&](std::int64_t p, base::DiskId disk) {
    const auto audits = table_.state().last_audit;
    EXPECT_EQ(table_.command({.who = "host", .via = "host", .request_id = {}, .account = {}}, [&](Tx& tx) { return handle_folder_use(tx, {disk, p, p * 200, 20'000}); }), "ok");
    const auto fills = folder_fills(table_.state(), *course);
    return std::pair(fills ? fills->percent : 0, table_.state().last_audit - audits);
  };
  EXPECT_EQ(percent(89, course->folder), std::pair(std::int64_t{0}, std::int64_t{0}));
  EXPECT_EQ(percent(90, course->folder), std::pair(std::int64_t{90}, std::int64_t{1}));
  const auto since = folder_fills(table_.state(), *course)->at;
  table_.tick_ms(60'000);
  EXPECT_EQ(percent(97, course->folder), std::pair(std::int64_t{97}, std::int64_t{0})) << "once in the audit";
  EXPECT_EQ(folder_fills(table_.state(), *course)->at, since);
  EXPECT_EQ(percent(85, course->folder).first, 85);
  EXPECT_EQ(percent(84, course->folder).first, 0);
  ASSERT_EQ(table_.run("launch ada one t2.micro"), "");
  const auto root = table_.instance("one").root_disk;
  EXPECT_EQ(percent(99, root).first, 0);
  EXPECT_FALSE(table_.state().find<domain::Setting>("folder-fills/" + root.str())) << "no course's folder";
  EXPECT_EQ(percent(95, course->folder).first, 95);
  ASSERT_EQ(operate([](Tx& tx) -> base::Status { TRY(remove_course_folder(tx, "course")); return {}; }), "ok");
  EXPECT_FALSE(folder_fills(table_.state(), *table_.state().courses.begin()->second));
  percent(96, course->folder);
  EXPECT_EQ(table_.state().find<domain::Setting>("folder-fills/" + course->folder.str())->value, "") << "nothing of it stays";
}

TEST_F(Homes, WhenTheCoursesCreditIsGoneTheHousePaysItsFolderVisibly) {
  ASSERT_EQ(operate([](Tx& tx) -> base::Status {
    TRY(set_course_folder(tx, "course", {20, *base::parse_decimal("0.10")}));
    return {};
  }), "ok");
  const auto course = table_.state().courses.begin()->second;
  for (int day = 0; day < 4; ++day) {
    table_.tick_ms(kDay * 1000);
    ASSERT_EQ(operate([&](Tx& tx) { return renew_account(tx, course->wallet); }), "ok");
  }
  EXPECT_GT(disk(course->folder).house, base::Money{});
  EXPECT_FALSE(disk(course->folder).deleted);
}

}  // namespace
}  // namespace stipend::control
