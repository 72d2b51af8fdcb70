#include "base/money.hpp"

#include <gtest/gtest.h>

namespace stipend::base {
namespace {

TEST(Money, ChargesRoundDownAndHoldsRoundUp) {
  const Price price{46'400'000};  // $0.0464
  EXPECT_EQ(cost(price, RunSeconds{1}, Rounding::kFloor).nano, 12'888);
  EXPECT_EQ(cost(price, RunSeconds{1}, Rounding::kCeil).nano, 12'889);
  EXPECT_EQ(cost(price, RunSeconds{3600}, Rounding::kFloor), cost(price, RunSeconds{3600}, Rounding::kCeil));
}

TEST(Money, NegativeAmountsRoundTowardsTheNamedSide) {
  EXPECT_EQ(mul_div(Money{-7}, 1, 2, Rounding::kFloor).nano, -4);
  EXPECT_EQ(mul_div(Money{-7}, 1, 2, Rounding::kCeil).nano, -3);
}

TEST(Money, DecimalTextIsExactBothWays) {
  for (const char* text : {"0.00", "12.345000001", "-0.02", "100.00", "0.000000001"}) {
    const auto parsed = parse_decimal(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(to_decimal(*parsed), text);
  }
}

TEST(Money, TextThatIsNotAnAmountIsRefused) {
  for (const char* text : {"", "-", ".5", "1.", "1e3", "0.1234567891", "99999999999", "1 ", "0x1", "1,5", "+1"})
    EXPECT_FALSE(parse_decimal(text)) << text;
}

TEST(Money, DisplayNeverFlatters) {
  const Money m{41'279'999'999};
  EXPECT_EQ(to_display(m, Rounding::kFloor), "$41.27");
  EXPECT_EQ(to_display(m, Rounding::kCeil), "$41.28");
  EXPECT_EQ(to_rate_display({46'400'000}), "$0.0464");
  EXPECT_EQ(to_rate_display({47'463'013}), "$0.0475");
  EXPECT_EQ(to_rate_display({1'500'000'000}), "$1.50");
}

TEST(Money, OverflowAborts) {
  EXPECT_DEATH((void)(Money{INT64_MAX} + Money{1}), "money does not overflow");
}

}  // namespace
}  // namespace stipend::base
