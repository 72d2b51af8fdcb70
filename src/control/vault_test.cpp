#include "control/vault.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/random.hpp"

namespace stipend::control {
namespace {

class VaultFile : public testing::Test {
 protected:
  VaultFile() { std::filesystem::create_directories(folder_); }
  ~VaultFile() override { std::filesystem::remove_all(folder_); }
  std::string folder_ = testing::TempDir() + "vault-" + std::to_string(getpid());
  std::string path_ = folder_ + "/master.key";
  base::SeededRandom random_{7};
};

TEST_F(VaultFile, KeepsItsKeyAcrossRestarts) {
  auto first = Vault::open_file(path_, random_);
  ASSERT_TRUE(first) << first.error().message;
  const auto sealed = first->seal("wJalrXUtnFEMI/K7MDENG", random_);
  EXPECT_EQ(sealed.find("wJalr"), sealed.npos);
  auto second = Vault::open_file(path_, random_);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->open(sealed).value(), "wJalrXUtnFEMI/K7MDENG");
}

TEST_F(VaultFile, RefusesAKeyThatOthersMayRead) {
  ASSERT_TRUE(Vault::open_file(path_, random_));
  chmod(path_.c_str(), 0644);
  EXPECT_EQ(Vault::open_file(path_, random_).error().code, "MasterKeyExposed");
}

TEST_F(VaultFile, RefusesAnAlteredOrForeignBox) {
  const auto vault = Vault::open_file(path_, random_).value();
  auto sealed = vault.seal("secret", random_);
  sealed[sealed.size() / 2] = sealed[sealed.size() / 2] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(vault.open(sealed));
  EXPECT_FALSE(vault.open("short"));
  EXPECT_FALSE(Vault({}).open(vault.seal("secret", random_)));
}

}  // namespace
}  // namespace stipend::control
