#include "gateway/guess_limit.hpp"

#include <gtest/gtest.h>

namespace stipend::gateway {
namespace {

TEST(GuessLimit, OneAddressIsStoppedAndTheOthersGoOn) {
  GuessLimit limit;
  for (int i = 0; i < GuessLimit::kOneAddress; ++i) {
    EXPECT_TRUE(limit.may_try("a", 1));
    limit.failed("a", 1);
  }
  EXPECT_FALSE(limit.may_try("a", 2));
  EXPECT_TRUE(limit.may_try("b", 2));
  EXPECT_TRUE(limit.may_try("a", 1 + GuessLimit::kWindowMs));
}

TEST(GuessLimit, OfAnotherSizeStopsThere) {
  GuessLimit limit{2};
  limit.failed("a", 1);
  EXPECT_TRUE(limit.may_try("a", 1));
  limit.failed("a", 1);
  EXPECT_FALSE(limit.may_try("a", 1));
}

TEST(GuessLimit, TriesAtTheSameTimeCountUntilTheyWereRight) {
  GuessLimit limit{2};
  EXPECT_TRUE(limit.begin("a", 1));
  EXPECT_TRUE(limit.begin("a", 1));
  EXPECT_FALSE(limit.begin("a", 1));
  limit.forgive("a");
  EXPECT_TRUE(limit.begin("a", 1));
  EXPECT_FALSE(limit.begin("a", 1));
  EXPECT_TRUE(limit.begin("a", 1 + GuessLimit::kWindowMs));
  limit.forgive("a");
  limit.forgive("a");
  for (int i = 0; i < GuessLimit::kTogether; ++i) EXPECT_TRUE(limit.begin("address " + std::to_string(i), 1 + GuessLimit::kWindowMs));
  EXPECT_FALSE(limit.begin("a", 1 + GuessLimit::kWindowMs));
}

TEST(GuessLimit, ManyAddressesTogetherAreStoppedToo) {
  GuessLimit limit;
  for (int i = 0; i < GuessLimit::kTogether; ++i) limit.failed("address " + std::to_string(i), 1);
  EXPECT_FALSE(limit.may_try("a new one", 2));
}

}  // namespace
}  // namespace stipend::gateway
