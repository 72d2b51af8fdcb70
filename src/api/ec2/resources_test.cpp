// What is not a machine: key pairs, images, types, regions and zones.
#include <gtest/gtest.h>

#include "api/keys/base64.hpp"
#include "api/test_world.hpp"
#include "aws/form.hpp"

namespace stipend::api {
namespace {

class Resources : public testing::Test {
 protected:
  Got call(const std::string& form) { return world_.call(ada_, "Action=" + form); }
  World world_;
  Caller ada_ = world_.add_account("Ada");
};

TEST_F(Resources, AKeyPairIsMadeListedAndDeleted) {
  const auto made = call(
      "CreateKeyPair&KeyName=lab&KeyType=ed25519&TagSpecification.1.ResourceType=key-pair"
      "&TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1.Value=b");
  ASSERT_EQ(made.status, 200) << made.body;
  EXPECT_TRUE(made["keyMaterial"].starts_with("-----BEGIN OPENSSH PRIVATE KEY-----"));
  EXPECT_TRUE(made["keyPairId"].starts_with("key-"));
  EXPECT_EQ(call("CreateKeyPair&KeyName=lab").code(), "InvalidKeyPair.Duplicate");
  EXPECT_EQ(call("CreateKeyPair&KeyName=%20lab").code(), "InvalidParameterValue");
  EXPECT_EQ(call("CreateKeyPair&KeyName=k&DryRun=true").status, 412);

  auto listed = call("DescribeKeyPairs");
  EXPECT_EQ(listed.all("keyName"), std::vector<std::string>{"lab"});
  EXPECT_EQ(listed["keyFingerprint"], made["keyFingerprint"]);
  EXPECT_EQ(listed["keyType"], "ed25519");
  EXPECT_EQ(listed["publicKey"], "");
  listed = call("DescribeKeyPairs&IncludePublicKey=true&KeyName.1=lab");
  EXPECT_TRUE(listed["publicKey"].starts_with("ssh-ed25519 "));
  EXPECT_EQ(call("DescribeKeyPairs&KeyName.1=nokey").code(), "InvalidKeyPair.NotFound");
  EXPECT_EQ(call("DescribeKeyPairs&KeyName.1=nokey").message(), "The key pair 'nokey' does not exist");
  EXPECT_EQ(call("DescribeKeyPairs&KeyPairId.1=" + made["keyPairId"])["keyName"], "lab");

  EXPECT_EQ(call("DeleteKeyPair&KeyName=lab")["return"], "true");
  EXPECT_EQ(call("DeleteKeyPair&KeyName=lab")["return"], "true") << "deleting what is not there is a success";
  EXPECT_TRUE(call("DescribeKeyPairs").all("keyName").empty());
}

TEST_F(Resources, APublicKeyIsImported) {
  base::SeededRandom random(1);
  const auto pair = make_key_pair(random, KeyType::kEd25519, KeyFormat::kPem, "ada");
  std::string material;
  aws::append_percent_encoded(material, base64(pair->public_key.line));
  const auto got = call("ImportKeyPair&KeyName=mine&PublicKeyMaterial=" + material);
  ASSERT_EQ(got.status, 200) << got.body;
  EXPECT_EQ(got["keyFingerprint"], pair->public_key.fingerprint);
  EXPECT_EQ(call("ImportKeyPair&KeyName=other&PublicKeyMaterial=eHh4").code(), "InvalidKey.Format");
}

TEST_F(Resources, ImagesAreTheHousesAndPublic) {
  const auto id = world_.add_image("course-python").str();
  const auto got = call("DescribeImages");
  EXPECT_EQ(got["imageId"], id);
  EXPECT_EQ(got["name"], "course-python");
  EXPECT_EQ(got["imageState"], "available");
  EXPECT_EQ(got["volumeSize"], "8");
  EXPECT_TRUE(call("DescribeImages&Owner.1=self").all("imageId").empty());
  EXPECT_EQ(call("DescribeImages&Filter.1.Name=name&Filter.1.Value.1=course-%2A")["imageId"], id);
  EXPECT_TRUE(call("DescribeImages&Filter.1.Name=tag:a&Filter.1.Value.1=b").all("imageId").empty());
  EXPECT_EQ(call("DescribeImages&ImageId.1=ami-00000000").code(), "InvalidAMIID.NotFound");
}

TEST_F(Resources, TypesAreThoseOfTheCourse) {
  const auto got = call("DescribeInstanceTypes&InstanceType.1=t2.medium");
  ASSERT_EQ(got.status, 200) << got.body;
  EXPECT_EQ(got["defaultVCpus"], "2");
  EXPECT_EQ(got["sizeInMiB"], "4096");
  EXPECT_EQ(call("DescribeInstanceTypes&InstanceType.1=t2.foo").code(), "InvalidInstanceType");
  EXPECT_EQ(call("DescribeInstanceTypes&InstanceType.1=t2.foo").message(),
            "The following supplied instance types do not exist: [t2.foo]");
  const auto all = call("DescribeInstanceTypes");
  EXPECT_NE(all.body.find("<instanceType>m1.small</instanceType>"), all.body.npos);
  EXPECT_EQ(all.body.find("<gpuInfo>"), all.body.npos) << "no host here has GPUs";
  const auto two = call("DescribeInstanceTypes&Filter.1.Name=vcpu-info.default-vcpus&Filter.1.Value.1=2");
  EXPECT_GT(two.all("instanceType").size(), 0u);
  EXPECT_LT(two.all("instanceType").size(), all.all("instanceType").size());
}

TEST_F(Resources, EveryTypeIsOfferedInEveryZone) {
  const auto got = call(
      "DescribeInstanceTypeOfferings&LocationType=availability-zone"
      "&Filter.1.Name=instance-type&Filter.1.Value.1=t2.medium");
  EXPECT_EQ(got.all("location"), (std::vector<std::string>{"us-east-1a", "us-east-1b"})) << got.body;
}

TEST_F(Resources, ThereIsOneRegionWithItsZones) {
  const auto regions = call("DescribeRegions");
  EXPECT_EQ(regions["regionName"], "us-east-1");
  EXPECT_EQ(regions["regionEndpoint"], "stipend.test:8080");
  EXPECT_EQ(call("DescribeRegions&RegionName.1=eu-west-1").code(), "InvalidParameterValue");
  const auto zones = call("DescribeAvailabilityZones");
  EXPECT_EQ(zones.all("zoneName"), (std::vector<std::string>{"us-east-1a", "us-east-1b"}));
  EXPECT_EQ(call("DescribeAvailabilityZones&Filter.1.Name=zone-id&Filter.1.Value.1=use1-az2")["zoneName"],
            "us-east-1b");
}

}  // namespace
}  // namespace stipend::api
