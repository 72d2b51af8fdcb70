#include <gtest/gtest.h>

#include "api/test_world.hpp"
#include "aws/sigv4.hpp"

namespace stipend::api {
namespace {

class FreeTierUsage : public testing::Test {
 protected:
  // The course gives 750 hours of t2.micro a month; so many of them are used.
  void give(std::int64_t hours_used) {
    world_.change([&](control::Tx& tx) -> base::Status {
      auto course = *tx.state().courses.begin()->second;
      course.policy.free_tier = {"t2.micro", 750, 12};
      tx.save(course);
      auto account = *tx.state().find<domain::Account>(ada_.account);
      account.free_tier = tx.now().plus_seconds(-10 * 86'400);
      tx.save(account);
      domain::Grant grant;
      grant.id = *base::GrantId::parse("g-00000000000000001");
      grant.account = ada_.account;
      grant.source = "free-tier";
      grant.amount = {750 * 12'000'000LL};
      grant.spent = {hours_used * 12'000'000};
      grant.expires = tx.now().plus_seconds(20 * 86'400);
      grant.only_types = {"t2.micro"};
      tx.save(grant);
      return {};
    });
  }

  Got ask(const std::string& body) {
    net::Request request;
    request.method = "POST";
    request.target = "/";
    request.body = body;
    request.headers = {{"Host", "stipend.test:8080"}, {"Content-Type", "application/x-amz-json-1.0"}, {"X-Amz-Target", "AWSFreeTierService.GetFreeTierUsage"}};
    std::vector<aws::Header> headers;
    for (const auto& [header, value] : request.headers) headers.push_back({header, value});
    for (const auto& [header, value] : aws::sign({request.method, request.target, headers, request.body},
                                                 {ada_.access_key_id, ada_.secret, "", "us-east-1", "freetier"}, world_.clock.wall()))
      request.headers.add(header, value);
    return world_.send(std::move(request));
  }

  World world_;
  Caller ada_ = world_.add_account("Ada");
};

TEST_F(FreeTierUsage, IsNothingWhereTheCourseHasNone) {
  EXPECT_EQ(ask("{}").body, R"({"freeTierUsages":[]})");
}

TEST_F(FreeTierUsage, TellsTheHoursOfTheMonthAndWhereItGoes) {
  give(75);
  const auto got = ask("");
  EXPECT_EQ(got.status, 200);
  for (const char* part : {R"("service":"Amazon Elastic Compute Cloud")", R"("usageType":"BoxUsage:t2.micro")", R"("actualUsageAmount":75,)",
                           R"("forecastedUsageAmount":225,)", R"("limit":750,)", R"("unit":"Hrs")", R"("freeTierType":"12 Months Free")"})
    EXPECT_NE(got.body.find(part), std::string::npos) << part << " in " << got.body;
}

TEST_F(FreeTierUsage, IsFiltered) {
  give(75);
  const auto filtered = [&](const char* value) {
    return ask(std::string(R"({"filter":{"Dimensions":{"Key":"USAGE_PERCENTAGE","Values":[")") + value + R"("],"MatchOptions":["GREATER_THAN_OR_EQUAL"]}}})").body;
  };
  EXPECT_NE(filtered("10").find("t2.micro"), std::string::npos);
  EXPECT_EQ(filtered("11"), R"({"freeTierUsages":[]})");
  const auto wrong = ask(R"({"filter":{"And":[]}})");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_NE(wrong.body.find("ValidationException"), std::string::npos);
}

}  // namespace
}  // namespace stipend::api
