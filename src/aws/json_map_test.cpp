// Maps and structures that hold themselves, as Cost Explorer has them.
#include <gtest/gtest.h>

#include "aws/ce/get_cost_and_usage.hpp"
#include "aws/json_codec.hpp"

namespace stipend::aws {
namespace {

using Request = ce::GetCostAndUsageRequest;

base::Result<Request> read(const std::string& filter) {
  Request request;
  TRY(read_json(R"({"TimePeriod":{"Start":"2026-11-01","End":"2026-11-02"},"Granularity":"DAILY","Metrics":["UnblendedCost"],"Filter":)" + filter + "}",
                *ce::GetCostAndUsage::kOperation.request, Protocol::kJson11, &request));
  return request;
}

TEST(JsonMap, IsAnObject) {
  ce::GetCostAndUsageResponse response;
  auto& result = response.results_by_time.emplace_back();
  result.total.push_back({"UnblendedCost", ce::MetricValue{"0.5", "USD"}});
  result.total.push_back({"UsageQuantity", ce::MetricValue{"2", {}}});
  std::string out;
  write_json(out, *ce::GetCostAndUsage::kOperation.response, &response);
  EXPECT_NE(out.find(R"("Total":{"UnblendedCost":{"Amount":"0.5","Unit":"USD"},"UsageQuantity":{"Amount":"2"}})"), out.npos) << out;
  ce::GetCostAndUsageResponse back;
  ASSERT_TRUE(read_json(out, *ce::GetCostAndUsage::kOperation.response, Protocol::kJson11, &back));
  EXPECT_EQ(back, response);
}

TEST(JsonMap, AnEmptyOneThatIsAlwaysWrittenIsAnEmptyObject) {
  ce::GetCostAndUsageResponse response;
  response.results_by_time.emplace_back();
  std::string out;
  write_json(out, *ce::GetCostAndUsage::kOperation.response, &response);
  EXPECT_NE(out.find(R"("Total":{},"Groups":[])"), out.npos) << out;
}

TEST(JsonMap, MistakesNameThePlace) {
  ce::GetCostAndUsageResponse into;
  const auto wrong = [&](std::string_view text) {
    const auto status = read_json(text, *ce::GetCostAndUsage::kOperation.response, Protocol::kJson11, &into);
    return status ? "ok" : status.error().message;
  };
  EXPECT_NE(wrong(R"({"ResultsByTime":[{"Total":[]}]})").find("ResultsByTime[0].Total is invalid. Expected an object"), std::string::npos);
  EXPECT_NE(wrong(R"({"ResultsByTime":[{"Total":{"A":null}}]})").find("Total.A is invalid"), std::string::npos);
  EXPECT_NE(wrong(R"({"ResultsByTime":[{"Total":{"A":{"Amount":1}}}]})").find("Total.A.Amount is invalid"), std::string::npos);
}

TEST(JsonRecursion, AnExpressionHoldsExpressions) {
  const auto request = read(R"({"Not":{"And":[{"Dimensions":{"Key":"SERVICE","Values":["a"]}},{"Not":{"Tags":{"Key":"k","Values":["v"]}}}]}})");
  ASSERT_TRUE(request) << request.error().message;
  const auto& both = request->filter->not_->and_;
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(both[1].not_->tags->values, std::vector<std::string>{"v"});
  auto copy = *request;
  EXPECT_EQ(copy, *request);
  copy.filter->not_->and_[1].not_->tags->key = "other";
  EXPECT_NE(copy, *request);
  EXPECT_EQ(request->filter->not_->and_[1].not_->tags->key, "k");
  copy.filter.reset();
  EXPECT_NE(copy, *request);
}

TEST(JsonRecursion, HasALimit) {
  std::string deep = R"({"Dimensions":{"Key":"SERVICE","Values":["a"]}})";
  for (int i = 0; i < 200; ++i) deep = R"({"Not":)" + deep + "}";
  const auto request = read(deep);
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().code, "SerializationException");
}

}  // namespace
}  // namespace stipend::aws
