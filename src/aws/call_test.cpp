#include "aws/call.hpp"

#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <sstream>

#include "aws/codec.hpp"
#include "aws/ec2/create_tags.hpp"
#include "aws/ec2/describe_instances.hpp"
#include "aws/vectors_test.hpp"

namespace stipend::aws {
namespace {

const std::string kEc2Scope =
    "AWS4-HMAC-SHA256 Credential=A/20260102/r/ec2/aws4_request, SignedHeaders=host, Signature=0";
const std::string kStsScope =
    "AWS4-HMAC-SHA256 Credential=A/20260102/r/sts/aws4_request, SignedHeaders=host, Signature=0";

Call form_call(std::string_view body, const std::string& authorization, std::string_view target = "/") {
  const Header headers[] = {{"content-type", "application/x-www-form-urlencoded"},
                            {"Authorization", authorization}};
  return classify({"POST", target, headers, body});
}

Call json_call(std::string_view target, std::string_view type, std::string_view smithy = "") {
  static const Service* const services[] = {&sample::kService};
  const Header headers[] = {{"X-Amz-Target", target}, {"Content-Type", type}, {"smithy-protocol", smithy}};
  return classify({"POST", "/", headers, "{}"}, services);
}

TEST(Classify, AFormByTheServiceThatSignedIt) {
  const auto ec2 = form_call("Action=DescribeInstances&Version=2016-11-15", kEc2Scope);
  ASSERT_FALSE(ec2.problem) << ec2.problem->message;
  EXPECT_EQ(ec2.protocol, Protocol::kEc2);
  EXPECT_EQ(ec2.operation, &ec2::DescribeInstances::kOperation);
  const auto sts = form_call("Version=2011-06-15&Action=GetCallerIdentity", kStsScope);
  ASSERT_FALSE(sts.problem);
  EXPECT_EQ(sts.protocol, Protocol::kQuery);
  EXPECT_EQ(sts.operation->name, "GetCallerIdentity");
}

TEST(Classify, AGetByItsQuery) {
  const auto call =
      classify({"GET",
                "/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Credential=A%2F20260102%2Fr%2Fsts%2F"
                "aws4_request&X-Amz-Expires=5",
                {},
                ""});
  ASSERT_FALSE(call.problem);
  EXPECT_EQ(call.operation->name, "GetCallerIdentity");
}

TEST(Classify, WhatIsNotServedHasAwsCode) {
  struct Row {
    std::string_view body;
    const std::string& scope;
    std::string_view code;
  };
  const std::string none;
  const std::string other =
      "AWS4-HMAC-SHA256 Credential=A/20260102/r/sqs/aws4_request, SignedHeaders=host, Signature=0";
  for (const auto& row :
       {Row{"Action=RunMagic&Version=2016-11-15", kEc2Scope, "InvalidAction"},
        Row{"Action=RunMagic&Version=2016-11-15", none, "InvalidAction"},
        Row{"Version=2016-11-15", kEc2Scope, "MissingAction"},
        Row{"Action=DescribeInstances", kEc2Scope, "MissingParameter"},
        Row{"Action=DescribeInstances&Version=now", kEc2Scope, "InvalidAction"},
        Row{"Action=GetCallerIdentity&Version=2016-11-15", kStsScope, "InvalidAction"},
        Row{"Action=ListQueues&Version=2012-11-05", other, "InvalidAction"},
        Row{"Action=%", kEc2Scope, "MalformedQueryString"}, Row{"", none, "MissingAction"}}) {
    const auto call = form_call(row.body, row.scope);
    ASSERT_TRUE(call.problem) << row.body;
    EXPECT_EQ(call.problem->code, row.code) << row.body;
    EXPECT_EQ(call.operation, nullptr);
    EXPECT_EQ(http_status(call.protocol, *call.problem), 400);
  }
}

TEST(Classify, OlderEc2VersionsAreServedToo) {
  EXPECT_FALSE(form_call("Action=DescribeInstances&Version=2014-10-01", kEc2Scope).problem);
}

TEST(Classify, JsonByItsTarget) {
  const auto call = json_call("SampleTarget.Echo", "application/x-amz-json-1.0");
  ASSERT_FALSE(call.problem);
  EXPECT_EQ(call.protocol, Protocol::kJson10);
  EXPECT_EQ(call.operation, &sample::Echo::kOperation);
  EXPECT_EQ(json_call("SampleTarget.Nope", "application/x-amz-json-1.1").problem->code,
            "UnknownOperationException");
  EXPECT_EQ(json_call("Nobody.Echo", "application/x-amz-json-1.1").problem->code,
            "UnknownOperationException");
  EXPECT_EQ(json_call("Echo", "application/x-amz-json-1.1").problem->code, "UnknownOperationException");
}

TEST(Classify, TwoProtocolsAtOnceAreRefused) {
  const auto call = json_call("SampleTarget.Echo", "application/cbor", "rpc-v2-cbor");
  ASSERT_TRUE(call.problem);
  EXPECT_EQ(call.problem->code, "UnsupportedProtocol");
}

TEST(Services, EveryLineOfServedTxtIsInTheTables) {
  std::ifstream file(STIPEND_MODELS "/served.txt");
  ASSERT_TRUE(file.is_open());
  std::size_t served = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string service;
    std::string operation;
    if (!(words >> service >> operation) || service == "open" || service == "always") continue;
    EXPECT_NE(find_operation(service_named(service), operation), nullptr)
        << line << ": run tools/extract_model.py";
    ++served;
  }
  std::size_t known = 0;
  for (const auto* service : all_services()) known += service->operations.size();
  EXPECT_EQ(served, known);
}

TEST(Envelope, Ec2Error) {
  const auto call = form_call("Action=DescribeInstances&Version=2016-11-15", kEc2Scope);
  const auto answer = encode_error(
      call, {base::Fault::kNotFound, "InvalidInstanceID.NotFound", "The instance ID 'i-<1>' does not exist"},
      "req-1");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.content_type, "text/xml;charset=UTF-8");
  EXPECT_EQ(answer.body,
            "<?xml version=\"1.0\" "
            "encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>InvalidInstanceID.NotFound</Code>"
            "<Message>The instance ID 'i-&lt;1&gt;' does not exist</Message></Error></Errors>"
            "<RequestID>req-1</RequestID></Response>");
}

