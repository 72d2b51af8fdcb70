// What stipend-host refuses, and that no half-made machine stays.
#include <signal.h>

#include "host/machines_test/harness.hpp"
#include "host/spawn.hpp"

namespace stipend::host {
namespace {

TEST_F(Machines, RefusesWhatIsLateOldOrForeignAndKeepsNoHalfMadeMachine) {
  auto late = start_of(1, 600);
  late.deadline_mono_ms = monotonic_ms();
  ask(late);
  ASSERT_TRUE(wait_phase(1, Phase::kEnded, 5'000));
  EXPECT_EQ(report(1).cause, Cause::kStartFailed);
  late.deadline_mono_ms += 60'000;  // never again, whatever its deadline
  reports_.clear();
  ask(late);
  ASSERT_TRUE(wait_phase(1, Phase::kEnded, 5'000));

  ask(hostlink::Stop{key_of(2), epoch_, Cause::kPerson, false});  // of a run that never came
  ASSERT_TRUE(wait_phase(2, Phase::kEnded, 5'000));
  EXPECT_EQ(report(2).ran.count, 0);
  reports_.clear();
  start(2, 600);
  ASSERT_TRUE(wait_phase(2, Phase::kEnded, 5'000));

  auto no_image = start_of(3, 600);
  no_image.image = *base::ImageId::parse("ami-0000000000000dead");
  ask(no_image);
  ASSERT_TRUE(wait_phase(3, Phase::kEnded, 20'000));
  EXPECT_EQ(report(3).cause, Cause::kStartFailed);
  EXPECT_FALSE(report(3).detail.empty());

  auto foreign = start_of(4, 600);
  foreign.private_address = "192.0.2.1";
  ask(foreign);
  ASSERT_TRUE(wait_phase(4, Phase::kEnded, 10'000));
  EXPECT_EQ(report(4).cause, Cause::kStartFailed);

  start(5, 600);
  ASSERT_TRUE(wait_phase(5, Phase::kRunning)) << report(5).detail;
  auto same_disk = start_of(6, 600);
  same_disk.disk = disk_of(5);
  ask(same_disk);
  ASSERT_TRUE(wait_phase(6, Phase::kEnded, 5'000));
  start(5, 600, 2);  // while the first one runs
  ASSERT_TRUE(wait_phase(5, Phase::kEnded, 5'000, 2));
  EXPECT_EQ(report(5).phase, Phase::kRunning);

  ask(hostlink::Stop{key_of(5), epoch_ - 1, Cause::kPerson, true});  // of an older server
  EXPECT_TRUE(wait(5'000, [&] { return fenced_ == epoch_; }));
  EXPECT_FALSE(wait(1'000, [&] { return report(5).phase != Phase::kRunning; }));
  ask(hostlink::DeleteDisk{disk_of(5), epoch_, 71});
  ASSERT_TRUE(wait(5'000, [&] { return done_.contains(71); }));
  EXPECT_EQ(done_[71].code, "VolumeInUse");
  ask(hostlink::ReadConsole{key_of(5).instance, 72});
  ASSERT_TRUE(wait(5'000, [&] { return consoles_.contains(72) || done_.contains(72); }));
  EXPECT_TRUE(consoles_[72].find("systemd") != std::string::npos) << consoles_[72].substr(0, 500);

  auto stopped_early = start_of(7, 600);
  ask(stopped_early);
  ask(hostlink::Stop{key_of(7), epoch_, Cause::kPerson, false});
  ASSERT_TRUE(wait_phase(7, Phase::kEnded, 20'000));
  EXPECT_EQ(report(7).cause, Cause::kPerson);
  EXPECT_EQ(report(7).ran.count, 0);

  // A higher epoch is kept through a restart.
  epoch_ += 1;
  ask(hostlink::Stop{key_of(5), epoch_, Cause::kPerson, true});
  ASSERT_TRUE(wait_phase(5, Phase::kEnded, 10'000));
  stop_host(SIGTERM);
  start_host();
  fenced_ = 0;
  ask(hostlink::Acknowledge{key_of(5), epoch_ - 1});
  EXPECT_TRUE(wait(5'000, [&] { return fenced_ == epoch_; }));
  ask(hostlink::DeleteDisk{disk_of(5), epoch_, 73});
  ASSERT_TRUE(wait(10'000, [&] { return done_.contains(73); }));
  EXPECT_TRUE(done_[73].ok) << done_[73].message;
  for (const int n : {3, 4, 7}) EXPECT_TRUE(gone(n)) << n;
}

}  // namespace
}  // namespace stipend::host
