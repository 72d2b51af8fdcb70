#include "control/simulation/simulation.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "control/simulation/people.hpp"
#include "control/simulation/workload.hpp"

namespace stipend::control {
namespace {

constexpr std::int64_t kStudentsMost = 1'000'000, kWeeksMost = 200;
constexpr int kRaceCrashes = 30;
constexpr std::int64_t kRaceMs = 10 * kHourMs;

bool is_race(const Settings& settings) { return settings.scenario == "race"; }

std::vector<WorkloadPtr> workloads(const Settings& settings, base::SeededRandom& random) {
  const Size size{settings.students, settings.weeks};
  std::vector<WorkloadPtr> out;
  const auto& name = settings.scenario;
  const bool mixed = name == "mixed";
  const auto drawn = [&] { return mixed && random.below(3) == 0; };  // each draws, whether it counts or not
  const bool deadline = drawn(), storm = drawn(), top_ups = drawn(), outages = drawn(), policy = drawn(), codes = drawn(), emergency = drawn(), prices = drawn(), snapshots = drawn(), addresses = drawn();
  if (name == "race") out.push_back(make_race(kRaceCrashes));
  if (name == "term" || mixed) out.push_back(make_term(size));
  if (name == "deadline" || deadline) out.push_back(make_deadline(size));
  if (name == "join-storm" || storm) out.push_back(make_join_storm(size));
  if (name == "top-ups" || top_ups) out.push_back(make_top_ups(size));
  if (name == "policy" || policy) out.push_back(make_policy(size));
  if (name == "codes" || codes) out.push_back(make_codes(size));
  if (name == "emergency" || emergency) out.push_back(make_emergency(size));
  if (name == "prices" || prices) out.push_back(make_prices(size));
  if (name == "snapshots" || snapshots) out.push_back(make_snapshots(size));
  if (name == "addresses" || addresses) out.push_back(make_addresses(size));
  if (name == "giant") out.push_back(make_giant(size));
  if (name == "outages" || outages) out.push_back(make_outages(size));
  return out;
}

Faults faults_of(const Settings& settings, base::SeededRandom& random) {
  const bool calm = random.below(4) == 0;
  const auto drawn = Faults::drawn(random);
  return settings.faults.value_or(calm ? Faults() : drawn);
}

WorldOptions world_options(const Settings& settings, base::SeededRandom& random) {
  WorldOptions options;
  options.seed = random.next();
  options.faults = *settings.faults;
  options.tamper = settings.tamper;
  options.trace = settings.trace;
  auto& host = options.host;
  const bool small = random.below(3) == 0;  // most of the class finds no room at once
  if (is_race(settings)) {
    host.report_every_ms = 45'000;
    host.cpus = settings.seed % 2 == 0 ? 2 : 16;
    host.memory_mib = settings.seed % 2 == 0 ? 6 * 1024 : 64 * 1024;
    options.keep_deleted_s = random.below(3) == 0 ? 0 : 120;
    options.crash_one_in = 12;
    options.refuse_one_in = 40;
    options.trouble_every_s = 200;
    options.down_s_most = random.below(3) == 0 ? 2 * 3600 : 60;
    options.restless = true;
    options.resync_every_ms = 30'000;
  } else {
    // Leases confirm themselves every five minutes; more would be news of nothing.
    host.report_every_ms = 600'000;
    host.cpus = small ? std::max<std::int64_t>(8, settings.students / 2) : std::max<std::int64_t>(64, settings.students * 4);
    host.memory_mib = host.cpus * 4096;
    host.disk_free_mib = std::max<std::int64_t>(4, settings.students) * 1024 * 1024;
    host.addresses = {"10.96.0.0/12", "127.96.0.0/12"};
    options.keep_deleted_s = random.below(3) == 0 ? 0 : 7 * 86'400;
    options.down_s_most = random.below(2) == 0 ? 2 * 3600 : 300;
    if (settings.scenario == "giant") {
      options.resync_every_ms = kHourMs;
      options.busy_tick_ms = kMinuteMs;
    }
  }
  // A copy takes seconds, or most of an hour.
  host.snapshot_ms = random.below(3) == 0 ? static_cast<std::int64_t>(random.below(3'000'000)) : 2'000;
  host.snapshot_mib = 1 + static_cast<std::int64_t>(random.below(9'000));
  return options;
}

void live(World& world, std::vector<WorkloadPtr>& people, const Settings& settings) {
  world.begin();
  for (auto& one : people) one->set_up(world);
  world.let_trouble_come();
  for (auto& one : people) one->start(world);
  const auto end = world.now_ms() + (is_race(settings) ? kRaceMs : settings.weeks * kWeekMs);
  while (world.now_ms() < end && !std::ranges::all_of(people, [&](const auto& one) { return one->is_done(world); }))
    world.run_until(std::min(end, world.now_ms() + kHourMs / (is_race(settings) ? 60 : 1)));
  world.come_to_rest();
  for (auto& one : people) one->check(world);
}

}  // namespace

const std::vector<std::string_view>& scenarios() {
  static const std::vector<std::string_view> names{"mixed", "term", "deadline", "join-storm", "top-ups", "policy", "codes", "emergency", "prices", "snapshots", "addresses", "outages", "race", "giant"};
  return names;
}

base::Status check(const Settings& settings) {
  const auto wrong = [](std::string what) { return base::fail(base::Fault::kInvalid, "InvalidSimulation", std::move(what)); };
  if (std::ranges::find(scenarios(), settings.scenario) == scenarios().end()) {
    std::string names;
    for (const auto name : scenarios()) names += (names.empty() ? "" : ", ") + std::string(name);
    return wrong(fmt::format("there is no scenario '{}'; there are {}", settings.scenario, names));
  }
  if (settings.students < 1 || settings.students > kStudentsMost) return wrong(fmt::format("students are 1 to {}", kStudentsMost));
  if (settings.weeks < 1 || settings.weeks > kWeeksMost) return wrong(fmt::format("weeks are 1 to {}", kWeeksMost));
  return {};
}

Outcome simulate(const Settings& wanted) {
  Outcome out{.settings = wanted};
  base::SeededRandom random(wanted.seed);
  out.settings.faults = faults_of(wanted, random);
  auto people = workloads(out.settings, random);
  World world(world_options(out.settings, random));
  const auto begun = world.now_ms();
  try {
    live(world, people, out.settings);
  } catch (const Broken& broken) {
    out.violation = broken.what.empty() ? "something is wrong" : broken.what;
  }
  out.world = world.counts();
  out.audited = world.auditor().counts();
  out.virtual_hours = (world.now_ms() - begun) / kHourMs;
  out.chain = world.chain();
  return out;
}

std::string replay(const Settings& settings) {
  return fmt::format("stipend-sim --seeds 1 --first-seed {} --scenario {} --students {} --weeks {}{}", settings.seed, settings.scenario,
                     settings.students, settings.weeks, settings.faults ? " --faults " + to_text(*settings.faults) : "");
}

Outcome shrink(Outcome failed, int tries, const std::function<Outcome(const Settings&)>& run) {
  const auto smaller = [&](Settings settings) {
    if (tries-- <= 0) return false;
    auto outcome = run(settings);
    if (outcome.violation.empty()) return false;
    failed = std::move(outcome);
    return true;
  };
  for (bool progress = true; progress && tries > 0;) {
    progress = false;
    for (const auto what : failed.settings.faults->list()) {
      auto settings = failed.settings;
      settings.faults->set(what, false);
      progress = smaller(settings) || progress;
    }
    for (const auto member : {&Settings::weeks, &Settings::students})
      for (const auto part : {2, 1}) {  // half, else one less
        auto settings = failed.settings;
        const auto before = settings.*member;
        settings.*member = part == 2 ? before / 2 : before - 1;
        if (settings.*member < 1 || settings.*member == before || (part == 1 && before > 8)) continue;
        if (smaller(settings)) {
          progress = true;
          break;
        }
      }
  }
  return failed;
}

}  // namespace stipend::control
