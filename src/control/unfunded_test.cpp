// Disks that credit no longer keeps: who sees them, and who may decide about them.
#include <gtest/gtest.h>

#include "control/commands/grants.hpp"
#include "control/commands/trash.hpp"
#include "control/commands/unfunded.hpp"
#include "control/testing/table.hpp"

namespace stipend::control {
namespace {

constexpr std::int64_t kDay = 86'400;

class Unfunded : public testing::Test {
 protected:
  Unfunded() {
    EXPECT_EQ(table_.run("course per-second grace 86400\naccount ada 0.25\naccount alan 9.00\naccount grace 0 teacher\n"
                         "launch ada one t2.micro\nreport one running 1\nstop one\nreport one ended 5 person ours\n"
                         "launch alan two t2.micro\nreport two running 1\nstop two\nreport two ended 5 person ours"),
              "");
    EXPECT_EQ(table_.command({"uid:0", "admin", "test", {}, domain::Role::kAdministrator}, [](Tx& tx) { return set_trash(tx, {}); }), "ok");
  }
  std::vector<UnfundedDisk> found() { return unfunded_disks(table_.state(), *table_.state().courses.begin()->second, table_.now()); }
  std::string remove(const std::string& who, const base::DiskId& disk) {
    return table_.command(table_.actor(who), [&](Tx& tx) { return delete_unfunded(tx, disk); });
  }
  const base::DiskId& root(const std::string& machine) { return table_.instance(machine).root_disk; }

  Table table_;
};

TEST_F(Unfunded, ADiskIsListedAWeekBeforeTheHousePaysAndThen) {
  EXPECT_EQ(found().size(), 0u);
  table_.tick_ms(4 * kDay * 1000);
  const auto week = found();
  ASSERT_EQ(week.size(), 1u);
  EXPECT_EQ(week[0].disk->id, root("one"));
  EXPECT_FALSE(week[0].house_pays || house_keeps(table_.state(), *week[0].disk, table_.now()));
  table_.tick_ms(table_.now().ms_until(week[0].kept_until) - 2'000);
  EXPECT_FALSE(house_keeps(table_.state(), *week[0].disk, table_.now()));
  table_.tick_ms(2'000);
  EXPECT_TRUE(house_keeps(table_.state(), *week[0].disk, table_.now()));
  EXPECT_TRUE(found().at(0).house_pays);
}

TEST_F(Unfunded, MoreCreditTakesADiskFromTheList) {
  table_.tick_ms(20 * kDay * 1000);
  ASSERT_EQ(found().size(), 1u);
  const auto give = [&](Tx& tx) -> base::Status {
    TRY_ASSIGN([[maybe_unused]] const auto given, grant(tx, table_.account("ada"), base::Money::dollars(5), "to keep it", {}));
    return {};
  };
  EXPECT_EQ(table_.command(table_.actor("grace"), give), "ok");
  EXPECT_EQ(found().size(), 0u);
  EXPECT_EQ(remove("grace", root("one")), "DiskIsPaid");
}

TEST_F(Unfunded, StaffDeletesADiskOnlyWhenTheHousePays) {
  EXPECT_EQ(remove("grace", root("one")), "DiskIsPaid");
  table_.tick_ms(20 * kDay * 1000);
  EXPECT_EQ(remove("alan", root("one")), "InvalidVolume.NotFound");
  EXPECT_EQ(remove("grace", root("two")), "DiskIsPaid");
  EXPECT_EQ(table_.command(table_.actor("grace"), [&](Tx& tx) { return note_export(tx, root("one")); }), "ok");
  EXPECT_EQ(remove("grace", root("one")), "ok");
  EXPECT_EQ(table_.instance("one").state, domain::InstanceState::kTerminated);
  const auto* disk = table_.state().find<domain::Disk>(root("one"));
  ASSERT_TRUE(disk && disk->deleted);
  EXPECT_TRUE(disk->purge_at);
  EXPECT_GT(disk->house, base::Money{});
  EXPECT_EQ(found().size(), 0u);
  EXPECT_EQ(table_.broken(), "");
  EXPECT_EQ(remove("grace", root("one")), "InvalidVolume.NotFound");
}

}  // namespace
}  // namespace stipend::control
