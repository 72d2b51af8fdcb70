#include "hostlink/names.hpp"

#include <gtest/gtest.h>

namespace stipend::hostlink {
namespace {

TEST(Names, StatesDoNotShareNames) {
  EXPECT_NE(state_hash("/srv/a"), state_hash("/srv/b"));
  EXPECT_EQ(state_hash("/srv/a").size(), 8U);
  EXPECT_EQ(host_socket("/srv/a"), "/run/stipend/" + state_hash("/srv/a") + "/host.sock");
}

}  // namespace
}  // namespace stipend::hostlink
