// The race: 1,000 crashes at commits, in worlds whose faults are drawn from their seed. On failure the seed is printed:
// STIPEND_SIMULATION_SEED=… runs that one alone, STIPEND_SIMULATION_RUNS=… more of them. Larger classes: `stipend-sim`.
#include "control/simulation/simulation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/log.hpp"

namespace stipend::control {
namespace {

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class SimulationTest : public testing::Test {
 protected:
  void SetUp() override { base::log::set_level(base::log::Level::kError); }
};

TEST_F(SimulationTest, NoCrashNoRaceAndNoFaultOverspendsLosesOrChargesWrong) {
  const auto only = setting("STIPEND_SIMULATION_SEED", 0);
  const auto runs = only != 0 ? 1 : setting("STIPEND_SIMULATION_RUNS", 50);
  std::int64_t crashes = 0, commits = 0, settled = 0, exact = 0, turns = 0, hours = 0;
  for (std::uint64_t i = 1; i <= runs; ++i) {
    const auto seed = only != 0 ? only : i;
    Settings settings{.seed = seed, .scenario = "race", .students = 4, .weeks = 1};
    if (seed % 8 != 0) settings.faults = Faults::all();  // crashes are what it is for
    const auto outcome = simulate(settings);
    ASSERT_EQ(outcome.violation, "") << "STIPEND_SIMULATION_SEED=" << seed << ", " << replay(outcome.settings);
    crashes += outcome.world.crashes;
    commits += outcome.world.commits;
    settled += outcome.audited.settled;
    exact += outcome.audited.exact;
    turns += outcome.audited.turns;
    hours += outcome.virtual_hours;
  }
  printf("%lld crashes, %lld commits, %lld runs settled, %lld bills exact, %lld turns of the queue, %lld virtual hours\n",
         static_cast<long long>(crashes), static_cast<long long>(commits), static_cast<long long>(settled), static_cast<long long>(exact),
         static_cast<long long>(turns), static_cast<long long>(hours));
  if (runs >= 50) {
    EXPECT_GE(crashes, 1000);
    EXPECT_GE(settled, 700);
    EXPECT_GE(turns, 50);
  }
}

TEST_F(SimulationTest, IsTheSameForTheSameSeed) {
  for (const auto* scenario : {"race", "mixed"}) {
    const Settings settings{.seed = 77, .scenario = scenario, .students = 5, .weeks = 2, .faults = Faults::all()};
    const auto once = simulate(settings), again = simulate(settings);
    EXPECT_EQ(once.violation, "");
    EXPECT_FALSE(once.chain.empty());
    EXPECT_EQ(once.chain, again.chain);
    EXPECT_EQ(once.world.commits, again.world.commits);
    auto other = settings;
    other.seed = 78;
    EXPECT_NE(once.chain, simulate(other).chain);
  }
}

// ---- the judge can say no: each of these is done behind the server's back ----

template <class Row, class Edit>
void edit_rows(store::Batch& batch, Edit edit) {
  for (auto& change : batch)
    if (auto* put = std::get_if<store::Put<Row>>(&change)) {
      auto row = *put->row;
      edit(row);
      put->row = std::make_shared<const Row>(std::move(row));
    }
}

class Judge : public SimulationTest {
 protected:
  static std::string violation(std::function<void(store::Batch&)> tamper, std::string scenario = "term") {
    Settings settings{.seed = 5, .scenario = std::move(scenario), .students = 4, .weeks = 1, .faults = Faults()};
    EXPECT_EQ(simulate(settings).violation, "");
    settings.tamper = std::move(tamper);
    return simulate(settings).violation;
  }
};

TEST_F(Judge, SeesANanoDollarTooMuchOnARun) {
  EXPECT_NE(violation([](store::Batch& batch) {
              edit_rows<domain::Entry>(batch, [](domain::Entry& e) { e.amount.nano += e.kind == domain::EntryKind::kCharge; });
            }), "");
}

TEST_F(Judge, SeesANanoDollarTooLittleOnADisk) {
  EXPECT_NE(violation([](store::Batch& batch) {
              edit_rows<domain::Entry>(batch, [](domain::Entry& e) { e.amount.nano -= e.kind == domain::EntryKind::kStorage && e.amount.nano > 1; });
            }), "");
}

TEST_F(Judge, SeesAChargeThatIsLost) {
  EXPECT_NE(violation([](store::Batch& batch) {
              std::erase_if(batch, [](const store::Change& change) {
                const auto* put = std::get_if<store::Put<domain::Entry>>(&change);
                return put && put->row->kind == domain::EntryKind::kCharge;
              });
            }), "");
}

TEST_F(Judge, SeesACourseThatChargesTheOtherPlan) {
  EXPECT_NE(violation([](store::Batch& batch) {
              edit_rows<domain::Instance>(batch, [](domain::Instance& i) {
                if (i.run) i.run->plan = i.run->plan == domain::RatePlan::kPerHour ? domain::RatePlan::kPerSecond : domain::RatePlan::kPerHour;
              });
            }), "");
}

TEST_F(Judge, SeesAHoldThatIsTooSmall) {
  EXPECT_NE(violation([](store::Batch& batch) {
              edit_rows<domain::Hold>(batch, [](domain::Hold& hold) {
                if (hold.draws.empty()) return;
                hold.amount.nano -= 1;
                hold.draws.front().amount.nano -= 1;
              });
            }), "");
}

TEST_F(Judge, SeesADiskThatIsYoungerThanItIs) {
  EXPECT_NE(violation([](store::Batch& batch) {
              edit_rows<domain::Disk>(batch, [](domain::Disk& disk) { disk.created.ms += 5'000; });
            }), "");
}

TEST_F(Judge, SeesAGrantThatNobodyGave) {
  EXPECT_NE(violation([](store::Batch& batch) {
              edit_rows<domain::Grant>(batch, [](domain::Grant& grant) { grant.amount.nano += 1; });
            }), "");
}

TEST_F(Judge, SeesARunThatIsSoldAtThePriceOfAnotherList) {
  EXPECT_THAT(violation([](store::Batch& batch) {
                edit_rows<domain::Instance>(batch, [](domain::Instance& i) {
                  if (i.run) i.run->price.nano_per_hour += 1;
                });
              }, "prices"), testing::HasSubstr("not its course's"));
}

TEST_F(Judge, SeesAChargeThatNamesAnotherPrice) {
  EXPECT_THAT(violation([](store::Batch& batch) {
                edit_rows<domain::Entry>(batch, [](domain::Entry& e) { e.price.nano_per_hour += e.kind == domain::EntryKind::kCharge; });
              }, "prices"), testing::HasSubstr("not at the price"));
}

TEST_F(Judge, SeesARestrictedGrantThatPaysForEverything) {
  EXPECT_NE(violation([](store::Batch& batch) {
              edit_rows<domain::Grant>(batch, [](domain::Grant& grant) { grant.only_types = {"c4.8xlarge"}; });
            }, "codes"), "");
}

TEST_F(Judge, SeesACreditThatExpiresBeforeItsTime) {
  EXPECT_THAT(violation([](store::Batch& batch) {
                edit_rows<domain::Entry>(batch, [](domain::Entry& e) {
                  if (e.kind == domain::EntryKind::kExpiry) e.at.ms -= 3'600'000;
                });
              }, "codes"), testing::HasSubstr("expires at"));
}

TEST_F(Judge, SeesACodeThatCountsOneUseTooFew) {
  EXPECT_NE(violation([](store::Batch& batch) {
              edit_rows<domain::CreditCode>(batch, [](domain::CreditCode& code) { code.uses -= code.uses > 0; });
            }, "codes"), "");
}

TEST_F(Judge, SeesASnapshotThatCostsOtherThanWhatItOccupies) {
  EXPECT_THAT(violation([](store::Batch& batch) {
                edit_rows<domain::Disk>(batch, [](domain::Disk& disk) { disk.stored_mib += disk.snapshot == domain::SnapshotState::kCompleted; });
              }, "snapshots"), testing::HasSubstr("a snapshot of"));
}

TEST_F(Judge, SeesASnapshotThatCostsBeforeItIsWhole) {
  EXPECT_NE(violation([](store::Batch& batch) {
              edit_rows<domain::Disk>(batch, [](domain::Disk& disk) {
                if (disk.snapshot == domain::SnapshotState::kCompleted) disk.created.ms -= 5'000;
              });
            }, "snapshots"), "");
}

TEST_F(Judge, SeesASnapshotThatKeepsMoreThanItsReserve) {
  EXPECT_THAT(violation([](store::Batch& batch) {
                edit_rows<domain::Disk>(batch, [](domain::Disk& disk) { disk.reserve_wanted.nano += disk.snapshot == domain::SnapshotState::kCompleted; });
              }, "snapshots"), testing::HasSubstr("to be reserved"));
}

TEST_F(Judge, SeesEmergencyCreditThatTheCourseDoesNotCount) {
  EXPECT_NE(violation([](store::Batch& batch) {
              edit_rows<domain::Course>(batch, [](domain::Course& course) { course.emergency_given = {}; });
            }, "emergency"), "");
}

TEST(Shrink, FindsTheSmallestThatStillFails) {
  // Fails with crashes and at least three students, whatever else.
  int runs = 0;
  const auto run = [&](const Settings& settings) {
    ++runs;
    Outcome out{.settings = settings};
    if (settings.faults->has(Trouble::kCrash) && settings.students >= 3) out.violation = "as planned";
    return out;
  };
  Settings settings{.seed = 17, .students = 200, .weeks = 14, .faults = Faults::all()};
  const auto smallest = shrink(run(settings), 60, run).settings;
  EXPECT_EQ(replay(smallest), "stipend-sim --seeds 1 --first-seed 17 --scenario mixed --students 3 --weeks 1 --faults crash");
  EXPECT_LE(runs, 61);
}

TEST(FaultList, IsReadAsItIsWrittenAndNamesWhatItDoesNotKnow) {
  EXPECT_EQ(to_text(*parse_faults("mail,crash")), "crash,mail");
  EXPECT_EQ(*parse_faults(to_text(Faults::all())), Faults::all());
  EXPECT_EQ(to_text(*parse_faults("none")), "none");
  ASSERT_FALSE(parse_faults("crash,meteor"));
  EXPECT_THAT(parse_faults("crash,meteor").error().message, testing::HasSubstr("no fault 'meteor'"));
}

}  // namespace
}  // namespace stipend::control
