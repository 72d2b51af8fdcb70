// `stipend-sim`: simulated classes, seed by seed, each judged to the nano-dollar. For developers; touches no state. The
// last line is the verdict; a seed that fails is made as small as it still fails and printed with what replays it.
#include <CLI/CLI.hpp>
#include <csignal>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#include "base/log.hpp"
#include "control/simulation/simulation.hpp"

namespace {

using namespace stipend;
using control::Outcome;
using control::Settings;

constexpr int kShrinkTries = 60;

// What runs on this thread, for a broken CHECK, which aborts.
thread_local char running[512];

extern "C" void on_abort(int) {
  constexpr std::string_view kBefore = "FAILED: a CHECK broke (see above); replay: ";
  (void)!write(STDOUT_FILENO, kBefore.data(), kBefore.size());
  (void)!write(STDOUT_FILENO, running, strlen(running));
  (void)!write(STDOUT_FILENO, "\n", 1);
  _exit(1);
}

Outcome run(const Settings& settings) {
  const auto text = control::replay(settings);
  text.copy(running, sizeof running - 1);
  running[std::min(text.size(), sizeof running - 1)] = '\0';
  return control::simulate(settings);
}

std::string line_of(const Outcome& o, double seconds) {
  return fmt::format("seed {}: {} virtual days, {} events, {} ticks, {} commits, {} crashes, {} runs settled, {} bills exact, {} entries, {} credit stops, {} turns; faults {} ({:.1f} s)",
                     o.settings.seed, o.virtual_hours / 24, o.world.events, o.world.ticks, o.world.commits, o.world.crashes, o.audited.settled, o.audited.exact, o.audited.entries,
                     o.audited.credit_ends, o.audited.turns, control::to_text(*o.settings.faults), seconds);
}

struct Sum {
  std::int64_t seeds = 0, commits = 0, crashes = 0, settled = 0, exact = 0, entries = 0, credit_ends = 0, hours = 0;
  ledger::Wide charged = 0;
  void add(const Outcome& o) {
    ++seeds;
    commits += o.world.commits;
    crashes += o.world.crashes;
    settled += o.audited.settled;
    exact += o.audited.exact;
    entries += o.audited.entries;
    credit_ends += o.audited.credit_ends;
    hours += o.virtual_hours;
    charged += o.audited.charged;
  }
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Simulated classes on a simulated host, judged to the nano-dollar.", "stipend-sim"};
  Settings wanted;
  std::uint64_t seeds = 20, first = 1;
  unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
  std::string faults;
  bool quiet = false;
  std::string names;
  for (const auto name : control::scenarios()) names += (names.empty() ? "" : ", ") + std::string(name);
  app.add_option("--seeds", seeds, "how many worlds")->capture_default_str()->check(CLI::Range(1, 1'000'000'000));
  app.add_option("--first-seed", first, "the first one's seed")->capture_default_str();
  app.add_option("--scenario", wanted.scenario, names)->capture_default_str();
  app.add_option("--students", wanted.students, "of each class")->capture_default_str();
  app.add_option("--weeks", wanted.weeks, "of the term")->capture_default_str();
  app.add_option("--faults", faults, "all, none, or of crash,commits,mail,provider,clock,machines,host (default: drawn from the seed)");
  app.add_option("--trace", wanted.trace, "print what is committed of this account")->type_name("ACCOUNT");
  app.add_option("--jobs", jobs, "worlds at a time")->capture_default_str()->check(CLI::Range(1, 256));
  app.add_flag("--quiet", quiet, "print the verdict only");
  CLI11_PARSE(app, argc, argv);
  base::log::set_level(base::log::Level::kError);
  auto ready = control::check(wanted);
  if (!faults.empty() && ready) {
    if (auto parsed = control::parse_faults(faults)) wanted.faults = *parsed;
    else ready = std::unexpected(parsed.error());
  }
  if (!ready) {
    fmt::print(stderr, "stipend-sim: {}\n", ready.error().message);
    return 2;
  }
  std::signal(SIGABRT, on_abort);

  std::atomic<std::uint64_t> next = 0;
  std::mutex guard;
  std::optional<Outcome> failed;  // of the lowest seed
  Sum sum;
  const auto begun = std::chrono::steady_clock::now();
  const auto since = [](auto from) { return std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count(); };
  const auto work = [&] {
    for (;;) {
      const auto i = next++;
      if (i >= seeds) return;
      {
        const std::lock_guard lock(guard);
        if (failed) return;
      }
      auto settings = wanted;
      settings.seed = first + i;
      const auto from = std::chrono::steady_clock::now();
      auto outcome = run(settings);
      const std::lock_guard lock(guard);
      if (!quiet) fmt::print("{}{}\n", line_of(outcome, since(from)), outcome.violation.empty() ? "" : "\n  " + outcome.violation);
      std::fflush(stdout);
      sum.add(outcome);
      if (!outcome.violation.empty() && (!failed || outcome.settings.seed < failed->settings.seed)) failed = std::move(outcome);
    }
  };
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 1; i < std::min<std::uint64_t>(jobs, seeds); ++i) threads.emplace_back(work);
    work();
  }
  if (failed) {
    const auto seed = failed->settings.seed;
    fmt::print("seed {} failed: {}\nas it was: {}\nlooking for the smallest that still fails…\n", seed, failed->violation, control::replay(failed->settings));
    std::fflush(stdout);
    const auto smallest = control::shrink(*std::move(failed), kShrinkTries, run);
    fmt::print("FAILED: seed {}: {}; replay: {}\n", seed, smallest.violation, control::replay(smallest.settings));
    return 1;
  }
  fmt::print("ok: {} seeds, {} virtual days, {} commits, {} crashes, {} runs settled ({} bills exact), {} entries, ${:.2f} charged, {} credit stops, "
             "0 nano-dollars overspent, nothing stranded, in {:.0f} s\n",
             sum.seeds, sum.hours / 24, sum.commits, sum.crashes, sum.settled, sum.exact, sum.entries, static_cast<double>(sum.charged) / 1e9, sum.credit_ends,
             since(begun));
  return 0;
}
