// 1,000 crashes at commits, in worlds whose faults are drawn from their seed. On failure the seed is printed:
// STIPEND_SIMULATION_SEED=… runs that one alone, STIPEND_SIMULATION_RUNS=… more of them.
#include "control/simulation/simulation.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/log.hpp"

namespace stipend::control {
namespace {

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(Simulation, NoCrashNoRaceAndNoFaultOverspendsLosesOrChargesWrong) {
  base::log::set_level(base::log::Level::kError);
  const auto only = setting("STIPEND_SIMULATION_SEED", 0);
  const auto runs = only != 0 ? 1 : setting("STIPEND_SIMULATION_RUNS", 50);
  int crashes = 0, commits = 0, settled = 0, turns = 0;
  std::int64_t minutes = 0;
  for (std::uint64_t i = 1; i <= runs; ++i) {
    const auto seed = only != 0 ? only : i;
    const auto report = Simulation(seed).run(30, 10 * 60);
    ASSERT_EQ(report.violation, "") << "STIPEND_SIMULATION_SEED=" << seed;
    crashes += report.crashes;
    commits += report.commits;
    settled += report.settled_runs;
    turns += report.turns;
    minutes += report.virtual_minutes;
  }
  printf("%d crashes, %d commits, %d runs settled, %d turns of the queue, %lld virtual hours\n", crashes, commits, settled, turns,
         static_cast<long long>(minutes / 60));
  if (runs >= 50) {
    EXPECT_GE(crashes, 1000);
    EXPECT_GE(settled, 700);
    EXPECT_GE(turns, 50);
  }
}

TEST(Simulation, IsTheSameForTheSameSeed) {
  base::log::set_level(base::log::Level::kError);
  const auto once = Simulation(77).run(10, 600), again = Simulation(77).run(10, 600);
  EXPECT_EQ(once.violation, "");
  EXPECT_FALSE(once.chain.empty());
  EXPECT_EQ(once.chain, again.chain);
  EXPECT_EQ(once.commits, again.commits);
}

}  // namespace
}  // namespace stipend::control
