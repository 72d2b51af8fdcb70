#include "aws/form.hpp"

#include <gtest/gtest.h>

#include "aws/codec.hpp"
#include "aws/ec2/describe_instances.hpp"
#include "aws/ec2/describe_key_pairs.hpp"
#include "aws/ec2/import_key_pair.hpp"
#include "aws/ec2/run_instances.hpp"
#include "aws/ec2/stop_instances.hpp"
#include "aws/sample/echo.hpp"

namespace stipend::aws {
namespace {

template <class Op>
base::Result<typename Op::Request> read(std::string_view body, Protocol protocol = Protocol::kEc2) {
  Call call;
  call.protocol = protocol;
  TRY_ASSIGN(call.form, Form::parse(body));
  return decode<Op>(call);
}

template <class Op>
std::string code(std::string_view body, Protocol protocol = Protocol::kEc2) {
  const auto result = read<Op>(body, protocol);
  return result ? "ok" : result.error().code;
}

TEST(Form, DecodesPlusAndPercent) {
  const auto form = Form::parse("a=x+y%20z%2B&b&=c&&d=1=2");
  ASSERT_TRUE(form);
  EXPECT_EQ(form->get("a"), "x y z+");
  EXPECT_EQ(form->get("b"), "");
  EXPECT_EQ(form->get("d"), "1=2");
}

TEST(Form, RefusesWhatIsNotAForm) {
  EXPECT_EQ(Form::parse("a=%4").error().code, "MalformedQueryString");
  EXPECT_EQ(Form::parse("a=%zz").error().code, "MalformedQueryString");
  EXPECT_EQ(Form::parse("a=1&b=2&a=1").error().code, "MalformedQueryString");
  EXPECT_EQ(Form::parse(std::string(513, 'k') + "=1").error().code, "MalformedQueryString");
  for (const char* text : {"a=%00", "a=%1b", "a=%ff", "a=%c0%80", "a=%ed%a0%80", "a=%ef%bf%bf"})
    EXPECT_EQ(Form::parse(text).error().code, "InvalidCharacter") << text;
  std::string many;
  for (std::size_t i = 0; i <= Form::kFieldsMax; ++i) many += "k" + std::to_string(i) + "=1&";
  EXPECT_EQ(Form::parse(many).error().code, "MalformedQueryString");
}

TEST(FormRead, ListsInAnyOrderAndWithGaps) {
  const auto request = read<ec2::DescribeInstances>(
      "InstanceId.10=j&Action=DescribeInstances&InstanceId.2=b&Filter.7.Value.3=z&InstanceId.1=a&Filter.7."
      "Name=n&"
      "Filter.7.Value.1=x&Version=2016-11-15");
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->instance_ids, (std::vector<std::string>{"a", "b", "j"}));
  ASSERT_EQ(request->filters.size(), 1U);
  EXPECT_EQ(request->filters[0].name, "n");
  EXPECT_EQ(request->filters[0].values, (std::vector<std::string>{"x", "z"}));
}

TEST(FormRead, AnEmptyScalarIsAbsent) {
  const auto request = read<ec2::RunInstances>(
      "MinCount=1&MaxCount=1&SubnetId=&IamInstanceProfile.Name=&Placement.AvailabilityZone=&EbsOptimized=");
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_FALSE(request->subnet_id);
  EXPECT_FALSE(request->iam_instance_profile);
  EXPECT_FALSE(request->placement);
  EXPECT_FALSE(request->ebs_optimized);
}

TEST(FormRead, AnEmptyFilterValueIsAValue) {
  const auto request = read<ec2::DescribeInstances>("Filter.1.Name=tag:a&Filter.1.Value.1=");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->filters.at(0).values, std::vector<std::string>{""});
}

