#include "domain/instance_state.hpp"

#include <gtest/gtest.h>

namespace stipend::domain {
namespace {

using enum InstanceState;

TEST(InstanceState, NamesAndCodesAreEc2s) {
  EXPECT_EQ(state_name(kShuttingDown), "shutting-down");
  EXPECT_EQ(state_code(kPending), 0);
  EXPECT_EQ(state_code(kRunning), 16);
  EXPECT_EQ(state_code(kShuttingDown), 32);
  EXPECT_EQ(state_code(kTerminated), 48);
  EXPECT_EQ(state_code(kStopping), 64);
  EXPECT_EQ(state_code(kStopped), 80);
}

TEST(InstanceState, NothingComesBackFromTerminated) {
  for (const auto state : {kPending, kRunning, kShuttingDown, kTerminated, kStopping, kStopped})
    EXPECT_FALSE(may_become(kTerminated, state));
  EXPECT_FALSE(may_become(kShuttingDown, kRunning));
  EXPECT_FALSE(may_become(kStopped, kRunning));
}

TEST(InstanceState, TheTransitionReasonHasTheTimeInBrackets) {
  EXPECT_EQ(user_initiated(*base::parse_iso8601("2017-03-01T12:34:56.000Z")), "User initiated (2017-03-01 12:34:56 GMT)");
}

}  // namespace
}  // namespace stipend::domain
