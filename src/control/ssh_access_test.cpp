#include "control/ssh_access.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "control/commands/accounts.hpp"
#include "control/testing/table.hpp"

namespace stipend::control {
namespace {

constexpr const char* kKey = "ssh-ed25519 AAAAC3Nz1";

class SshAccess : public testing::Test {
 protected:
  SshAccess() {
    EXPECT_EQ(table_.run("course per-second grace 0\naccount ada 5.00\naccount ben 5.00\nlaunch ada web t2.nano\nlaunch ben box t2.nano"), "");
  }
  void give_key(const std::string& who, const std::string& line) {
    EXPECT_EQ(table_.command(table_.actor(who), [&](Tx& tx) -> base::Status {
      TRY(save_key_pair(tx, {"k", "ed25519", "fp", line, {}, false}));
      return {};
    }), "ok");
  }
  void suspend(const std::string& who) {
    EXPECT_EQ(table_.command(table_.actor(who), [&](Tx& tx) -> base::Status {
      auto row = *tx.state().find<domain::Account>(table_.account(who));
      row.status = domain::AccountStatus::kSuspended;
      tx.save(row);
      return {};
    }), "ok");
  }
  Table table_;
};

TEST_F(SshAccess, AKeyOpensItsHoldersMachinesAndNoOthers) {
  give_key("ada", std::string(kKey) + " ada");
  const auto found = find_ssh_key(table_.state(), kKey);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->accounts, std::set{table_.account("ada")});
  ASSERT_EQ(found->machines.size(), 1u);
  EXPECT_EQ(found->machines[0].instance, table_.instance("web").id);
  EXPECT_EQ(found->machines[0].public_address, table_.instance("web").public_address);
}

TEST_F(SshAccess, AKeyThatNobodyHoldsOpensNothing) {
  give_key("ada", std::string(kKey) + " ada");
  for (const char* key : {"ssh-ed25519 AAAAC3Nz2", "ssh-ed25519 AAAAC3Nz", "ssh-ed25519", "", "ssh-ed25519 AAAAC3Nz1 ada"})
    EXPECT_FALSE(find_ssh_key(table_.state(), key)) << key;
}

TEST_F(SshAccess, ASuspendedAccountReachesNothing) {
  give_key("ada", kKey);
  suspend("ada");
  EXPECT_FALSE(find_ssh_key(table_.state(), kKey));
  EXPECT_EQ(find_ssh_machine(table_.state(), table_.account("ada"), table_.instance("web").id.view()).error().code, "AccountSuspended");
}

TEST_F(SshAccess, OneKeyOfTwoAccountsOpensBothsMachines) {
  give_key("ada", kKey);
  give_key("ben", kKey);
  EXPECT_EQ(find_ssh_key(table_.state(), kKey)->machines.size(), 2u);
}

TEST_F(SshAccess, AMachineIsFoundByIdAndAddressesWhileItRuns) {
  const auto& web = table_.instance("web");
  const auto& ada = table_.account("ada");
  for (const std::string& name : {web.id.str(), web.private_address, web.public_address}) {
    const auto found = find_ssh_machine(table_.state(), ada, name);
    ASSERT_TRUE(found) << name;
    EXPECT_EQ(found->instance, web.id);
  }
  EXPECT_EQ(find_ssh_machine(table_.state(), ada, "").error().code, "NoSuchMachine");
  const auto& box = table_.instance("box");
  for (const std::string& name : {box.id.str(), box.private_address, box.public_address})
    EXPECT_EQ(find_ssh_machine(table_.state(), ada, name).error().code, "NoSuchMachine") << name;
}

TEST_F(SshAccess, AStoppedMachineIsNotReachedAndSaysSo) {
  give_key("ada", kKey);
  ASSERT_EQ(table_.run("report web running 0\nstop web\nreport web ended 1 stop ours"), "");
  EXPECT_TRUE(find_ssh_key(table_.state(), kKey)->machines.empty());
  EXPECT_EQ(find_ssh_machine(table_.state(), table_.account("ada"), table_.instance("web").id.view()).error().code, "NotRunning");
}

TEST_F(SshAccess, AnAddressThatWentToSomebodyElseIsSeen) {
  const std::set own{table_.account("ada")};
  EXPECT_FALSE(is_others_address(table_.state(), own, table_.instance("web").public_address));
  EXPECT_TRUE(is_others_address(table_.state(), own, table_.instance("box").public_address));
  EXPECT_TRUE(is_others_address(table_.state(), own, table_.instance("box").private_address));
  EXPECT_FALSE(is_others_address(table_.state(), own, "203.0.113.9"));
}

}  // namespace
}  // namespace stipend::control
