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
