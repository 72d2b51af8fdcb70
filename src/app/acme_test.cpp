#include "app/acme.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace stipend::app {
namespace {

Config config(const std::string& method) {
  Config c;
  c.name = "stipend.test";
  c.acme_directory = "https://ca.test/dir";
  c.acme_email = "ops@stipend.test";
  c.acme_method = method;
  c.acme_dns_provider = "rfc2136";
  return c;
}

bool has(const std::vector<std::string>& words, const std::string& word) { return std::ranges::find(words, word) != words.end(); }

const AcmeFolders kFolders{"/s/acme", "/s/challenges"};
const AcmeClient kClient{"/usr/bin/lego", true};

TEST(Acme, FailuresArePausedLongerAndLonger) {
  EXPECT_EQ(acme_pause_ms(1, 0), 60'000);
  EXPECT_EQ(acme_pause_ms(2, 0), 240'000);
  EXPECT_EQ(acme_pause_ms(9, 0), 6 * 3'600'000);
  EXPECT_EQ(acme_pause_ms(1'000'000, 1), 6 * 3'600'000 * 6 / 5);
}

TEST(Acme, ACertificateIsRenewedWithAThirdOfItsLifeLeft) {
  const std::int64_t day = 86'400;
  EXPECT_FALSE(acme_due(90 * day, 31 * day, 0));
  EXPECT_TRUE(acme_due(90 * day, 30 * day, 0));
  EXPECT_TRUE(acme_due(90 * day, 33 * day, 1));
  EXPECT_FALSE(acme_due(90 * day, 34 * day, 1));
  EXPECT_TRUE(acme_due(90 * day, -1, 0));
}

TEST(Acme, OnlyDnsCanHaveAWildcard) {
  EXPECT_EQ(acme_names(config("http-01")), std::vector<std::string>{"stipend.test"});
  EXPECT_EQ(acme_names(config("dns-01")), (std::vector<std::string>{"stipend.test", "*.stipend.test"}));
  auto by_port = config("dns-01");
  by_port.machine_ports = "30000-30999";
  EXPECT_EQ(acme_names(by_port), std::vector<std::string>{"stipend.test"});
}

TEST(Acme, TheClientGetsItsSecretsInItsEnvironmentOnly) {
  const auto command = acme_command(config("dns-01"), kFolders, kClient, {"RFC2136_TSIG_SECRET=abc"}, false);
  EXPECT_TRUE(has(command.words, "--dns"));
  EXPECT_TRUE(has(command.words, "*.stipend.test"));
  EXPECT_FALSE(has(command.words, "--http"));
  EXPECT_TRUE(has(command.environment, "RFC2136_TSIG_SECRET=abc"));
  for (const auto& word : command.words) EXPECT_FALSE(word.contains("abc"));
}

TEST(Acme, AnAccountBoundToTheInstitutionIsRegisteredWithItsKeyInTheEnvironment) {
  const auto command = acme_command(config("http-01"), kFolders, kClient, {"EAB_KID=kid-1", "EAB_HMAC=aGk"}, false);
  EXPECT_TRUE(has(command.words, "--eab"));
  EXPECT_TRUE(has(command.environment, "LEGO_EAB_KID=kid-1") && has(command.environment, "LEGO_EAB_HMAC=aGk"));
  for (const auto& word : command.words) EXPECT_FALSE(word.contains("aGk") || word == "--hmac") << word;
  EXPECT_FALSE(has(command.environment, "EAB_HMAC=aGk"));
  EXPECT_TRUE(has(command.words, "/s/challenges"));
}

TEST(Acme, AClientThatTakesTheKeyAsWordsOnlyGetsItForTheOneRunThatRegisters) {
  const AcmeClient old{"/usr/bin/lego", false};
  const auto first = acme_command(config("http-01"), kFolders, old, {"EAB_KID=kid-1", "EAB_HMAC=aGk"}, false);
  EXPECT_TRUE(has(first.words, "--hmac") && has(first.words, "aGk"));
  for (const auto& client : {old, kClient}) {
    const auto later = acme_command(config("http-01"), kFolders, client, {"EAB_KID=kid-1", "EAB_HMAC=aGk"}, true);
    EXPECT_TRUE(has(later.words, "--eab"));
    EXPECT_FALSE(has(later.words, "--hmac"));
    for (const auto* texts : {&later.words, &later.environment})
      for (const auto& text : *texts) EXPECT_FALSE(text.contains("aGk")) << text;
  }
}

TEST(Acme, ARegisteredAccountIsKnownByWhatTheClientLeft) {
  const std::string own = testing::TempDir() + "/acme-registered";
  const auto folder = own + "/accounts/ca.test_14000/ops@stipend.test";
  std::filesystem::create_directories(folder);
  auto asked = config("http-01");
  asked.acme_directory = "https://ca.test:14000/dir";
  asked.acme_email = "ops@stipend.test";
  EXPECT_FALSE(acme_registered(asked, {own, ""}));
  std::ofstream(folder + "/account.json") << "{}";
  EXPECT_TRUE(acme_registered(asked, {own, ""}));
  asked.acme_directory = "https://other.test/dir";
  EXPECT_FALSE(acme_registered(asked, {own, ""}));
  std::filesystem::remove_all(own);
}

TEST(Acme, TheEnvironmentFileIsReadLineByLine) {
  const auto good = parse_environment("# a comment\n\nA=1\nB_2=x=y \n");
  ASSERT_TRUE(good);
  EXPECT_EQ(*good, (std::vector<std::string>{"A=1", "B_2=x=y "}));
  for (const char* wrong : {"A", "=1", "1A=2", "export A=1", "A B=1", "A=1\r\n"}) {
    const auto refused = parse_environment(wrong);
    ASSERT_FALSE(refused) << wrong;
    EXPECT_TRUE(refused.error().message.starts_with("line 1")) << refused.error().message;
  }
  std::string many;
  for (int i = 0; i < 101; ++i) many += "A" + std::to_string(i) + "=1\n";
  EXPECT_FALSE(parse_environment(many));
}

}  // namespace
}  // namespace stipend::app
