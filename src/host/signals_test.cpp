#include "host/signals.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stipend::host {
namespace {

using testing::ElementsAre;

Measured disk(std::int64_t percent) {
  return {.oom_kills = {}, .disk = DiskUse{percent * 80, 8000, percent}};
}
Measured kills(std::int64_t count) {
  return {.oom_kills = count, .disk = {}};
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
  EXPECT_EQ(s.disk.percent, 97);
  EXPECT_FALSE(take(s, disk(86)).disk);
  EXPECT_TRUE(s.disk_filling);
  EXPECT_FALSE(take(s, disk(91)).disk);
  EXPECT_FALSE(take(s, disk(84)).disk);
  EXPECT_FALSE(s.disk_filling);
  EXPECT_EQ(s.disk.percent, 84);
  EXPECT_TRUE(take(s, disk(90)).disk);
  EXPECT_EQ(s.disk_count, 2);
}

TEST(Signals, TheGuestIsToldFiguresOnly) {
  Signals s;
  EXPECT_TRUE(notice_command({}, s, 4096).empty());
  const auto news = take(s, {.oom_kills = 1, .disk = DiskUse{7475, 7987, 94}});
  EXPECT_THAT(notice_command(news, s, 4096),
              ElementsAre("/usr/lib/stipend/notice", "memory", "4096", "disk", "94", "7475", "7987"));
}

}  // namespace
}  // namespace stipend::host
