#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "app/jump_config.hpp"
#include "app/jump_keys.hpp"
#include "app/jump_process.hpp"

namespace stipend::app {
namespace {

control::SshMachine machine() {
  return {*base::InstanceId::parse("i-0123456789abcdef0"), {}, 1, "10.97.16.5", "100.97.16.9"};
}

TEST(JumpKeys, AKnownKeyWithoutAMachineMayForwardNothing) {
  EXPECT_EQ(authorized_key_line("ssh-ed25519 AAAA", {}), "restrict ssh-ed25519 AAAA\n");
}

TEST(JumpKeys, AMachineIsPermittedByEachOfItsNamesAndPort22Alone) {
  const auto names = ssh_names(machine(), "us-east-1", "stipend.example.edu");
  EXPECT_EQ(names, (std::vector<std::string>{"i-0123456789abcdef0", "i-0123456789abcdef0.stipend.example.edu", "10.97.16.5",
                                             "ip-10-97-16-5.ec2.internal", "100.97.16.9"}));
  const auto line = authorized_key_line("ssh-ed25519 AAAA", names);
  EXPECT_TRUE(line.starts_with("restrict,port-forwarding,permitopen=\"i-0123456789abcdef0:22\",")) << line;
  EXPECT_TRUE(line.ends_with(",permitopen=\"100.97.16.9:22\" ssh-ed25519 AAAA\n")) << line;
}

TEST(JumpConfig, NothingButForwardingToPort22IsLeft) {
  const JumpSettings settings{{"::", 2222}, "stipend-jump", "/key", "/run/jump/keys.sock"};
  const auto text = sshd_config(settings, SshdAge::kAny);
  for (const char* line : {"ListenAddress [::]:2222\n", "AllowUsers stipend-jump\n", "MaxSessions 0\n", "PermitOpen *:22\n", "PermitListen none\n",
                           "AllowTcpForwarding local\n", "AllowStreamLocalForwarding no\n", "PermitTunnel no\n", "UsePAM no\n",
                           "AuthorizedKeysFile none\n", "AuthenticationMethods publickey\n", "AuthorizedKeysCommandUser stipend-jump\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line;
  EXPECT_EQ(text.find("PerSourcePenalties"), std::string::npos);
  EXPECT_EQ(sshd_config(settings, SshdAge::kRecent).find(text), 0u) << "what is recent only comes behind";
}

TEST(JumpProcess, AProcessIsNamedByNumberAndStart) {
  const auto self = find_process(getpid());
  ASSERT_TRUE(self);
  EXPECT_EQ(self->parent, getppid());
  auto line = to_line(*self);
  line.pop_back();
  const auto parsed = parse_process(line);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->pid, self->pid);
  EXPECT_EQ(parsed->started, self->started);
  EXPECT_FALSE(find_process(0));
  EXPECT_FALSE(find_process(1 << 30));
}

TEST(JumpProcess, OtherWordsNameNone) {
  for (const char* line : {"", "1", "1 ", "a 1", "1 a", "-1 5", "1 2 3", "0 4", " 1 2", "99999999999999 1"}) EXPECT_FALSE(parse_process(line)) << line;
}

}  // namespace
}  // namespace stipend::app
