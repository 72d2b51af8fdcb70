#include "hostlink/egress.hpp"

#include <gtest/gtest.h>

namespace stipend::hostlink {
namespace {

TEST(Egress, AProxyIsAHostAndAPortAndNothingElse) {
  EXPECT_EQ(parse_proxy("http://proxy.example.edu:3128"), (Proxy{"proxy.example.edu", 3128}));
  EXPECT_EQ(parse_proxy("http://10.0.0.5:80/"), (Proxy{"10.0.0.5", 80}));
  for (const char* bad : {"", "proxy:3128", "https://p.example:1", "http://p.example", "http://p.example:", "http://p.example:0",
                          "http://p.example:65536", "http://p.example:080", "http://p.example:3128/x", "http://P.example:3128",
                          "http://p.example:3128\n", "http://p example:3128", "http://127.0.0.1:3128", "http://169.254.169.254:80",
                          "http://:3128", "http://p.example:3128?x", "http://p%.example:3128"})
    EXPECT_FALSE(parse_proxy(bad)) << bad;
  const auto secret = parse_proxy("http://ada:hunter2@proxy.example.edu:3128");
  ASSERT_FALSE(secret);
  EXPECT_EQ(secret.error().message.find("hunter2"), std::string::npos) << "it would stand in a log";
}

TEST(Egress, AnOpeningIsAnAddressOrARangeAndMaybePorts) {
  EXPECT_EQ(parse_opening("10.1.2.3"), (Opening{{10U << 24 | 1 << 16 | 2 << 8 | 3, 32}, 0, 0}));
  EXPECT_EQ(parse_opening("10.1.2.0/24:443"), (Opening{{10U << 24 | 1 << 16 | 2 << 8, 24}, 443, 443}));
  EXPECT_EQ(parse_opening("10.1.2.0/24:27000-27009"), (Opening{{10U << 24 | 1 << 16 | 2 << 8, 24}, 27000, 27009}));
  for (const char* bad : {"", "mirror.example.edu", "10.1.2.3/24", "0.0.0.0/0", "10.1.2.0/24:", "10.1.2.0/24:0", "10.1.2.0/24:9-8",
                          "10.1.2.0/24:1-", "169.254.169.254:80", "127.0.0.1", "10.1.2.3:80 accept", "224.0.0.1", "::1", "8.0.0.0/7",
                          "10.1.2.3:80\n"})
    EXPECT_FALSE(parse_opening(bad)) << bad;
}

TEST(Egress, NamesWithoutTheProxyAreNamesOrAddresses) {
  for (const char* good : {"mirror.example.edu", ".example.edu", "10.1.2.3", "10.0.0.0/8", "localhost"})
    EXPECT_TRUE(check_no_proxy(good)) << good;
  for (const char* bad : {"", ".", "*", "a,b", "a b", "a\nb", "..example", ".10.1.2.3", "%h"}) EXPECT_FALSE(check_no_proxy(bad)) << bad;
}

TEST(Egress, SettingsSurviveTheCommandLine) {
  Egress e{.proxy = "http://p.example.edu:3128", .no_proxy = {"x.example.edu"}, .direct = false, .allow = {"10.1.2.0/24:443"},
           .connections = 17, .connections_per_second = 18, .rate_mbit = 0, .flow_log_days = 0, .flow_log_mib = 16};
  EXPECT_EQ(decode_egress(encode(e)), e);
  EXPECT_EQ(decode_egress(encode(Egress{})), Egress{});
}

TEST(Egress, WhatDoesNotFitIsRefusedByName) {
  const auto said = [](Egress e) {
    const auto read = decode_egress(encode(e));
    return read ? "" : read.error().message;
  };
  EXPECT_NE(said({.allow = {"10.0.0.1", "x"}}).find("allow"), std::string::npos);
  EXPECT_NE(said({.allow = std::vector<std::string>(33, "10.0.0.1")}).find("allow"), std::string::npos);
  EXPECT_NE(said({.rate_mbit = -1}).find("rate_mbit"), std::string::npos);
  EXPECT_NE(said({.connections = 1}).find("connections"), std::string::npos);
  for (const char* text : {"", "[]", "{}", "null", "{\"proxy\":3}"}) EXPECT_FALSE(decode_egress(text)) << text;
}

}  // namespace
}  // namespace stipend::hostlink
