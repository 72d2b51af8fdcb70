#include "app/jump_doctor.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "net/listener.hpp"

namespace stipend::app {
namespace {

bool says(const std::vector<Finding>& findings, const std::string& level, const std::string& part) {
  return std::ranges::any_of(findings, [&](const Finding& f) { return f.level == level && f.sentence.contains(part); });
}

TEST(JumpDoctor, SaysNothingWithoutAJumpHost) {
  std::vector<Finding> findings;
  check_jump_host({}, findings);
  EXPECT_TRUE(findings.empty());
}

TEST(JumpDoctor, AMissingUserAndAWrongOneAreTold) {
  Config config;
  config.ssh_listen = "127.0.0.1:0";
  config.ssh_user = "no-such-user-of-this-computer";
  std::vector<Finding> findings;
  check_jump_host(config, findings);
  EXPECT_TRUE(says(findings, "fail", "there is no user 'no-such-user-of-this-computer'"));
  config.ssh_user = "root";
  findings.clear();
  check_jump_host(config, findings);
  EXPECT_TRUE(says(findings, "fail", "neither root nor"));
}

TEST(JumpDoctor, APortInUseIsTold) {
  const auto taken = net::listen("127.0.0.1", 0);
  ASSERT_TRUE(taken);
  Config config;
  config.ssh_listen = taken->name();
  std::vector<Finding> findings;
  check_jump_host(config, findings);
  EXPECT_TRUE(std::ranges::any_of(findings, [](const Finding& f) { return f.level == "warn"; }));
}

}  // namespace
}  // namespace stipend::app
