#include "api/ec2/launch_request.hpp"

#include <gtest/gtest.h>

#include "api/ec2/names.hpp"
#include "api/keys/base64.hpp"

namespace stipend::api {
namespace {

using aws::ec2::RunInstancesRequest;

class Launch : public testing::Test {
 protected:
  Launch() { request_.image_id = "ami-0123456789abcdef0"; }
  base::Result<control::LaunchRequest> read() {
    return to_launch_request(request_, settings_, account_, "hash");
  }
  std::string code() {
    const auto result = read();
    return result ? "" : result.error().code;
  }
  const Settings settings_;
  const base::AccountId account_ = *base::AccountId::parse("111122223333");
  RunInstancesRequest request_;
};

TEST_F(Launch, WithoutATypeItIsM1SmallInTheFirstZone) {
  const auto launch = read();
  ASSERT_TRUE(launch.has_value());
  EXPECT_EQ(launch->type, "m1.small");
  EXPECT_EQ(launch->zone, "us-east-1a");
  EXPECT_EQ(launch->image.str(), "ami-0123456789abcdef0");
  EXPECT_EQ(launch->min_count, 1);
  EXPECT_EQ(launch->max_count, 1);
  EXPECT_EQ(launch->root_gib, 0);
  EXPECT_TRUE(launch->delete_root_on_termination);
  EXPECT_EQ(launch->request_hash, "hash");
}

TEST_F(Launch, TheImageMustBeNamedAndWellFormed) {
  request_.image_id.reset();
  EXPECT_EQ(code(), "MissingParameter");
  EXPECT_EQ(read().error().message, "The request must contain the parameter ImageId");
  request_.image_id = "ami-xyz";
  EXPECT_EQ(code(), "InvalidAMIID.Malformed");
  request_.image_id = "ami-12345678";
  EXPECT_EQ(code(), "InvalidAMIID.NotFound");
  EXPECT_EQ(read().error().message, "The image id '[ami-12345678]' does not exist");
}

TEST_F(Launch, CountsAreOrdered) {
  request_.min_count = 0;
  EXPECT_EQ(code(), "InvalidParameterValue");
  request_.min_count = 3;
  request_.max_count = 2;
  EXPECT_EQ(code(), "InvalidParameterValue");
  request_.max_count = 5;
  EXPECT_EQ(read()->max_count, 5);
}

TEST_F(Launch, UserDataIsDecodedAndBounded) {
  const std::string script = std::string("#!/bin/sh\necho \0", 16);
  request_.user_data = base64(script);
  EXPECT_EQ(read()->user_data, script);
  request_.user_data = "not base64!";
  EXPECT_EQ(code(), "InvalidUserData.Malformed");
  request_.user_data = base64(std::string(16 * 1024, 'x'));
  EXPECT_TRUE(read().has_value());
  request_.user_data = base64(std::string(16 * 1024 + 1, 'x'));
  EXPECT_EQ(read().error().message, "User data is limited to 16384 bytes");
}

TEST_F(Launch, TheRootVolumeTakesASizeAndNothingItCannotHave) {
  auto& mapping = request_.block_device_mappings.emplace_back();
  mapping.device_name = "/dev/sda1";
  mapping.ebs.emplace().volume_size = 30;
  mapping.ebs->delete_on_termination = false;
  mapping.ebs->volume_type = "gp2";
  EXPECT_EQ(read()->root_gib, 30);
  EXPECT_FALSE(read()->delete_root_on_termination);
  mapping.ebs->volume_type = "io1";
  EXPECT_EQ(code(), "UnsupportedOperation");
  mapping.ebs->volume_type.reset();
  mapping.ebs->encrypted = true;
  EXPECT_EQ(code(), "UnsupportedOperation");
  mapping.ebs->encrypted = false;
  for (const std::int64_t size : {0, -1, 16385}) {
    mapping.ebs->volume_size = size;
    EXPECT_EQ(code(), "InvalidParameterValue") << size;
  }
  mapping.ebs->volume_size = 8;
  mapping.device_name = "/dev/sdf";
  EXPECT_EQ(code(), "InvalidParameterValue");
  request_.block_device_mappings.resize(2);
  EXPECT_EQ(code(), "UnsupportedOperation");
}

TEST_F(Launch, ZoneComesFromPlacementOrSubnet) {
  request_.placement.emplace().availability_zone = "us-east-1b";
  EXPECT_EQ(read()->zone, "us-east-1b");
  request_.subnet_id = subnet_id(account_, "us-east-1b");
  EXPECT_EQ(read()->zone, "us-east-1b");
  request_.subnet_id = subnet_id(account_, "us-east-1a");
  EXPECT_EQ(code(), "InvalidParameterCombination");
  request_.placement.reset();
  EXPECT_EQ(read()->zone, "us-east-1a");
  request_.subnet_id = subnet_id(*base::AccountId::parse("444455556666"), "us-east-1a");
  EXPECT_EQ(code(), "InvalidSubnetID.NotFound");
  request_.subnet_id = "subnet-x";
  EXPECT_EQ(code(), "InvalidSubnetID.Malformed");
  request_.subnet_id.reset();
  request_.placement.emplace().availability_zone = "eu-west-1a";
  EXPECT_EQ(code(), "InvalidParameterValue");
}

TEST_F(Launch, OnlyTheDefaultSecurityGroupExists) {
  request_.security_groups = {"default"};
  EXPECT_TRUE(read().has_value());
  request_.security_groups = {"web"};
  EXPECT_EQ(code(), "InvalidGroup.NotFound");
  request_.security_groups.clear();
  request_.security_group_ids = {default_group_id(account_)};
  EXPECT_TRUE(read().has_value());
  request_.security_group_ids.push_back("sg-12345678");
  EXPECT_EQ(code(), "InvalidGroup.NotFound");
}

TEST_F(Launch, AnInterfaceMaySayWhatIsSoAnyway) {
  auto& interface = request_.network_interfaces.emplace_back();
  interface.device_index = 0;
  interface.associate_public_ip_address = true;
  interface.subnet_id = subnet_id(account_, "us-east-1b");
  interface.groups = {default_group_id(account_)};
  EXPECT_EQ(read()->zone, "us-east-1b");
  request_.security_groups = {"default"};
  EXPECT_EQ(code(), "InvalidParameterCombination");
  request_.security_groups.clear();
  interface.associate_public_ip_address = false;
  EXPECT_EQ(code(), "UnsupportedOperation");
  interface.associate_public_ip_address = true;
  interface.private_ip_address = "172.31.0.9";
  EXPECT_EQ(code(), "UnsupportedOperation");
}

TEST_F(Launch, WhatMachinesHereDoNotHaveIsRefusedByName) {
  request_.iam_instance_profile.emplace().name = "lab";
  EXPECT_EQ(code(), "UnsupportedOperation");
  EXPECT_EQ(read().error().message, "The parameter IamInstanceProfile is not served here: leave it out.");
  request_.iam_instance_profile.reset();
  request_.placement.emplace().tenancy = "default";
  EXPECT_TRUE(read().has_value());
  request_.placement->tenancy = "dedicated";
  EXPECT_EQ(code(), "UnsupportedOperation");
}

TEST_F(Launch, TagsAreSortedByWhatTheyAreFor) {
  request_.tag_specifications = {{"instance", {{"Name", "lab"}, {"Empty", std::nullopt}}},
                                 {"volume", {{"Name", "disk"}}}};
  const auto launch = read();
  ASSERT_TRUE(launch.has_value());
  EXPECT_EQ(launch->instance_tags, (domain::Tags{{"Empty", ""}, {"Name", "lab"}}));
  EXPECT_EQ(launch->volume_tags, (domain::Tags{{"Name", "disk"}}));
  request_.tag_specifications = {{"spot-instances-request", {{"a", "b"}}}};
  EXPECT_EQ(code(), "InvalidParameterValue");
  request_.tag_specifications = {{"instance", {{"a", "b"}, {"a", "c"}}}};
  EXPECT_EQ(code(), "InvalidParameterValue");
  request_.tag_specifications = {{"instance", {{"aws:a", "b"}}}};
  EXPECT_EQ(read().error().message, "Tag keys starting with 'aws:' are reserved for internal use");
  std::vector<aws::ec2::Tag> many;
  for (int i = 0; i < 51; ++i) many.push_back({std::to_string(i), ""});
  request_.tag_specifications = {{"instance", many}};
  EXPECT_EQ(code(), "TagLimitExceeded");
  request_.tag_specifications = {{"instance", {{std::string(129, 'k'), ""}}}};
  EXPECT_EQ(code(), "InvalidParameterValue");
  std::string umlauts;
  for (int i = 0; i < 128; ++i) umlauts += "\xc3\xbc";
  request_.tag_specifications = {{"instance", {{umlauts, umlauts + umlauts}}}};
  EXPECT_TRUE(read().has_value());
}

TEST_F(Launch, AClientTokenIsShortAscii) {
  request_.client_token = std::string(64, 'x');
  EXPECT_EQ(read()->client_token, *request_.client_token);
  request_.client_token = std::string(65, 'x');
  EXPECT_EQ(code(), "InvalidParameterValue");
  request_.client_token = "\xc3\xbc";
  EXPECT_EQ(code(), "InvalidParameterValue");
}

TEST(Names, FollowTheRegion) {
  const Settings here;
  EXPECT_EQ(private_dns_name(here, "172.31.5.6"), "ip-172-31-5-6.ec2.internal");
  EXPECT_EQ(zone_id(here, "us-east-1b"), "use1-az2");
  const Settings there{.region = "ap-northeast-1", .zones = {"ap-northeast-1a"}};
  EXPECT_EQ(private_dns_name(there, "10.0.0.1"), "ip-10-0-0-1.ap-northeast-1.compute.internal");
  EXPECT_EQ(zone_id(there, "ap-northeast-1a"), "apne1-az1");
  EXPECT_EQ(private_dns_name(here, ""), "");
}

// Terraform's state and students' notes hold them.
TEST(Names, IdsOfTheDefaultVpcNeverChange) {
  const auto account = *base::AccountId::parse("111122223333"),
             other = *base::AccountId::parse("111122223334");
  const auto instance = *base::InstanceId::parse("i-0123456789abcdef0");
  EXPECT_EQ(vpc_id(account), "vpc-fe2ed5306e269446b");
  EXPECT_EQ(network_interface_id(instance), "eni-0685f6840ffcecdba");
  EXPECT_NE(vpc_id(account), vpc_id(other));
  EXPECT_NE(subnet_id(account, "us-east-1a"), subnet_id(account, "us-east-1b"));
  EXPECT_EQ(default_group_id(account).size(), 3 + 17u);
}

}  // namespace
}  // namespace stipend::api
