#include "app/dispatch.hpp"

#include <gtest/gtest.h>

namespace stipend::app {
namespace {

net::Request request(std::string method, std::string target, std::initializer_list<net::Headers::Field> fields = {}) {
  net::Request r;
  r.method = std::move(method);
  r.target = std::move(target);
  r.headers = net::Headers(fields);
  return r;
}

TEST(Dispatch, WhatAwsClientsSendIsTheirs) {
  EXPECT_TRUE(is_aws_request(request("POST", "/")));
  EXPECT_TRUE(is_aws_request(request("GET", "/?Action=DescribeRegions&Version=2016-11-15&X-Amz-Algorithm=AWS4-HMAC-SHA256")));
  EXPECT_TRUE(is_aws_request(request("POST", "/", {{"X-Amz-Target", "AWSBudgetServiceGateway.DescribeBudgets"}})));
  EXPECT_TRUE(is_aws_request(request("POST", "/service/GraniteServiceVersion20100801/operation/ListMetrics")));
}

TEST(Dispatch, WhatBrowsersSendIsTheConsoles) {
  EXPECT_FALSE(is_aws_request(request("GET", "/")));
  EXPECT_FALSE(is_aws_request(request("GET", "/sign-in")));
  EXPECT_FALSE(is_aws_request(request("POST", "/api/v1/sign-in")));
  EXPECT_FALSE(is_aws_request(request("GET", "/?next=Actions")));
}

}  // namespace
}  // namespace stipend::app
