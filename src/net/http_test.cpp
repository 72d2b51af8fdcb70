#include "net/http.hpp"

#include <gtest/gtest.h>

#include "net/cookies.hpp"
#include "net/url.hpp"

namespace stipend::net {
namespace {

TEST(Headers, SetKeepsThePlaceAndReplacesAll) {
  Headers headers{{"A", "1"}, {"b", "2"}, {"B", "3"}, {"C", "4"}};
  headers.set("B", "new");
  ASSERT_EQ(headers.size(), 3U);
  EXPECT_EQ(headers[1].first, "B");
  EXPECT_EQ(headers[1].second, "new");
  EXPECT_EQ(headers.get("c"), "4");
  EXPECT_EQ(headers.remove("a"), 1U);
  EXPECT_FALSE(headers.has("A"));
}

TEST(Headers, OwnValuesCanBePassedIn) {
  Headers headers{{"Origin", std::string(300, 'x')}};
  for (int i = 0; i < 20; ++i) headers.add("Copy", headers.get("origin"));
  headers.set("Origin", headers.get("copy"));
  for (const auto& [name, value] : headers) EXPECT_EQ(value, std::string(300, 'x')) << name;
}

TEST(Headers, TokensAreFoundInListsAndOverSeveralFields) {
  Headers headers{{"Connection", "keep-alive,  Upgrade"}, {"connection", "X"}};
  EXPECT_TRUE(headers.has_token("Connection", "upgrade"));
  EXPECT_TRUE(headers.has_token("Connection", "x"));
  EXPECT_FALSE(headers.has_token("Connection", "upgrad"));
}

TEST(Url, EncodingIsTheOneAwsSigns) {
  EXPECT_EQ(percent_encode("a b/ä~*+"), "a%20b%2F%C3%A4~%2A%2B");
  EXPECT_EQ(percent_encode("/x y", "/"), "/x%20y");
  EXPECT_EQ(percent_decode("a%20b%2f+"), "a b/+");
  EXPECT_EQ(percent_decode("a+b", true), "a b");
  for (const char* broken : {"%", "%2", "a%zz", "%2%"}) EXPECT_FALSE(percent_decode(broken)) << broken;
}

TEST(Url, FormsKeepOrderAndRefuseBrokenEscapes) {
  const auto pairs = parse_form("Action=Run&x=a%26b&&flag&x=2").value();
  ASSERT_EQ(pairs.size(), 4U);
  EXPECT_EQ(find(pairs, "x"), "a&b");
  EXPECT_EQ(find(pairs, "flag"), "");
  EXPECT_EQ(find(pairs, "nothing"), std::nullopt);
  EXPECT_FALSE(parse_form("a=%"));
  EXPECT_FALSE(parse_form("a&b&c", 2));
}

TEST(Cookies, AreFoundAndTakenOut) {
  Headers headers{{"Cookie", "a=1; session=x=y ; b=2"}, {"cookie", "session=z"}};
  EXPECT_EQ(cookie(headers, "session"), "x=y");
  EXPECT_EQ(cookie(headers, "c"), std::nullopt);
  const std::string_view names[] = {"session"};
  remove_cookies(headers, names);
  ASSERT_EQ(headers.count("cookie"), 1U);
  EXPECT_EQ(headers.get("cookie"), "a=1; b=2");
}

TEST(Cookies, AnUpstreamCannotSetOursNorADomain) {
  Headers headers{{"Set-Cookie", "_xsrf=1; Path=/; domain=.example; HttpOnly"},
                  {"Set-Cookie", "stipend=evil"},
                  {"Set-Cookie", " stipend =evil; Path=/"},
                  {"Set-Cookie", "=stipend=evil"},
                  {"Set-Cookie", "noequals"},
                  {"X", "y"}};
  const std::string_view ours[] = {"stipend"};
  clean_set_cookies(headers, ours);
  ASSERT_EQ(headers.count("set-cookie"), 1U);
  EXPECT_EQ(headers.get("set-cookie"), "_xsrf=1; Path=/; HttpOnly");
}

TEST(Cookies, OursAreWrittenWithTheirAttributes) {
  SetCookie made;
  made.name = "s";
  made.value = "v";
  made.max_age_s = 60;
  made.secure = true;
  EXPECT_EQ(to_string(made), "s=v; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Lax");
}

TEST(Request, WebSocketIsAskedForByBothHeaders) {
  Request request;
  request.headers = {{"Connection", "keep-alive, Upgrade"}, {"Upgrade", "WebSocket"}};
  EXPECT_TRUE(request.is_websocket());
  request.headers.remove("connection");
  EXPECT_FALSE(request.is_websocket());
}

}  // namespace
}  // namespace stipend::net
