#include "api/freetier/expression.hpp"

#include <gtest/gtest.h>

namespace stipend::api {
namespace {

using aws::freetier::Expression;

Expression dimension(const char* key, const char* option, std::vector<std::string> values) {
  Expression expression;
  expression.dimensions.emplace() = {.key = key, .values = std::move(values), .match_options = {option}};
  return expression;
}

aws::freetier::FreeTierUsage usage() {
  aws::freetier::FreeTierUsage usage;
  usage.service = "Amazon Elastic Compute Cloud";
  usage.operation = "RunInstances";
  usage.usage_type = "BoxUsage:t2.micro";
  usage.region = "us-east-1";
  usage.description = "750 Hrs";
  usage.free_tier_type = "12 Months Free";
  usage.actual_usage_amount = 375;
  usage.limit = 750;
  return usage;
}

TEST(FreeTierFilter, MatchesTextsAndThePercentage) {
  EXPECT_TRUE(matches(dimension("USAGE_TYPE", "ENDS_WITH", {"nano", "micro"}), usage()));
  EXPECT_FALSE(matches(dimension("SERVICE", "EQUALS", {"Amazon"}), usage()));
  EXPECT_TRUE(matches(dimension("SERVICE", "STARTS_WITH", {"Amazon"}), usage()));
  EXPECT_TRUE(matches(dimension("DESCRIPTION", "CONTAINS", {"50 H"}), usage()));
  EXPECT_TRUE(matches(dimension("USAGE_PERCENTAGE", "GREATER_THAN_OR_EQUAL", {"50"}), usage()));
  EXPECT_FALSE(matches(dimension("USAGE_PERCENTAGE", "GREATER_THAN_OR_EQUAL", {"51", "half"}), usage()));
  Expression both;
  both.and_ = {dimension("REGION", "EQUALS", {"us-east-1"}), dimension("OPERATION", "EQUALS", {"StopInstances"})};
  EXPECT_FALSE(matches(both, usage()));
  Expression either, neither;
  either.or_ = both.and_;
  neither.not_.emplace() = either;
  EXPECT_TRUE(matches(either, usage()));
  EXPECT_FALSE(matches(neither, usage()));
}

TEST(FreeTierFilter, HasOneRootAtEachLevel) {
  EXPECT_FALSE(check(Expression{}));
  auto two = dimension("REGION", "EQUALS", {"a"});
  two.not_.emplace() = dimension("REGION", "EQUALS", {"a"});
  EXPECT_FALSE(check(two));
  Expression nested;
  nested.not_.emplace();
  EXPECT_FALSE(check(nested));
  EXPECT_FALSE(check(dimension("REGION", "GREATER_THAN_OR_EQUAL", {"a"})));
  EXPECT_TRUE(check(dimension("USAGE_PERCENTAGE", "GREATER_THAN_OR_EQUAL", {"1"})));
}

}  // namespace
}  // namespace stipend::api
