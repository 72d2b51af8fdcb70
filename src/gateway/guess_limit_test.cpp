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

TEST(GuessLimit, ManyAddressesTogetherAreStoppedToo) {
  GuessLimit limit;
  for (int i = 0; i < GuessLimit::kTogether; ++i) limit.failed("address " + std::to_string(i), 1);
  EXPECT_FALSE(limit.may_try("a new one", 2));
}

}  // namespace
}  // namespace stipend::gateway
