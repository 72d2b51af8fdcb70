// Who gets the CPUs when all machines want more than there is.
#include "host/cgroup.hpp"
#include "host/machines_test/harness.hpp"
#include "host/spawn.hpp"

namespace stipend::host {
namespace {

// Ratios only: other programs of the computer take from all alike.
TEST_F(Machines, AMachineHasItsGuaranteedCpuHoweverMuchTheOthersWant) {
  constexpr int kOthers = 2;
  auto small = start_of(1, 600);
  small.cpu_milli = 1'000;  // one vCPU, all of it promised
  ask(small);
  for (int n = 2; n < 2 + kOthers; ++n) {
    auto other = start_of(n, 600);
    other.vcpus = static_cast<std::int64_t>(host_cpus().size());
    other.cpu_milli = 100;  // all vCPUs, little of it promised
    ask(other);
  }
  for (int n = 1; n < 2 + kOthers; ++n) ASSERT_TRUE(wait_phase(n, Phase::kRunning)) << report(n).detail;
  EXPECT_EQ(machine_cpu_use(names_, key_of(1).instance).cpus.size(), 1u);
  EXPECT_NEAR(static_cast<double>(machine_cpu_use(names_, key_of(1).instance).guaranteed_milli), 1'000, 10);

  const auto burn = [&](int n, std::size_t threads) {
    // Services: whoever enters from outside stays in a control group of the outside.
    in_guest(status(n).init, "for i in $(seq 100); do systemd-run --quiet true 2>/dev/null && break; sleep 0.1; done; for i in $(seq " +
                                 std::to_string(threads) + "); do systemd-run --quiet sh -c 'while :; do :; done' || exit 1; done");
  };
  const std::size_t cpus = host_cpus().size();
  burn(1, 1);
  for (int n = 2; n < 2 + kOthers; ++n) burn(n, 2 * cpus);
  const auto used = [&](int n) {
    const auto usage = machine_usage(names_, key_of(n).instance);
    return usage ? static_cast<double>(usage->cpu_ns) : 0.0;
  };
  wait(2'000, [] { return false; });
  double before_small = used(1), before_all = 0;
  for (int n = 1; n < 2 + kOthers; ++n) before_all += used(n);
  wait(8'000, [] { return false; });
  const double got = used(1) - before_small;
  double all = -before_all;
  for (int n = 1; n < 2 + kOthers; ++n) all += used(n);
  // Of its own CPU nearly all, so of what the machines had together nearly its part; weighing alike it would be half of that.
  EXPECT_GT(got / all, 0.75 / static_cast<double>(cpus)) << got / 1e9 << " of " << all / 1e9 << " CPU seconds";
}

}  // namespace
}  // namespace stipend::host
