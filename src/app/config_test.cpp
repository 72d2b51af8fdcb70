#include "app/config.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace stipend::app {
namespace {

class ConfigFile : public ::testing::Test {
 protected:
  base::Result<Config> read(const std::string& text) {
    path_ = std::filesystem::temp_directory_path() / ("stipend_config_" + std::to_string(::getpid()) + ".toml");
    std::ofstream(path_) << text;
    return read_config(path_);
  }
  void TearDown() override { std::filesystem::remove(path_); }
  std::filesystem::path path_;
};

TEST_F(ConfigFile, EmptyFileGivesTheDefaults) {
  const auto config = read("");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->provider, "lxc");
}

TEST_F(ConfigFile, ValuesAreRead) {
  const auto config = read("[compute]\nprovider = \"fake\"\nvcpu_percent = 200\n[limits]\ncommands_burst = 5\n");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->provider, "fake");
  EXPECT_EQ(config->vcpu_percent, 200);
  EXPECT_EQ(config->commands_burst, 5);
}

TEST_F(ConfigFile, WhatMachinesReachIsRead) {
  const auto config = read("[network]\nproxy = \"http://proxy.example.edu:3128\"\nno_proxy = [\".example.edu\"]\ndirect = false\n"
                           "allow = [\"10.1.2.0/24:443\", \"10.1.3.4\"]\n");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->proxy, "http://proxy.example.edu:3128");
  EXPECT_FALSE(config->direct);
  EXPECT_EQ(config->allow, (std::vector<std::string>{"10.1.2.0/24:443", "10.1.3.4"}));
}

TEST_F(ConfigFile, AWrongKeyOrValueIsNamedWithItsLine) {
  for (const auto& [text, said] : std::vector<std::pair<std::string, std::string>>{
           {"[compute]\n\nprovder = \"lxc\"\n", ":3: [compute] has no key 'provder'"},
           {"[compute]\nprovider = 3\n", ":2: [compute] provider must be text"},
           {"[compute]\nprovider = \"vmware\"\n", ":2: [compute] provider must be one of"},
           {"[limits]\ncommands_per_second = 0\n", ":2: [limits] commands_per_second must be from 1"},
           {"[limits]\n\ncommands_burst = 2000000\n", ":3: [limits] commands_burst must be from 1"},
           {"[server]\nname = \"192.0.2.7\"\n", ":2: [server] name must be a DNS name"},
           {"[network]\nproxy = \"proxy:3128\"\n", ":2: [network] proxy must be like"},
           {"[network]\nallow = \"10.1.2.3\"\n", ":2: [network] allow must be a list of texts"},
           {"[network]\nallow = [10]\n", ":2: [network] allow must be a list of texts"},
           {"[network]\nallow = [\"10.1.2.3:x\"]\n", ":2: [network] allow has \"10.1.2.3:x\", whose ports"},
           {"[mail]\nsmtp = \"mail.example.edu\"\n", ":2: [mail] smtp must be like"},
           {"[mail]\nsmtp = \"smtp://mail.example.edu:25\"\n", "[mail] smtp needs [mail] from"},
           {"[mail]\nfrom = \"stipend\"\n", ":2: [mail] from must be a mail address"},
           {"[mail]\nallowed_domains = [\"@example.edu\"]\n", ":2: [mail] allowed_domains has \"@example.edu\""},
           {"[mail]\nuser = \"stipend\"\n", "[mail] user and password_file belong together"},
           {"[network]\nrate_mbit = -5\n", ":2: [network] rate_mbit must be from 0"},
           {"provider = \"lxc\"\n", ":1: 'provider' stands outside"},
           {"[compute\n", ":1: "}}) {
    const auto config = read(text);
    ASSERT_FALSE(config) << text;
    EXPECT_NE(config.error().message.find(said), std::string::npos) << config.error().message;
  }
}

TEST(ConfigDocs, EveryKeyHasItsRowInTheManual) {
  std::ifstream file(STIPEND_SOURCE_DIR "/docs/configuration.md");
  std::stringstream text;
  text << file.rdbuf();
  for (const auto& row : config_rows())
    EXPECT_NE(text.str().find("| `" + row.key + "` | " + row.type + " | `" + row.default_text + "` | " + row.what + " |"),
              std::string::npos)
        << row.key << ": docs/configuration.md lacks this row or says something else";
}

}  // namespace
}  // namespace stipend::app