TEST(FormRead, MistakesHaveAwsCodes) {
  EXPECT_EQ(code<ec2::StopInstances>("InstanceId.1=i"), "ok");
  EXPECT_EQ(code<ec2::StopInstances>(""), "MissingParameter");
  EXPECT_EQ(code<ec2::StopInstances>("InstanceId.1=i&Foo=1"), "UnknownParameter");
  EXPECT_EQ(code<ec2::StopInstances>("InstanceId.1.Foo=1"), "UnknownParameter");
  EXPECT_EQ(code<ec2::StopInstances>("InstanceId.x=1"), "UnknownParameter");
  EXPECT_EQ(code<ec2::StopInstances>("InstanceId.0=1"), "UnknownParameter");
  EXPECT_EQ(code<ec2::StopInstances>("InstanceId.01=1"), "UnknownParameter");
  EXPECT_EQ(code<ec2::StopInstances>("InstanceId.10001=1"), "UnknownParameter");
  EXPECT_EQ(code<ec2::StopInstances>("InstanceId=1"), "UnknownParameter");
  EXPECT_EQ(code<ec2::StopInstances>("InstanceId.1=i&Force=maybe"), "InvalidParameterValue");
  EXPECT_EQ(code<ec2::RunInstances>("MinCount=one&MaxCount=1"), "InvalidParameterValue");
  EXPECT_EQ(code<ec2::RunInstances>("MinCount=1&MaxCount=2147483648"), "InvalidParameterValue");
  EXPECT_EQ(code<ec2::RunInstances>("MinCount=1&MaxCount=1&Placement.Tenancy=shared"),
            "InvalidParameterValue");
  EXPECT_EQ(code<ec2::RunInstances>("MinCount=1&MaxCount=1&Placement=x"), "InvalidParameterValue");
  EXPECT_EQ(code<ec2::RunInstances>("MinCount=1"), "MissingParameter");
  EXPECT_EQ(code<ec2::ImportKeyPair>("KeyName=a&PublicKeyMaterial=%21"), "InvalidParameterValue");
}

TEST(FormRead, TheMessageNamesTheParameterAsItWasSent) {
  const auto request =
      read<ec2::RunInstances>("MinCount=1&MaxCount=1&BlockDeviceMapping.2.Ebs.VolumeSize=big");
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().message,
            "Value for parameter BlockDeviceMapping.2.Ebs.VolumeSize is invalid. Expected an integer.");
}

TEST(FormRead, TheInstanceTypeIsTheCataloguesToJudge) {
  EXPECT_EQ(code<ec2::RunInstances>("MinCount=1&MaxCount=1&InstanceType=course.large"), "ok");
}

TEST(FormRead, LimitsOfTheModelHold) {
  const auto query = [](std::string_view body) { return code<sample::Echo>(body, Protocol::kQuery); };
  EXPECT_EQ(query("Name=12345678"), "ok");
  EXPECT_EQ(query("Name=%C3%BC%C3%BC%C3%BC%C3%BC%C3%BC%C3%BC%C3%BC%C3%BC"), "ok");  // eight characters
  EXPECT_EQ(query("Name=123456789"), "ValidationError");
  EXPECT_EQ(query("Name=a&Count=4"), "ValidationError");
  EXPECT_EQ(query("Name=a&Count=1001"), "ValidationError");
  EXPECT_EQ(query("Name=a&Color=blue"), "ValidationError");
  EXPECT_EQ(query("Name=a&Ratio=inf"), "ValidationError");
  EXPECT_EQ(query("Name=a&When=yesterday"), "ValidationError");
  EXPECT_EQ(query("Name=a&Names.member.1=&Names.member.2=b&Names.member.3=c"), "ok");
  EXPECT_EQ(query("Name=a&Names.member.1=a&Names.member.2=b&Names.member.3=c&Names.member.4=d"),
            "ValidationError");
  EXPECT_EQ(query("Name=a&Names.1=a"), "UnknownParameter");
  EXPECT_EQ(query("Name=a&Points.member.1.Label=x"), "MissingParameter");
  EXPECT_EQ(query("Name=a&Numbers="), "ok");
}

TEST(FormRead, AParameterOfAPresignedUrlIsNotTheOperations) {
  EXPECT_EQ(code<ec2::DescribeKeyPairs>("Action=DescribeKeyPairs&Version=2016-11-15&X-Amz-Expires=60"), "ok");
}

}  // namespace
}  // namespace stipend::aws
