// Simulation: one seed, one scenario, so many students and weeks, these faults: the same world again each time. Runs its
// workloads, then lets all come to rest and judges it. Threads may run several, each its own.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "control/simulation/world.hpp"

namespace stipend::control {

struct Settings {
  std::uint64_t seed = 1;
  std::string scenario = "mixed";
  std::int64_t students = 20, weeks = 4;
  std::optional<Faults> faults;                // absent: drawn from the seed, none in one world of four
  std::string trace = {};                      // an account whose commits are printed
  std::function<void(store::Batch&)> tamper;   // for tests of the judge
};

struct Outcome {
  Settings settings;      // with the faults that were drawn
  std::string violation;  // empty: all was well
  WorldCounts world;
  Auditor::Counts audited;
  std::int64_t virtual_hours = 0;
  std::string chain;      // of the ledger at the end: the same for the same settings
};

// "mixed" (a term, and what else the seed draws), "term", "deadline", "join-storm", "top-ups", "policy", "codes", "emergency",
// "prices", "snapshots", "addresses", "outages", "race", "giant" (which is only for its figures).
const std::vector<std::string_view>& scenarios();
base::Status check(const Settings& settings);
Outcome simulate(const Settings& settings);
// "stipend-sim --seeds 1 --first-seed 17 …": what runs it once more.
std::string replay(const Settings& settings);

// Fewer students, weeks and faults, as long as it still fails: at most so many tries.
Outcome shrink(Outcome failed, int tries, const std::function<Outcome(const Settings&)>& run = simulate);

}  // namespace stipend::control
