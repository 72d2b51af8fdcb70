#include "gateway/shared_host.hpp"

#include <gtest/gtest.h>

namespace stipend::gateway {
namespace {

const Seal kAda{*base::InstanceId::parse("i-0000000000000000a"), "token of ada's run"};
const Seal kBen{*base::InstanceId::parse("i-0000000000000000b"), "token of ben's run"};

std::string pair_of(const std::string& set_cookie) { return set_cookie.substr(0, set_cookie.find(';')); }

TEST(SharedHost, AMachinesCookieComesBackToItAsItWasSet) {
  for (const char* set : {"_xsrf=2|abc|def; Path=/x", "a=", "a=b=c", "a=\"quoted\"", "a=b.c"}) {
    const auto sealed = sealed_set_cookie(set, kAda);
    ASSERT_TRUE(sealed) << set;
    EXPECT_EQ(unsealed_cookie(pair_of(*sealed), kAda), pair_of(set)) << *sealed;
  }
}

TEST(SharedHost, ASealedCookieIsOutOfScriptsReachAndForTheWholeHostOnly) {
  const auto sealed = *sealed_set_cookie("a=b; Domain=stipend.test; Path=/x; Max-Age=9; SameSite=None; Partitioned", kAda);
  EXPECT_TRUE(sealed.starts_with("__Host-Http-m0000000000000000a-a=b."));
  EXPECT_TRUE(sealed.ends_with("; Path=/; Secure; HttpOnly; Max-Age=9; SameSite=Lax")) << sealed;
}

TEST(SharedHost, NobodyElsesCookieReachesAMachine) {
  const auto bens = pair_of(*sealed_set_cookie("a=b", kBen));
  const auto adas = pair_of(*sealed_set_cookie("a=b", kAda));
  net::Headers headers({{"Cookie", "__Host-Http-stipend=session; plain=x; " + bens + "; " + adas}, {"Cookie", "__Host-Http-stipend-machine-0000000000000000a=pass"}});
  unseal_request(headers, kAda);
  EXPECT_EQ(headers.get("cookie"), "a=b");
  EXPECT_EQ(headers.count("cookie"), 1U);
}

TEST(SharedHost, ACookieThatThisServerDidNotSealIsNoCookie) {
  const auto sealed = pair_of(*sealed_set_cookie("a=b", kAda));
  auto value = sealed;
  value.replace(value.find("=b"), 2, "=c");
  auto name = sealed;
  name.replace(name.find("-a="), 3, "-x=");
  for (const std::string& forged : {value, name, sealed + "0", sealed.substr(0, sealed.size() - 1), std::string("__Host-Http-m0000000000000000a-a=b"),
                                    std::string("__Host-Http-m0000000000000000a-a"), std::string("a=b")})
    EXPECT_FALSE(unsealed_cookie(forged, kAda)) << forged;
  const Seal later{kAda.instance, "token of ada's next run"};
  EXPECT_FALSE(unsealed_cookie(sealed, later));
  const Seal none{kAda.instance, ""};
  EXPECT_FALSE(sealed_set_cookie("a=b", none));
  EXPECT_FALSE(unsealed_cookie(sealed, none));
}

TEST(SharedHost, AnUpstreamCannotSetOurNamesOrNone) {
  for (const char* set : {"", "x", "=x", "a b=c", "a=b\x01; x", "__Host-Http-stipend=evil"}) {
    const auto sealed = sealed_set_cookie(set, kAda);
    if (sealed) EXPECT_TRUE(sealed->starts_with("__Host-Http-m0000000000000000a-")) << *sealed;
  }
  EXPECT_FALSE(sealed_set_cookie("=x", kAda));
  EXPECT_FALSE(sealed_set_cookie(std::string(200, 'n') + "=x", kAda));
}

TEST(SharedHost, AnAnswerKeptForOneMachineIsNeverFreshForAnother) {
  net::Headers answer({{"ETag", "\"abc\""}, {"Cache-Control", "public, max-age=31536000, immutable"}, {"Last-Modified", "x"}, {"Expires", "x"}, {"NEL", "{}"}});
  seal_answer(answer, kAda);
  const std::string tag(answer.get("etag"));
  EXPECT_EQ(tag, "\"i-0000000000000000a.abc\"");
  EXPECT_EQ(answer.get("cache-control"), "private, no-cache");
  for (const char* name : {"last-modified", "expires", "nel"}) EXPECT_FALSE(answer.has(name)) << name;
  net::Headers own({{"If-None-Match", "W/" + tag + ", \"other\""}, {"If-Modified-Since", "x"}}), others({{"If-None-Match", tag}});
  unseal_request(own, kAda);
  unseal_request(others, kBen);
  EXPECT_EQ(own.get("if-none-match"), "W/\"abc\"");
  EXPECT_FALSE(own.has("if-modified-since"));
  EXPECT_FALSE(others.has("if-none-match"));
}

TEST(SharedHost, AFilesDateIsAskedForAsATagOfTheMachine) {
  net::Headers answer({{"Last-Modified", "Wed, 25 Nov 2026 09:51:00 GMT"}});
  seal_answer(answer, kAda);
  const std::string tag(answer.get("etag"));
  EXPECT_EQ(tag, "W/\"i-0000000000000000a@Wed,_25_Nov_2026_09:51:00_GMT\"");
  net::Headers own({{"If-None-Match", tag}}), others({{"If-None-Match", tag}});
  unseal_request(own, kAda);
  unseal_request(others, kBen);
  EXPECT_EQ(own.get("if-modified-since"), "Wed, 25 Nov 2026 09:51:00 GMT");
  EXPECT_FALSE(own.has("if-none-match"));
  EXPECT_FALSE(others.has("if-modified-since"));
  net::Headers odd({{"Last-Modified", "now\"; x"}});
  seal_answer(odd, kAda);
  EXPECT_FALSE(odd.has("etag"));
}

TEST(SharedHost, AServiceWorkerIsRefusedAndAFreshBrowserForgetsThePortsEarlierMachine) {
  net::Request request;
  EXPECT_FALSE(refuse_on_shared_host(request));
  request.headers.set("Service-Worker", "script");
  EXPECT_EQ(refuse_on_shared_host(request)->status, 403);
  net::Headers fresh, again;
  enter_on_shared_host(fresh, true);
  enter_on_shared_host(again, false);
  EXPECT_EQ(fresh.get("clear-site-data"), "\"cache\", \"storage\"");
  EXPECT_FALSE(again.has("clear-site-data"));
}

}  // namespace
}  // namespace stipend::gateway