TEST(Envelope, QueryError) {
  const auto call = form_call("Action=GetCallerIdentity&Version=2011-06-15", kStsScope);
  const auto answer = encode_error(call, {base::Fault::kDenied, "SignatureDoesNotMatch", "no"}, "r");
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(answer.body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ErrorResponse "
            "xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
            "<Error><Type>Sender</Type><Code>SignatureDoesNotMatch</Code><Message>no</Message></Error>"
            "<RequestId>r</RequestId></ErrorResponse>");
}

TEST(Envelope, JsonErrorCarriesTheQueryCodeToo) {
  const auto call = json_call("SampleTarget.Echo", "application/x-amz-json-1.1");
  const auto answer = encode_error(call, {base::Fault::kInternal, "InternalFailure", "\"x\"\n"}, "r");
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.content_type, "application/x-amz-json-1.1");
  EXPECT_EQ(answer.body, R"({"__type":"InternalFailure","message":"\"x\"\u000a"})");
  EXPECT_EQ(answer.headers, (std::vector<std::pair<std::string, std::string>>{
                                {"x-amzn-RequestId", "r"},
                                {"x-amzn-ErrorType", "InternalFailure"},
                                {"x-amzn-query-error", "InternalFailure;Receiver"}}));
}

TEST(Envelope, AnOperationWithoutOutputReturnsTrue) {
  const auto call = form_call("Action=CreateTags&Version=2016-11-15&ResourceId.1=i&Tag.1.Key=k", kEc2Scope);
  EXPECT_EQ(encode<ec2::CreateTags>(call, {}, "r").body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CreateTagsResponse "
            "xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>r</requestId><return>true</return>"
            "</CreateTagsResponse>");
}

TEST(Envelope, EmptyOutermostListsAreThereAndInnerOnesAreNot) {
  const auto call = form_call("Action=DescribeInstances&Version=2016-11-15", kEc2Scope);
  const auto empty = encode<ec2::DescribeInstances>(call, {}, "r").body;
  EXPECT_TRUE(empty.contains("<requestId>r</requestId><reservationSet></reservationSet></")) << empty;
  ec2::DescribeInstancesResponse response;
  response.reservations.emplace_back().instances.emplace_back();
  const auto one = encode<ec2::DescribeInstances>(call, response, "r").body;
  EXPECT_TRUE(one.contains("<blockDeviceMapping></blockDeviceMapping>")) << one;
  EXPECT_FALSE(one.contains("tagSet")) << one;
}

TEST(Envelope, StatusesOfAuthenticationAndDryRun) {
  const auto status = [](const char* code, base::Fault fault = base::Fault::kDenied) {
    return http_status(Protocol::kEc2, {fault, code, ""});
  };
  EXPECT_EQ(status("AuthFailure"), 401);
  EXPECT_EQ(status("UnauthorizedOperation"), 403);
  EXPECT_EQ(status("DryRunOperation", base::Fault::kInvalid), 412);
  EXPECT_EQ(status("RequestExpired"), 400);
  EXPECT_EQ(status("InsufficientCredit", base::Fault::kNoCredit), 400);
  EXPECT_EQ(status("InsufficientInstanceCapacity", base::Fault::kNoRoom), 500);
  EXPECT_EQ(status("InstanceLimitExceeded", base::Fault::kNoRoom), 400);
  EXPECT_EQ(status("RequestLimitExceeded", base::Fault::kThrottled), 503);
}

}  // namespace
}  // namespace stipend::aws
