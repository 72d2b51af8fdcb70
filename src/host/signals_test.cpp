#include "host/signals.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stipend::host {
namespace {

using testing::ElementsAre;

Measured disk(std::int64_t percent) {
  return {.oom_kills = {}, .disk = DiskUse{percent * 80, 8000, percent}, .home = {}};
}
Measured kills(std::int64_t count) {
  return {.oom_kills = count, .disk = {}, .home = {}};
}

TEST(Signals, EachNewKillIsNewsOnceAndFewerKillsAreNone) {
  Signals s;
  EXPECT_FALSE(take(s, kills(0)).memory);
  EXPECT_TRUE(take(s, kills(1)).memory);
  EXPECT_FALSE(take(s, kills(1)).memory) << "said again by a stipend-host that was started anew";
  EXPECT_TRUE(take(s, kills(4)).memory);
  EXPECT_FALSE(take(s, kills(0)).memory) << "its groups are new after a reboot inside";
  EXPECT_TRUE(take(s, kills(1)).memory);
  EXPECT_EQ(s.memory_count, 3);
}

TEST(Signals, ADiskIsToldAtNinetyAndAgainOnlyAfterItFellBelowEightyFive) {
  Signals s;
  EXPECT_FALSE(take(s, disk(89)).disk);
  EXPECT_TRUE(take(s, disk(90)).disk);
  EXPECT_FALSE(take(s, disk(97)).disk);
  EXPECT_EQ(s.disk.use.percent, 97);
  EXPECT_FALSE(take(s, disk(86)).disk);
  EXPECT_TRUE(s.disk.now);
  EXPECT_FALSE(take(s, disk(91)).disk);
  EXPECT_FALSE(take(s, disk(84)).disk);
  EXPECT_FALSE(s.disk.now);
  EXPECT_EQ(s.disk.use.percent, 84);
  EXPECT_TRUE(take(s, disk(90)).disk);
  EXPECT_EQ(s.disk.count, 2);
}

TEST(Signals, RootAndHomeFillEachByItself) {
  Signals s;
  EXPECT_TRUE(take(s, disk(95)).disk);
  const auto news = take(s, {.oom_kills = {}, .disk = DiskUse{7'600, 8'000, 95}, .home = DiskUse{9'200, 10'000, 92}});
  EXPECT_FALSE(news.disk) << "told already";
  EXPECT_TRUE(news.home);
  EXPECT_EQ(s.home.use.percent, 92);
  EXPECT_FALSE(take(s, {.oom_kills = {}, .disk = {}, .home = DiskUse{5'000, 10'000, 50}}).home);
  EXPECT_FALSE(s.home.now);
  EXPECT_TRUE(s.disk.now);
}

TEST(Signals, TheGuestIsToldFiguresOnlyAndAnOldImageOfADisk) {
  Signals s;
  EXPECT_TRUE(notice_command({}, s, 4096).empty());
  auto news = take(s, {.oom_kills = 1, .disk = DiskUse{7475, 7987, 94}, .home = {}});
  EXPECT_THAT(notice_command(news, s, 4096), ElementsAre("/bin/sh", "-c", "/usr/lib/stipend/notice memory 4096 disk 94 7475 7987"));
  news = take(s, {.oom_kills = 1, .disk = {}, .home = DiskUse{9100, 10000, 91}});
  EXPECT_THAT(notice_command(news, s, 4096), ElementsAre("/bin/sh", "-c",
                                                         "/usr/lib/stipend/notice home 91 9100 10000 || /usr/lib/stipend/notice disk 91 9100 10000"));
}

}  // namespace
}  // namespace stipend::host
