// Any process, any moment.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <vector>

#include "base/random.hpp"
#include "host/machines_test/harness.hpp"
#include "host/spawn.hpp"
#include "hostlink/codec.hpp"

namespace stipend::host {
namespace {

// STIPEND_KILL_ROUNDS rounds (1 unless set) of eight machines; each loses a random process at a random moment
// of its start or run. Whatever it was: it ends inside its lease or with its supervisor, is reported once and
// for all, charged at most its lease, leaves nothing running, and its next generation starts from the same
// disk.
TEST_F(Machines, RandomKillsAtRandomMomentsLoseNothing) {
  constexpr int kMachines = 8;
  constexpr std::int64_t kLease = 50;
  const char* wanted = getenv("STIPEND_KILL_ROUNDS");
  const int rounds = wanted ? std::max(1, atoi(wanted)) : 1;
  const char* seeded = getenv("STIPEND_KILL_SEED");
  const std::uint64_t seed =
      seeded ? strtoull(seeded, nullptr, 10) : static_cast<std::uint64_t>(monotonic_ms());
  std::cout << "STIPEND_KILL_SEED=" << seed << "\n";
  base::SeededRandom random(seed);
  for (int round = 1; round <= rounds; ++round) {
    struct Blow {
      std::int64_t at_ms;
      int machine;
      std::uint64_t victim;
      int signal;
    };
    std::vector<Blow> blows;
    const std::int64_t begin = monotonic_ms();
    for (int n = 1; n <= kMachines; ++n) {
      start(n, kLease, round);
      const std::uint64_t within = random.below(2) == 0 ? 1'500 : 12'000;  // while it starts, or later
      blows.push_back({begin + static_cast<std::int64_t>(random.below(within)), n, random.below(5),
                       random.below(3) == 0 ? SIGSTOP : SIGKILL});
    }
    std::ranges::sort(blows, {}, &Blow::at_ms);
    for (const auto& blow : blows) {
      wait(blow.at_ms - monotonic_ms(), [] { return false; });
      const auto now = status(blow.machine);
      const pid_t victims[] = {now.pid, now.runner, now.init, 0, now.pid};
      if (victims[blow.victim] > 1) kill(victims[blow.victim], blow.signal);
      if (blow.victim < 3) continue;
      stop_host(SIGKILL);  // alone, or together with a supervisor
      usleep(static_cast<useconds_t>(random.below(1'500'000)));
      start_host();
      ask(hostlink::Resync{});
    }
    std::vector<RunKey> all;
    for (int n = 1; n <= kMachines; ++n) all.push_back(key_of(n, round));
    const auto ended = [&] {
      return std::ranges::all_of(all,
                                 [&](const RunKey& key) { return reports_[key].phase == Phase::kEnded; });
    };
    for (int i = 0; i < 48 && !wait(5'000, ended); ++i) {
      ask(hostlink::Resync{all, true});
      for (int n = 1; n <= kMachines; ++n)  // an order that was lost with a stipend-host is given again
        if (report(n, round).key == key_of(n, round) && report(n, round).phase == Phase::kAbsent)
          start(n, kLease, round);
    }
    for (int n = 1; n <= kMachines; ++n) {
      const Report& last = report(n, round);
      EXPECT_EQ(last.phase, Phase::kEnded)
          << "machine " << n << " round " << round << ": " << history_[last.key];
      EXPECT_LE(last.ran.count, kLease) << n;
      EXPECT_NE(last.cause, Cause::kGuest) << n;  // nobody inside asked for an end
      EXPECT_TRUE(gone(n)) << n;
      EXPECT_EQ(history_[key_of(n, round)].find("ended "), history_[key_of(n, round)].rfind("ended "))
          << history_[key_of(n, round)];
      std::cout << "round " << round << " machine " << n << ": ran " << last.ran.count << " s, "
                << hostlink::to_word(last.cause) << ", " << history_[key_of(n, round)] << last.detail << "\n";
      ask(hostlink::Acknowledge{key_of(n, round), epoch_});
    }
    if (HasFailure()) return;
  }
  start(1, 600, rounds + 1);
  EXPECT_TRUE(wait_phase(1, Phase::kRunning, 30'000, rounds + 1)) << report(1, rounds + 1).detail;
}

}  // namespace
}  // namespace stipend::host
