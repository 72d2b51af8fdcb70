#include "domain/room.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace stipend::domain {
namespace {

CourseId course(int n) { return *CourseId::parse("c-0000000000000000" + std::to_string(n)); }

Room room_of(std::int64_t cpus, std::int64_t memory_mib) {
  Room room;
  room.host = allow({.memory_reserve_mib = 0}, {}, cpus, memory_mib, 100'000, 0);
  return room;
}

Wish wish(int of, const char* type, std::int64_t count = 1) {
  const auto* found = find_type(*find_catalogue("2026"), type);
  return {course(of), found->vcpus, space_of(*found, 250) * count, 0};
}

Figure why(const Room& room, const Wish& w) {
  const auto missing = lack(room, w);
  EXPECT_TRUE(missing);
  return missing ? missing->figure : Figure::kQueue;
}

TEST(Room, GuaranteesTheBaselineOfBurstableTypesAndAnEvenPartOfOthers) {
  const auto& catalogue = *find_catalogue("2026");
  EXPECT_EQ(space_of(*find_type(catalogue, "t2.medium"), 250), (Space{400, 4096}));
  EXPECT_EQ(space_of(*find_type(catalogue, "m5.large"), vcpu_milli(400)), (Space{500, 8192}));
  EXPECT_EQ(space_of(*find_type(catalogue, "m5.large"), vcpu_milli(100)), (Space{2000, 8192}));
}

TEST(Room, KeepsMemoryForTheHost) {
  EXPECT_EQ(allow({}, {}, 2, 4096, 0, 0).space, (Space{2000, 3584}));
  EXPECT_EQ(allow({}, {}, 64, 262'144, 0, 0).space.memory_mib, 262'144 - 8192);
  EXPECT_EQ(allow({.memory_percent = 150, .memory_reserve_mib = 96}, {}, 2, 4096, 0, 0).space.memory_mib, 6000);
  EXPECT_EQ(allow({.memory_reserve_mib = 8192}, {}, 2, 4096, 0, 0).space.memory_mib, 0);
}

TEST(Room, NamesTheFigureThatIsMissing) {
  auto room = room_of(2, 16'384);
  EXPECT_FALSE(lack(room, wish(1, "t2.medium", 4)));
  EXPECT_EQ(why(room, wish(1, "t2.medium", 5)), Figure::kMemory);
  EXPECT_EQ(why(room, wish(1, "t2.micro", 21)), Figure::kCpu);
  EXPECT_EQ(why(room, wish(1, "m5.xlarge")), Figure::kVcpus);  // 4 vCPUs are more than it has, however little is guaranteed
  room.used = {1900, 0};
  EXPECT_EQ(sentence(*lack(room, wish(1, "t2.medium"))), "0.4 CPUs are needed and 0.1 are free");
  room.used = {0, 16'384};
  EXPECT_EQ(sentence(*lack(room, wish(1, "t2.nano"))), "512 MiB of memory are needed and 0 are free");
}

TEST(Room, DisksCountByWhatTheyTakeOrByTheirPromise) {
  auto room = room_of(64, 1'000'000);
  room.disks_gib = 1'000'000;
  auto one = wish(1, "t2.nano");
  one.new_disks_gib = 8;
  EXPECT_FALSE(lack(room, one));
  room.host.disk_total_mib = (1'000'000 + 8) * 1024 + kDiskFloorMib;
  EXPECT_FALSE(lack(room, one));
  ++room.disks_gib;
  EXPECT_EQ(why(room, one), Figure::kDisk);
  one.new_disks_gib = 0;  // a start of a machine that has its disk
  EXPECT_FALSE(lack(room, one));
  room.host.disk_free_mib = kDiskFloorMib - 1;
  EXPECT_EQ(why(room, one), Figure::kDisk);
}

TEST(Room, AShareIsOnlyItsCourses) {
  auto room = room_of(2, 16'384);
  room.kept[course(1)] = share_of(room.host, 50);
  EXPECT_FALSE(lack(room, wish(2, "t2.medium", 2)));
  EXPECT_EQ(why(room, wish(2, "t2.medium", 3)), Figure::kCpu);
  EXPECT_FALSE(lack(room, wish(1, "t2.medium", 4)));  // its own and the common part
  room.used = room.used_by[course(1)] = {400, 4096};
  EXPECT_FALSE(lack(room, wish(2, "t2.medium", 2)));  // what the course uses is used of its share first
  room.used = {1200, 12'288};
  EXPECT_EQ(sentence(*lack(room, wish(2, "t2.medium"))), "0.4 CPUs are needed and 0.2 are free (0.6 more are kept for other courses)");
  EXPECT_FALSE(lack(room, wish(1, "t2.medium")));
}

TEST(Room, ClassHoursKeepRoomFromAnHourBefore) {
  Course row;
  row.id = course(1);
  row.catalogue = "2026";
  row.share_percent = 10;
  const WallTime from{1'800'000'000'000};
  row.class_hours = {{from, from.plus_seconds(5400), "t2.medium", 3}};
  const auto host = room_of(2, 16'384).host;
  const auto kept = [&](std::int64_t s) { return kept_for(row, find_catalogue("2026"), host, 250, from.plus_seconds(s)); };
  EXPECT_EQ(kept(-3601), (Space{200, 1638}));
  EXPECT_EQ(kept(-3600), (Space{1200, 12'288}));
  EXPECT_EQ(kept(5399), (Space{1200, 12'288}));
  EXPECT_EQ(kept(5400), (Space{200, 1638}));
}

TEST(Room, TellsWhatAReservationCannotBeGiven) {
  auto room = room_of(2, 16'384);
  room.kept[course(1)] = {1200, 12'288};
  room.used = {800, 8192};  // others', who were there before
  EXPECT_EQ(room.missing(course(1)), (Space{0, 4096}));
  EXPECT_EQ(why(room, wish(2, "t2.nano")), Figure::kCpu);
  room.used_by[course(1)] = {400, 4096};
  room.used += {400, 4096};
  EXPECT_EQ(room.missing(course(1)), (Space{0, 4096}));
}

TEST(Room, AHeldPlaceStopsOthersButNotACoursesOwnRoom) {
  auto room = room_of(2, 16'384);
  room.kept[course(1)] = {400, 4096};
  room.held = {600, 8192};
  EXPECT_FALSE(lack(room, wish(1, "t2.medium")));
  EXPECT_FALSE(lack(room, wish(2, "t2.medium")));
  room.used = {800, 8192};
  EXPECT_FALSE(lack(room, wish(1, "t2.medium")));
  EXPECT_EQ(why(room, wish(2, "t2.nano")), Figure::kQueue);
}

// However starts and ends come, what is promised is never more than there is, and a course that stays inside what is
// kept for it is never refused, if nothing ran when it was kept.
RC_GTEST_PROP(Room, NeverOvercommitsAndKeepsItsPromises, ()) {
  auto room = room_of(*rc::gen::inRange(1, 65), *rc::gen::inRange<std::int64_t>(1024, 262'144));
  for (int c = 1; c <= 3; ++c) room.kept[course(c)] = share_of(room.host, *rc::gen::inRange(0, 34));
  struct Run {
    CourseId of;
    Space space;
  };
  std::vector<Run> runs;
  const auto& types = find_catalogue("2026")->types;
  for (int i = 0; i < 60; ++i) {
    if (!runs.empty() && *rc::gen::inRange(0, 3) == 0) {
      const auto at = runs.begin() + *rc::gen::inRange<std::ptrdiff_t>(0, static_cast<std::ptrdiff_t>(runs.size()));
      room.used -= at->space;
      room.used_by[at->of] -= at->space;
      runs.erase(at);
      continue;
    }
    const auto& type = types[*rc::gen::inRange<std::size_t>(0, types.size())];
    const Wish one{course(*rc::gen::inRange(1, 5)), type.vcpus, space_of(type, 250), 0};
    const bool fits = !lack(room, one);
    const bool own = room.own_left(one.course).holds(one.space) && type.vcpus <= room.host.cpus;
    RC_ASSERT(fits || !own);
    if (!fits) continue;
    room.used += one.space;
    room.used_by[one.course] += one.space;
    runs.push_back({one.course, one.space});
    Space sum;
    for (const auto& run : runs) sum += run.space;
    RC_ASSERT(room.host.space.holds(sum));
  }
}

}  // namespace
}  // namespace stipend::domain
