// Snapshots and the images of accounts: what they cost, what they keep, what is launched from them.
#include <gtest/gtest.h>

#include "control/commands/accounts.hpp"
#include "control/commands/images.hpp"
#include "control/commands/renewals.hpp"
#include "control/commands/reports.hpp"
#include "control/commands/snapshots.hpp"
#include "control/commands/trash.hpp"
#include "control/testing/table.hpp"
#include "domain/storage.hpp"
#include "domain/wallet.hpp"

namespace stipend::control {
namespace {

using base::Money;
using domain::Disk;
using domain::SnapshotState;

constexpr std::int64_t kDay = 86'400;

class Snapshots : public testing::Test {
 protected:
  Snapshots() {
    EXPECT_EQ(table_.run("course per-second grace 86400\naccount ada 5.00\naccount alan 5.00\naccount grace 5.00 teacher"), "");
    EXPECT_EQ(host([](Tx& tx) { return set_trash(tx, {}); }), "ok");
  }

  std::string as(const std::string& who, Engine::Plan plan) { return table_.command(table_.actor(who), std::move(plan)); }
  std::string host(Engine::Plan plan) { return table_.command({"host", "host", "", {}, domain::Role::kStudent}, std::move(plan)); }
  const Disk& root(const std::string& name) { return *table_.state().find<Disk>(table_.instance(name).root_disk); }
  const Disk& disk(const base::DiskId& id) { return *table_.state().find<Disk>(id); }
  domain::Wallet wallet(const std::string& who) { return {table_.state(), table_.account(who), table_.now()}; }

  std::string create(const std::string& who, const base::DiskId& of) {
    return as(who, [&](Tx& tx) -> base::Status {
      TRY_ASSIGN(const auto row, create_snapshot(tx, {.disk = of, .description = "before the exam", .tags = {}}));
      made_ = row->id;
      return {};
    });
  }
  // A snapshot of Ada's machine `web`, which occupies so much.
  base::DiskId completed(std::int64_t mib) {
    EXPECT_EQ(create("ada", root("web").id), "ok");
    EXPECT_EQ(host([&](Tx& tx) { return snapshot_done(tx, made_, mib); }), "ok");
    return made_;
  }
  std::string image(const std::string& who, const std::string& machine, const std::string& name) {
    return as(who, [&](Tx& tx) -> base::Status {
      TRY_ASSIGN(const auto row, create_image(tx, table_.instance(machine).id, {.name = name, .description = "", .tags = {}, .snapshot_tags = {}}));
      ami_ = row->id;
      return {};
    });
  }
  // Whoever launches it; the machine's first root disk.
  std::string launch(const std::string& who, const base::ImageId& id, std::int64_t gib = 0) {
    return as(who, [&](Tx& tx) -> base::Status {
      LaunchRequest request;
      request.image = id;
      request.type = "t2.micro";
      request.root_gib = gib;
      TRY_ASSIGN(const auto launched, control::launch(tx, request));
      root_ = launched.instances.front()->root_disk;
      return {};
    });
  }
  const compute::StartSpec& newest_start() {
    for (auto at = table_.effects().rbegin(); at != table_.effects().rend(); ++at)
      if (const auto* start = std::get_if<StartEffect>(&*at)) return start->spec;
    throw std::runtime_error("nothing was started");
  }

