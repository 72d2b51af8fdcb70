#include "gateway/origins.hpp"

#include <gtest/gtest.h>

namespace stipend::gateway {
namespace {

const Origins kLocal{{"localhost", "127.0.0.1"}, "localhost", false};
constexpr std::string_view kId = "i-0123456789abcdef0";

net::Request request(std::initializer_list<net::Headers::Field> fields) {
  net::Request r;
  r.headers = net::Headers(fields);
  return r;
}

TEST(Origins, HostsLeadToConsoleMachineOrNowhere) {
  EXPECT_TRUE(std::holds_alternative<Console>(target_of(kLocal, "LOCALHOST:8080")));
  EXPECT_TRUE(std::holds_alternative<Console>(target_of(kLocal, "127.0.0.1")));
  const auto machine = target_of(kLocal, std::string(kId) + ".localhost:8080");
  ASSERT_TRUE(std::holds_alternative<Machine>(machine));
  EXPECT_EQ(std::get<Machine>(machine).instance.str(), kId);
  for (const char* host : {"", "evil.example", "x.localhost", "i-0123456789abcdef0.evil.example", "localhost.evil.example",
                           "a.i-0123456789abcdef0.localhost"})
    EXPECT_TRUE(std::holds_alternative<Unknown>(target_of(kLocal, host))) << host;
}

TEST(Origins, AuthoritiesKeepThePort) {
  EXPECT_EQ(machine_authority(kLocal, "localhost:8080", *base::InstanceId::parse(kId)), std::string(kId) + ".localhost:8080");
  EXPECT_EQ(console_authority(kLocal, std::string(kId) + ".localhost:8080"), "localhost:8080");
}

TEST(Origins, AMachineIsAPortWhereNamesCannotBeHad) {
  Origins origins{{"stipend.test", "localhost"}, "stipend.test", true};
  origins.by_port = PortOrigins{{30000, 30999}, ":8443"};
  const auto at = [&](std::string_view host, std::uint16_t port) { return target_of(origins, host, port); };
  ASSERT_TRUE(std::holds_alternative<MachinePort>(at("Stipend.Test:30007", 30007)));
  EXPECT_EQ(std::get<MachinePort>(at("stipend.test:30007", 30007)).port, 30007);
  EXPECT_TRUE(std::holds_alternative<Console>(at("stipend.test:8443", 8443)));
  for (const char* host : {"stipend.test", "stipend.test:8443", "stipend.test:30008", "localhost:30007", "evil.test:30007", "", "i-0123456789abcdef0.stipend.test"})
    EXPECT_TRUE(std::holds_alternative<Unknown>(at(host, 30007))) << host;
  EXPECT_TRUE(std::holds_alternative<Unknown>(at(std::string(kId) + ".stipend.test:8443", 8443)));
  const auto id = *base::InstanceId::parse(kId);
  EXPECT_EQ(machine_origin(origins, "stipend.test:8443", id, 30007), "https://stipend.test:30007");
  EXPECT_EQ(console_origin(origins, "stipend.test:30007"), "https://stipend.test:8443");
  EXPECT_EQ(origins.session_cookie(), "__Host-Http-stipend");
  EXPECT_EQ(origins.machine_cookie(id), "__Host-Http-stipend-machine-0123456789abcdef0");
}

TEST(Origins, AnotherPageMayLeadHereButNotReadFromHere) {
  const auto across = [](std::string site, std::string mode, std::string dest) {
    return reads_across(request({{"Sec-Fetch-Site", site}, {"Sec-Fetch-Mode", mode}, {"Sec-Fetch-Dest", dest}}));
  };
  EXPECT_FALSE(reads_across(request({})));
  EXPECT_FALSE(across("same-origin", "cors", "empty"));
  EXPECT_FALSE(across("none", "navigate", "document"));
  EXPECT_FALSE(across("same-site", "navigate", "document"));
  EXPECT_TRUE(across("same-site", "no-cors", "script"));
  EXPECT_TRUE(across("same-site", "navigate", "iframe"));
  EXPECT_TRUE(across("cross-site", "cors", "empty"));
}

TEST(Origins, AForeignPageIsNotTheSameOrigin) {
  EXPECT_TRUE(same_origin(kLocal, request({{"Host", "localhost:1"}, {"Sec-Fetch-Site", "same-origin"}, {"Origin", "http://localhost:1"}})));
  EXPECT_TRUE(same_origin(kLocal, request({{"Host", "localhost:1"}})));
  EXPECT_FALSE(same_origin(kLocal, request({{"Host", "localhost:1"}, {"Sec-Fetch-Site", "same-site"}})));
  EXPECT_FALSE(same_origin(kLocal, request({{"Host", "localhost:1"}, {"Sec-Fetch-Site", "cross-site"}})));
  EXPECT_FALSE(same_origin(kLocal, request({{"Host", "localhost:1"}, {"Origin", "http://localhost:2"}})));
  EXPECT_FALSE(same_origin(kLocal, request({{"Host", "localhost:1"}, {"Origin", "null"}})));
  EXPECT_FALSE(same_origin(kLocal, request({{"Host", "localhost:1"}, {"Origin", "http://localhost:1"}, {"Origin", "http://evil.example"}})));
}

TEST(Origins, AWebSocketNeedsItsOwnOrigin) {
  const std::string host = std::string(kId) + ".localhost:1";
  EXPECT_TRUE(websocket_origin_ok(kLocal, request({{"Host", host}, {"Origin", "http://" + host}})));
  EXPECT_FALSE(websocket_origin_ok(kLocal, request({{"Host", host}})));
  EXPECT_FALSE(websocket_origin_ok(kLocal, request({{"Host", host}, {"Origin", "http://i-00000000000000000.localhost:1"}})));
  EXPECT_FALSE(websocket_origin_ok(kLocal, request({{"Host", host}, {"Origin", "https://" + host}})));
}

}  // namespace
}  // namespace stipend::gateway
