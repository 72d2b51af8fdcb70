// Another public address for a machine that runs.
#include <signal.h>

#include "host/machines_test/harness.hpp"

namespace stipend::host {
namespace {

TEST_F(Machines, AreReachedAtTheirNewPublicAddressAndNoLongerAtTheOldOneAlsoByTheNextStipendHost) {
  start(1, 600);
  ASSERT_TRUE(wait_phase(1, Phase::kRunning)) << report(1).detail;
  const std::string old = start_of(1, 1).public_address, fresh = start_of(9, 1).public_address;
  ASSERT_TRUE(wait(60'000, [&] { return reaches(old, 22); })) << "its sshd";
  EXPECT_FALSE(reaches(fresh, 22));
  const auto moved = [&](int n, const std::string& address, std::int64_t request, std::int64_t epoch) {
    ask(hostlink::SetPublicAddress{key_of(n), epoch, address, request});
    return answer_to(request);
  };
  EXPECT_EQ(moved(2, fresh, 80, epoch_).code, "IncorrectInstanceState");
  EXPECT_EQ(moved(1, fresh, 81, epoch_ - 1).code, "Fenced");
  EXPECT_EQ(moved(1, "192.0.2.1", 82, epoch_).code, "InvalidAddress");
  EXPECT_TRUE(reaches(old, 22)) << "what was refused changed nothing";

  for (const int request : {83, 84}) EXPECT_TRUE(moved(1, fresh, request, epoch_).ok) << done_[request].message;
  EXPECT_TRUE(reaches(fresh, 22));
  EXPECT_FALSE(reaches(old, 22));
  for (const int signal : {SIGKILL, SIGTERM}) {
    stop_host(signal);
    start_host();
    ASSERT_TRUE(wait_phase(1, Phase::kRunning));
    EXPECT_TRUE(reaches(fresh, 22));
    EXPECT_FALSE(reaches(old, 22));
  }

  auto heir = start_of(3, 600);
  heir.public_address = old;
  ask(heir);
  ASSERT_TRUE(wait_phase(3, Phase::kRunning)) << report(3).detail;
  EXPECT_EQ(moved(3, fresh, 85, epoch_).code, "AddressInUse");
  ask(hostlink::Stop{key_of(1), epoch_, Cause::kPerson, true});
  ASSERT_TRUE(wait_phase(1, Phase::kEnded));
  EXPECT_FALSE(reaches(fresh, 22));
  EXPECT_EQ(moved(1, fresh, 86, epoch_).code, "IncorrectInstanceState");
  EXPECT_TRUE(moved(3, fresh, 87, epoch_).ok) << done_[87].message;
  EXPECT_TRUE(wait(60'000, [&] { return reaches(fresh, 22); }));
}

}  // namespace
}  // namespace stipend::host
