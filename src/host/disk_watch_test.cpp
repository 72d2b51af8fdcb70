#include "host/disk_watch.hpp"

#include <gtest/gtest.h>

namespace stipend::host {
namespace {

constexpr std::int64_t kMib = std::int64_t{1} << 20;

base::InstanceId id(int n) {
  return *base::InstanceId::parse("i-0000000000000000" + std::to_string(n));
}

const auto kFolder = *base::DiskId::parse("vol-0000000000000000c");

struct Host {
  DiskWatch watch;
  std::int64_t now = 0, free = 4000;  // MiB
  std::vector<std::int64_t> occupied{100, 100, 100}, dirty{0, 0, 0};
  std::vector<bool> ending{false, false, false};
  std::int64_t folder = 0, folder_wrote = 0;  // 0: none
  bool held = false;

  std::optional<DiskStop> second(std::vector<std::int64_t> written = {0, 0, 0}) {
    DiskLook look{.size = 4096 * kMib, .free = 0, .dirty_limit = 0, .machines = {}};
    for (int i = 0; i < 3; ++i) {
      const auto n = static_cast<std::size_t>(i);
      occupied[n] += written[n];
      free -= written[n];
      look.machines.push_back({id(i), occupied[n] * kMib, dirty[n] * kMib, ending[n], i == 1 && folder > 0 ? kFolder : base::DiskId{}});
    }
    if (folder > 0) {
      folder += folder_wrote;
      free -= folder_wrote;
      look.folders.push_back({kFolder, folder * kMib, held});
    }
    look.free = free * kMib;
    return watch.look(look, now += 1'000);
  }
};

TEST(DiskMarks, AreAFewPercentBetweenBounds) {
  EXPECT_EQ(DiskMarks::of(4096 * kMib, 0).hard, 384 * kMib);
  EXPECT_EQ(DiskMarks::of(100'000 * kMib, 0).hard, 2'000 * kMib);
  EXPECT_EQ(DiskMarks::of(1'000'000 * kMib, 0).hard, 4096 * kMib);
  EXPECT_EQ(DiskMarks::of(1'000'000 * kMib, 50'000 * kMib).hard, 50'000 * kMib) << "what may be in memory fits";
  EXPECT_EQ(DiskMarks::of(4096 * kMib, 5'000 * kMib).hard, 1'024 * kMib) << "a small one is still of use";
}

TEST(DiskMarks, UploadsAndCopiesStopAboveWhereMachinesAreStopped) {
  EXPECT_EQ(DiskMarks::of(4096 * kMib, 0).reserve, 768 * kMib);
  EXPECT_EQ(DiskMarks::of(1'000'000 * kMib, 0).reserve, 5'120 * kMib);
}

TEST(DiskWatch, TheOneThatGrowsMostIsStoppedAndThenTheNextWhenItHasEnded) {
  Host host;
  host.free = 640;
  EXPECT_FALSE(host.second());
  EXPECT_FALSE(host.second({10, 50, 0}));
  const auto first = host.second({10, 60, 0});
  ASSERT_TRUE(first);
  EXPECT_EQ(first->id, id(1));
  EXPECT_FALSE(first->force);
  host.ending[1] = true;
  host.free = 300;
  EXPECT_FALSE(host.second({10, 0, 0})) << "one after another";
  host.occupied.erase(host.occupied.begin() + 1);
  host.occupied.insert(host.occupied.begin() + 1, 0);
  host.ending[1] = false;  // ended; it is not looked at as a writer any more
  const auto second = host.second({10, 0, 0});
  ASSERT_TRUE(second);
  EXPECT_EQ(second->id, id(0));
}

TEST(DiskWatch, WhoDoesNotWriteGoesOnHoweverLittleIsLeft) {
  Host host;
  host.second();
  host.free = 50;  // somebody else filled it
  for (int i = 0; i < 30; ++i) EXPECT_FALSE(host.second({0, 0, 0}));
  EXPECT_FALSE(host.watch.may_start());
  EXPECT_TRUE(host.watch.low());
}

TEST(DiskWatch, WhatIsStillInMemoryCounts) {
  Host host;
  host.free = 1'000;
  EXPECT_FALSE(host.second());
  host.dirty[2] = 900;
  const auto stop = host.second();
  ASSERT_TRUE(stop);
  EXPECT_EQ(stop->id, id(2));
}

TEST(DiskWatch, AFastWriterIsStoppedBeforeTheMarkIsReached) {
  Host host;
  host.free = 1'500;
  host.second();
  EXPECT_TRUE(host.second({0, 400, 0})) << "two more seconds of this would leave 300";
  Host slow;
  slow.free = 1'500;
  slow.second();
  EXPECT_FALSE(slow.second({0, 100, 0}));
}

TEST(DiskWatch, OldGrowthIsForgotten) {
  Host host;
  host.free = 2'000;
  host.second();
  host.second({300, 0, 0});
  for (int i = 0; i < 12; ++i) host.second();
  host.free = 200;
  EXPECT_FALSE(host.second());
}

TEST(DiskWatch, BelowTheCriticalMarkNobodyWaitsAndAStopThatDoesNotHelpBecomesAKill) {
  Host host;
  host.free = 450;
  host.second();
  ASSERT_TRUE(host.second({0, 100, 50}));
  host.ending[1] = true;
  const auto next = host.second({0, 200, 0});
  ASSERT_TRUE(next);
  EXPECT_EQ(next->id, id(2));
  EXPECT_FALSE(next->force);
  host.ending[2] = true;
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(host.second({0, 0, 5}));
  const auto harder = host.second({0, 0, 5});
  ASSERT_TRUE(harder);
  EXPECT_EQ(harder->id, id(2));
  EXPECT_TRUE(harder->force);
  EXPECT_FALSE(host.second({0, 0, 5})) << "once";
}

TEST(DiskWatch, ADiskThatIsFullToTheLastBlocksIsPastHelp) {
  Host host;
  host.free = 10;
  host.second();
  host.dirty[1] = 100;
  EXPECT_FALSE(host.second());
}

TEST(DiskWatch, ACourseFolderThatGrowsMostIsHeldAndNobodyIsStopped) {
  Host host;
  host.free = 640;
  host.folder = 100;
  host.second();
  host.folder_wrote = 120;
  const auto stop = host.second({0, 10, 0});
  ASSERT_TRUE(stop);
  EXPECT_EQ(stop->folder, kFolder);
  EXPECT_TRUE(stop->id.empty());
  host.held = true;
  host.folder_wrote = 0;
  for (int i = 0; i < 15; ++i) EXPECT_FALSE(host.second()) << "nobody writes any more";
}

TEST(DiskWatch, WhatAWriterOfTheFolderHasInMemoryIsTheFoldersUnlessItsOwnDisksGrowMore) {
  Host host;
  host.free = 1'000;
  host.folder = 100;
  host.second();
  host.dirty[1] = 900;
  const auto stop = host.second();
  ASSERT_TRUE(stop);
  EXPECT_EQ(stop->folder, kFolder);
  host.held = true;
  for (int i = 0; i < 5; ++i) {  // it comes to the disk
    host.dirty[1] -= 100;
    host.folder_wrote = 100;
    EXPECT_FALSE(host.second());
  }
  host.folder_wrote = 0;
  for (int i = 0; i < 12; ++i) EXPECT_FALSE(host.second());
  const auto next = host.second({0, 60, 0});
  ASSERT_TRUE(next) << "now it writes its own";
  EXPECT_EQ(next->id, id(1));
  EXPECT_TRUE(next->folder.empty());
}

TEST(DiskWatch, AMachineThatHasJustBootedIsNotTakenForTheWriterOfItsFoldersMemory) {
  Host host;
  host.free = 1'000;
  host.folder = 100;
  host.second();
  host.dirty[1] = 700;
  const auto stop = host.second({0, 20, 0});  // its own disk grew a little, the folder is all in memory yet
  ASSERT_TRUE(stop);
  EXPECT_EQ(stop->folder, kFolder);
  host.held = true;
  host.dirty[1] = 760;  // came before the hold did
  EXPECT_FALSE(host.second());
  EXPECT_FALSE(host.second());
  host.dirty[1] = 900;  // a held folder takes nothing: this is for its own disk
  const auto next = host.second();
  ASSERT_TRUE(next);
  EXPECT_EQ(next->id, id(1));
}

TEST(DiskWatch, WhatGoesFromMemoryToTheFolderIsNoPace) {
  Host host;
  host.free = 2'000;
  host.folder = 100;
  host.dirty[1] = 800;
  for (int i = 0; i < 12; ++i) host.second();
  host.dirty[1] = 300;
  host.folder_wrote = 500;
  EXPECT_FALSE(host.second()) << "1200 were left before and are now";
}

TEST(DiskWatch, AMachineThatGrowsMoreThanTheFolderIsTheOne) {
  Host host;
  host.free = 640;
  host.folder = 100;
  host.second();
  host.folder_wrote = 20;
  const auto stop = host.second({0, 0, 150});
  ASSERT_TRUE(stop);
  EXPECT_EQ(stop->id, id(2));
}

TEST(DiskWatch, EqualGrowthIsDecidedByWhatItOccupiesThenById) {
  Host host;
  host.free = 450;
  host.occupied = {100, 100, 300};
  host.second();
  const auto stop = host.second({40, 40, 40});
  ASSERT_TRUE(stop);
  EXPECT_EQ(stop->id, id(2));
  Host same;
  same.free = 450;
  same.second();
  const auto first = same.second({40, 40, 40});
  ASSERT_TRUE(first);
  EXPECT_EQ(first->id, id(0));
}

}  // namespace
}  // namespace stipend::host
