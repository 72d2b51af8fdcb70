// A person's own access keys: how many, whose, and what suspension leaves of them.
#include <gtest/gtest.h>

#include "control/commands/access_keys.hpp"
#include "control/commands/people.hpp"
#include "control/key_directory.hpp"
#include "control/testing/table.hpp"
#include "control/vault.hpp"

namespace stipend::control {
namespace {

class AccessKeys : public testing::Test {
 protected:
  AccessKeys() { EXPECT_EQ(table_.run("course per-second grace 86400\naccount ada 1.00\naccount alan 1.00\naccount grace 0 teacher"), ""); }

  std::string create(const std::string& who, MadeAccessKey* into = nullptr) {
    return table_.command(table_.actor(who), [&](Tx& tx) -> base::Status {
      TRY_ASSIGN(auto made, create_access_key(tx, vault_));
      if (into) *into = std::move(made);
      return {};
    });
  }
  std::string activate(const std::string& who, const std::string& key, bool active) {
    return table_.command(table_.actor(who), [&](Tx& tx) { return set_access_key_active(tx, key, active); });
  }
  std::string remove(const std::string& who, const std::string& key) {
    return table_.command(table_.actor(who), [&](Tx& tx) { return delete_access_key(tx, key); });
  }
  std::string suspend_ada(bool so) {
    return table_.command(table_.actor("grace"), [&](Tx& tx) {
      return so ? suspend(tx, {table_.account("ada")}) : unsuspend(tx, {table_.account("ada")});
    });
  }
  std::vector<AccessKeyView> of(const std::string& who) const { return access_keys_of(table_.state(), table_.account(who)); }
  bool counts(const std::string& key) const {
    const auto found = KeyDirectory(table_.state()).find(key);
    return found && found->active;
  }

  const Vault vault_{std::array<unsigned char, Vault::kKeyBytes>{7}};
  Table table_;
};

TEST_F(AccessKeys, OnePersonHasTwoAndASecretThatOpens) {
  ASSERT_EQ(of("ada").size(), 1U);  // of the account's making
  table_.tick_ms(1000);
  MadeAccessKey made;
  ASSERT_EQ(create("ada", &made), "ok");
  ASSERT_EQ(of("ada").size(), 2U);
  const auto& newest = *of("ada").back().key;
  EXPECT_EQ(newest.access_key_id, made.id);
  EXPECT_EQ(vault_.open(newest.sealed_secret).value(), made.secret);
  EXPECT_EQ(made.secret.size(), 40U);
  EXPECT_EQ(create("ada"), "LimitExceeded");
  ASSERT_EQ(activate("ada", made.id, false), "ok");
  EXPECT_EQ(create("ada"), "LimitExceeded") << "a key that is switched off is one of the two, as on AWS";
  ASSERT_EQ(remove("ada", made.id), "ok");
  EXPECT_EQ(create("ada"), "ok");
}

TEST_F(AccessKeys, NobodyTouchesThoseOfOthers) {
  const auto key = of("ada").front().key->access_key_id;
  for (const auto* who : {"alan", "grace"}) {
    EXPECT_EQ(activate(who, key, false), "NoSuchAccessKey");
    EXPECT_EQ(remove(who, key), "NoSuchAccessKey");
  }
  EXPECT_TRUE(counts(key));
  EXPECT_EQ(remove("ada", "AKIA../../etc"), "NoSuchAccessKey");
}

TEST_F(AccessKeys, WhatAPersonSwitchedOffStaysOffAfterASuspension) {
  const auto off = of("ada").front().key->access_key_id;
  MadeAccessKey on;
  ASSERT_EQ(create("ada", &on), "ok");
  ASSERT_EQ(activate("ada", off, false), "ok");
  ASSERT_EQ(suspend_ada(true), "ok");
  EXPECT_FALSE(counts(off) || counts(on.id));
  EXPECT_EQ(remove("ada", on.id), "AccountSuspended");
  EXPECT_EQ(activate("ada", off, true), "AccountSuspended");
  EXPECT_EQ(create("ada"), "AccountSuspended");
  ASSERT_EQ(suspend_ada(false), "ok");
  EXPECT_FALSE(counts(off));
  EXPECT_TRUE(counts(on.id));
}

TEST_F(AccessKeys, TheLastUseIsKeptUntilTheKeyIsDeleted) {
  const auto key = of("ada").front().key->access_key_id;
  EXPECT_FALSE(of("ada").front().used);
  const auto note = [&](const KeyUse& used) {
    table_.command({"server", "clock", "", {}, domain::Role::kAdministrator}, [&](Tx& tx) -> base::Status {
      note_key_use(tx, used);
      return {};
    });
  };
  note({{key, {5000}}, {"AKIAGONE", {5000}}});
  EXPECT_EQ(of("ada").front().used, base::WallTime{5000});
  note({{key, {4000}}});
  EXPECT_EQ(of("ada").front().used, base::WallTime{5000});
  ASSERT_EQ(remove("ada", key), "ok");
  for (const auto& [name, row] : table_.state().settings) EXPECT_FALSE(row->value.contains(key)) << name;
}

}  // namespace
}  // namespace stipend::control
