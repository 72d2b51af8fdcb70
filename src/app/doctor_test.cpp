#include "app/doctor.hpp"
#include "app/doctor_reach.hpp"

#include <gtest/gtest.h>

namespace stipend::app {
namespace {

TEST(Doctor, ReadsTheVerdictsOfTheHostsCheck) {
  const auto found = parse_findings(R"([{"check":"root","cure":"","sentence":"running as root","verdict":"ok"},
                                        {"check":"lxcfs","cure":"start it","sentence":"lxcfs is down","verdict":"fail"}])");
  ASSERT_TRUE(found);
  EXPECT_FALSE(any_failed({found->front()}));
  EXPECT_TRUE(any_failed(*found));
  EXPECT_NE(to_text(*found).find("-> start it"), std::string::npos);
}

TEST(Doctor, AnythingElseIsNoAnswer) {
  for (const char* text : {"", "not JSON", "{}", "[1]"}) EXPECT_FALSE(parse_findings(text)) << text;
}

TEST(Doctor, TheNetworkPeopleAreAskedForWhatTheSettingsNeed) {
  Config config;
  config.name = "stipend.test";
  config.listen = "0.0.0.0:443";
  EXPECT_EQ(network_request(config, "192.0.2.7"),
            "Please set two DNS records, for stipend.test and for *.stipend.test (a wildcard), to 192.0.2.7, and let TCP port 443 through to it from "
            "wherever students are. If a wildcard is not possible: one record for stipend.test, and TCP ports 30000-30999 besides.");
  config.machine_ports = "31000-31499";
  config.http_listen = "0.0.0.0:80";
  EXPECT_EQ(network_request(config, ""),
            "Please set a DNS record for stipend.test to our server's address, and let TCP ports 443, 80 and 31000-31499 through to it from wherever "
            "students are.");
  config.machine_ports.clear();
  config.acme_directory = "https://ca.test/dir";
  EXPECT_TRUE(network_request(config, "").contains("443, 80 and 30000-30999 through")) << network_request(config, "");
  EXPECT_TRUE(network_request(config, "").contains("whole Internet"));
  config.acme_method = "dns-01";
  EXPECT_TRUE(network_request(config, "").contains("_acme-challenge.stipend.test"));
}

}  // namespace
}  // namespace stipend::app
