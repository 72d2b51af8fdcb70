#include "gateway/route_cache.hpp"

#include <gtest/gtest.h>

namespace stipend::gateway {
namespace {

const auto kMine = *base::InstanceId::parse("i-0123456789abcdef0");
const auto kOther = *base::InstanceId::parse("i-0123456789abcdef1");

Route route(std::int64_t generation) {
  return {kMine, generation, "10.97.16.5", "token"};
}

TEST(RouteCache, ARouteIsKeptForOneSecondForItsPassAndItsMachineOnly) {
  RouteCache cache;
  EXPECT_FALSE(cache.find("pass", kMine, 1'000));
  cache.keep("pass", kMine, route(3), 1'000);
  ASSERT_TRUE(cache.find("pass", kMine, 1'999));
  EXPECT_EQ(cache.find("pass", kMine, 1'999)->generation, 3);
  EXPECT_FALSE(cache.find("pass", kMine, 2'000));
  EXPECT_FALSE(cache.find("another", kMine, 1'001));
  EXPECT_FALSE(cache.find("pass", kOther, 1'001));
  EXPECT_FALSE(cache.find("", kMine, 1'001));
}

TEST(RouteCache, ANewerRouteReplacesTheOlder) {
  RouteCache cache;
  cache.keep("pass", kMine, route(3), 0);
  cache.keep("pass", kMine, route(4), 500);
  ASSERT_TRUE(cache.find("pass", kMine, 1'200));
  EXPECT_EQ(cache.find("pass", kMine, 1'200)->generation, 4);
}

TEST(RouteCache, ItStaysBounded) {
  RouteCache cache;
  cache.keep("first", kMine, route(1), 0);
  for (std::size_t i = 0; i < RouteCache::kMost; ++i) cache.keep(std::to_string(i), kMine, route(1), 0);
  EXPECT_FALSE(cache.find("first", kMine, 1));
  EXPECT_TRUE(cache.find(std::to_string(RouteCache::kMost - 1), kMine, 1));
}

}  // namespace
}  // namespace stipend::gateway