  Table table_;
  base::DiskId made_, root_;
  base::ImageId ami_;
};

TEST_F(Snapshots, OneThatIsBeingMadeCostsNothingAndKeepsTheReserveOfItsMost) {
  ASSERT_EQ(table_.run("launch ada web t2.micro\nreport web running 1"), "");
  const auto before = wallet("ada").reserved();
  ASSERT_EQ(create("ada", root("web").id), "ok");
  const auto& list = *domain::find_catalogue("2017");
  EXPECT_EQ(wallet("ada").reserved() - before, domain::reserve_for(domain::snapshot_price(list, root("web").gib * 1024), kDay));
  EXPECT_EQ(disk(made_).snapshot, SnapshotState::kPending);
  const auto* wish = std::get_if<SnapshotEffect>(&table_.effects().back());
  ASSERT_TRUE(wish);
  EXPECT_EQ(wish->from, root("web").id);
  EXPECT_EQ(wish->to, made_);
  ASSERT_EQ(table_.run("tick 50000"), "");
  EXPECT_EQ(disk(made_).posted, Money{});
  EXPECT_EQ(domain::storage_cost(disk(made_), domain::disk_age(disk(made_), table_.now()), base::Rounding::kCeil), Money{});
}

TEST_F(Snapshots, OneThatIsWholeCostsWhatItOccupiesFromThenOn) {
  ASSERT_EQ(table_.run("launch ada web t2.micro\nreport web running 1"), "");
  const auto id = completed(512);
  const auto& list = *domain::find_catalogue("2017");
  EXPECT_EQ(disk(id).price, domain::snapshot_price(list, 512));
  EXPECT_EQ(disk(id).price.nano_per_hour, 34'247);  // half a GiB at $0.05 for 730 h, rounded up
  EXPECT_EQ(disk(id).reserved, domain::reserve_for(disk(id).price, kDay));
  EXPECT_EQ(disk(id).created, table_.now());
  ASSERT_EQ(table_.run("tick 7200"), "");
  EXPECT_EQ(domain::storage_cost(disk(id), domain::disk_age(disk(id), table_.now()), base::Rounding::kFloor), Money{2 * 34'247});
}

TEST_F(Snapshots, TheHostMaySayTwiceThatOneIsWholeOrLateThatItFailed) {
  ASSERT_EQ(table_.run("launch ada web t2.micro\nreport web running 1"), "");
  const auto id = completed(512);
  const auto price = disk(id).price;
  EXPECT_EQ(host([&](Tx& tx) { return snapshot_done(tx, id, 9'999); }), "ok");
  EXPECT_EQ(host([&](Tx& tx) { return snapshot_failed(tx, id, "HostDiskFull"); }), "ok");
  EXPECT_EQ(disk(id).price, price);
  EXPECT_EQ(disk(id).snapshot, SnapshotState::kCompleted);
}

TEST_F(Snapshots, OneThatFailsKeepsNothingAndCostsNothing) {
  ASSERT_EQ(table_.run("launch ada web t2.micro\nreport web running 1"), "");
  const auto before = wallet("ada").reserved();
  ASSERT_EQ(create("ada", root("web").id), "ok");
  ASSERT_EQ(host([&](Tx& tx) { return snapshot_failed(tx, made_, "HostDiskFull"); }), "ok");
  EXPECT_EQ(disk(made_).snapshot, SnapshotState::kError);
  EXPECT_EQ(wallet("ada").reserved(), before);
  ASSERT_EQ(table_.run("tick 200000"), "");
  EXPECT_EQ(disk(made_).posted, Money{});
}

TEST_F(Snapshots, WhoCannotKeepOneIsToldTheFigures) {
  ASSERT_EQ(table_.run("account edsger 0.03\nlaunch edsger tiny t2.micro"), "");
  EXPECT_EQ(create("edsger", root("tiny").id), "InsufficientCredit");
  EXPECT_EQ(create("alan", root("tiny").id), "InvalidVolume.NotFound");
}

TEST_F(Snapshots, NoMoreThanFiveAreMadeAtOnce) {
  ASSERT_EQ(table_.run("launch ada web t2.micro\nreport web running 1"), "");
  for (int i = 0; i < 5; ++i) ASSERT_EQ(create("ada", root("web").id), "ok");
  EXPECT_EQ(create("ada", root("web").id), "ConcurrentSnapshotLimitExceeded");
}

TEST_F(Snapshots, ADeletedOneComesBackUnlessItWasNeverWhole) {
  ASSERT_EQ(table_.run("launch ada web t2.micro\nreport web running 1"), "");
  const auto id = completed(512);
  ASSERT_EQ(as("ada", [&](Tx& tx) { return delete_snapshot(tx, id, false); }), "ok");
  EXPECT_EQ(disk(id).reserved, Money{});
  EXPECT_EQ(as("alan", [&](Tx& tx) { return delete_snapshot(tx, id, false); }), "InvalidSnapshot.NotFound");
  ASSERT_EQ(as("ada", [&](Tx& tx) -> base::Status {
              TRY_ASSIGN([[maybe_unused]] const auto back, restore_disk(tx, {id, ""}));
              return {};
            }),
            "ok");
  EXPECT_GT(disk(id).reserved, Money{});

  ASSERT_EQ(create("ada", root("web").id), "ok");
  ASSERT_EQ(as("ada", [&](Tx& tx) { return delete_snapshot(tx, made_, false); }), "ok");
  EXPECT_TRUE(is_purged(disk(made_), table_.now()));
}

TEST_F(Snapshots, AVolumeIsNotDeletedByTheNameOfASnapshot) {
  ASSERT_EQ(table_.run("launch ada web t2.micro\nreport web running 1"), "");
  const auto id = completed(512);
  EXPECT_EQ(as("ada", [&](Tx& tx) { return delete_disk(tx, id, false); }), "InvalidVolume.NotFound");
  EXPECT_EQ(as("ada", [&](Tx& tx) { return delete_snapshot(tx, root("web").id, false); }), "InvalidSnapshot.NotFound");
  EXPECT_EQ(create("ada", id), "InvalidVolume.NotFound");
}

TEST_F(Snapshots, WhatWasLostOnTheWayIsWishedForAgain) {
  ASSERT_EQ(table_.run("launch ada web t2.micro\nreport web running 1"), "");
  ASSERT_EQ(create("ada", root("web").id), "ok");
  const auto wished = [&] {
    for (const auto& effect : wishes(table_.state(), table_.now()))
      if (const auto* wish = std::get_if<SnapshotEffect>(&effect)) return wish->to == made_;
    return false;
  };
  EXPECT_TRUE(wished());
  ASSERT_EQ(host([&](Tx& tx) { return snapshot_done(tx, made_, 12); }), "ok");
  EXPECT_FALSE(wished());
}

TEST_F(Snapshots, AMachineOfAnOwnImageBeginsWithACopyOverTheHousesImage) {
  ASSERT_EQ(table_.run("launch ada web t2.micro\nreport web running 1"), "");
  ASSERT_EQ(image("ada", "web", "lab 3"), "ok");
  EXPECT_EQ(launch("ada", ami_), "InvalidAMIID.Unavailable");
  const auto snapshot = table_.state().find<domain::Image>(ami_)->snapshot;
  ASSERT_EQ(host([&](Tx& tx) { return snapshot_done(tx, snapshot, 512); }), "ok");
  ASSERT_EQ(launch("ada", ami_, root("web").gib + 2), "ok");
  EXPECT_EQ(newest_start().root_source, snapshot);
  EXPECT_EQ(newest_start().image, root("web").image);
  EXPECT_EQ(newest_start().root_gib, root("web").gib + 2);
  EXPECT_EQ(launch("ada", ami_, root("web").gib - 1), "InvalidBlockDeviceMapping");
}

TEST_F(Snapshots, AnImageIsItsOwnersUntilStaffSharesItWithTheCourse) {
  ASSERT_EQ(table_.run("launch grace web t2.micro\nreport web running 1\nlaunch ada own t2.micro\nreport own running 1"), "");
  ASSERT_EQ(image("grace", "web", "lab 3"), "ok");
  ASSERT_EQ(host([&](Tx& tx) { return snapshot_done(tx, table_.state().find<domain::Image>(ami_)->snapshot, 512); }), "ok");
  EXPECT_EQ(launch("ada", ami_), "InvalidAMIID.NotFound");
  ASSERT_EQ(as("grace", [&](Tx& tx) { return share_image(tx, ami_, true, false); }), "ok");
  EXPECT_EQ(launch("ada", ami_), "ok");
  EXPECT_EQ(as("ada", [&](Tx& tx) { return deregister_image(tx, ami_, false); }), "AuthFailure");
  ASSERT_EQ(image("ada", "own", "mine"), "ok");
  EXPECT_EQ(as("ada", [&](Tx& tx) { return share_image(tx, ami_, true, false); }), "OperationNotPermitted");
}

TEST_F(Snapshots, ADeregisteredImageIsLaunchedNoMoreAndItsMachinesGoOn) {
  ASSERT_EQ(table_.run("launch ada web t2.micro\nreport web running 1"), "");
  ASSERT_EQ(image("ada", "web", "lab 3"), "ok");
  const auto snapshot = table_.state().find<domain::Image>(ami_)->snapshot;
  ASSERT_EQ(host([&](Tx& tx) { return snapshot_done(tx, snapshot, 512); }), "ok");
  ASSERT_EQ(launch("ada", ami_), "ok");
  EXPECT_EQ(as("ada", [&](Tx& tx) { return delete_snapshot(tx, snapshot, false); }), "InvalidSnapshot.InUse");
  ASSERT_EQ(as("ada", [&](Tx& tx) { return deregister_image(tx, ami_, false); }), "ok");
  EXPECT_EQ(launch("ada", ami_), "InvalidAMIID.NotFound");
  EXPECT_TRUE(table_.state().find<domain::Image>(ami_)) << "a machine came from it";
  EXPECT_EQ(as("ada", [&](Tx& tx) { return delete_snapshot(tx, snapshot, false); }), "ok");
  EXPECT_EQ(image("ada", "web", "lab 3"), "ok") << "its name is free again";
}

TEST_F(Snapshots, NamesOfImagesAreChecked) {
  ASSERT_EQ(table_.run("launch ada web t2.micro\nreport web running 1"), "");
  EXPECT_EQ(image("ada", "web", "ab"), "InvalidAMIName.Malformed");
  EXPECT_EQ(image("ada", "web", "lab\n3"), "InvalidAMIName.Malformed");
  ASSERT_EQ(image("ada", "web", "lab 3"), "ok");
  EXPECT_EQ(image("ada", "web", "lab 3"), "InvalidAMIName.Duplicate");
}

TEST_F(Snapshots, AnImageWhoseSnapshotFailedIsNotLaunched) {
  ASSERT_EQ(table_.run("launch ada web t2.micro\nreport web running 1"), "");
  ASSERT_EQ(image("ada", "web", "lab 3"), "ok");
  ASSERT_EQ(host([&](Tx& tx) { return snapshot_failed(tx, table_.state().find<domain::Image>(ami_)->snapshot, "HostDiskFull"); }), "ok");
  EXPECT_EQ(state_of(table_.state(), *table_.state().find<domain::Image>(ami_)), "failed");
  EXPECT_EQ(launch("ada", ami_), "InvalidAMIID.Unavailable");
}

}  // namespace
}  // namespace stipend::control
