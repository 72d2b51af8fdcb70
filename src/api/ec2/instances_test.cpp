// Machines through the wire: launch, describe, stop, start, terminate, tags, status, console.
#include <gtest/gtest.h>

#include <set>

#include "api/keys/base64.hpp"
#include "api/test_world.hpp"

namespace stipend::api {
namespace {

class Machines : public testing::Test {
 protected:
  std::string launch(const std::string& more = "", const Caller* by = nullptr) {
    const auto got =
        world_.call(by != nullptr ? *by : ada_, "Action=RunInstances&ImageId=" + image_ +
                                                    "&InstanceType=t2.medium&MinCount=1&MaxCount=1" + more);
    EXPECT_EQ(got.status, 200) << got.body;
    return got["instanceId"];
  }
  Got describe(const std::string& more = "") { return world_.call(ada_, "Action=DescribeInstances" + more); }
  static std::string filter(const std::string& name, const std::string& value) {
    return "&Filter.1.Name=" + name + "&Filter.1.Value.1=" + value;
  }

  World world_;
  Caller ada_ = world_.add_account("Ada");
  std::string image_ = world_.add_image("minimal").str();
};

TEST_F(Machines, ALaunchIsPendingThenRunning) {
  const auto got =
      world_.call(ada_, "Action=RunInstances&ImageId=" + image_ +
                            "&InstanceType=t2.medium&MinCount=2&MaxCount=2"
                            "&TagSpecification.1.ResourceType=instance"
                            "&TagSpecification.1.Tag.1.Key=Name&TagSpecification.1.Tag.1.Value=lab+1");
  ASSERT_EQ(got.status, 200) << got.body;
  EXPECT_EQ(got["ownerId"], ada_.account.str());
  EXPECT_EQ(got.all("instanceId").size(), 2u);
  EXPECT_EQ(got.all("amiLaunchIndex"), (std::vector<std::string>{"0", "1"}));
  EXPECT_EQ(got["name"], "pending");
  EXPECT_EQ(got["value"], "lab 1");
  EXPECT_NE(got.body.find("<stateReason><code>pending</code><message>pending</message></stateReason>"),
            got.body.npos);
  EXPECT_EQ(got["availabilityZone"], "us-east-1a");
  EXPECT_TRUE(got["privateDnsName"].starts_with("ip-10-97-")) << got["privateDnsName"];
  EXPECT_TRUE(got["privateDnsName"].ends_with(".ec2.internal"));
  EXPECT_EQ(got["deviceName"], "/dev/sda1");
  EXPECT_EQ(got["deleteOnTermination"], "true");

  world_.settle();
  const auto running = describe();
  EXPECT_EQ(running.all("reservationId").size(), 1u);
  EXPECT_EQ(running.all("name"), (std::vector<std::string>{"running", "running"}));
  EXPECT_EQ(running["ipAddress"], running["dnsName"]);
  EXPECT_TRUE(running["ipAddress"].starts_with("127.97."));
}

TEST_F(Machines, StopStartAndTerminateTellBothStates) {
  const auto id = launch();
  world_.settle();
  auto got = world_.call(ada_, "Action=StopInstances&InstanceId.1=" + id);
  EXPECT_EQ(got.all("name"), (std::vector<std::string>{"stopping", "running"})) << got.body;
  EXPECT_EQ(got.all("code"), (std::vector<std::string>{"64", "16"}));
  got = world_.call(ada_, "Action=StartInstances&InstanceId.1=" + id);
  EXPECT_EQ(got.code(), "IncorrectInstanceState");
  EXPECT_EQ(got.message(), "The instance '" + id + "' is not in a state from which it can be started.");
  world_.settle();
  got = describe();
  EXPECT_EQ(got["name"], "stopped");
  EXPECT_EQ(got["ipAddress"], "");
  EXPECT_TRUE(got["privateIpAddress"].starts_with("10.97."));
  EXPECT_TRUE(got["reason"].starts_with("User initiated (")) << got["reason"];
  EXPECT_NE(got.body.find("<stateReason><code>Client.UserInitiatedShutdown</code>"), got.body.npos);
  got = world_.call(ada_, "Action=StartInstances&InstanceId.1=" + id);
  EXPECT_EQ(got.all("name"), (std::vector<std::string>{"pending", "stopped"}));
  world_.settle();
  got = world_.call(ada_, "Action=TerminateInstances&InstanceId.1=" + id);
  EXPECT_EQ(got.all("name"), (std::vector<std::string>{"shutting-down", "running"}));
  world_.settle();
  got = describe();
  EXPECT_EQ(got["name"], "terminated");
  EXPECT_EQ(got["vpcId"], "");
  EXPECT_EQ(got["networkInterfaceId"], "");
}

TEST_F(Machines, AForeignOrUnknownIdIsNotFound) {
  const auto alan = world_.add_account("Alan");
  const auto foreign = launch("", &alan);
  for (const std::string& action : {std::string("DescribeInstances"), std::string("StopInstances"),
                                    std::string("TerminateInstances"), std::string("StartInstances"),
                                    std::string("RebootInstances"), std::string("DescribeInstanceStatus")}) {
    const auto got = world_.call(ada_, "Action=" + action + "&InstanceId.1=" + foreign);
    EXPECT_EQ(got.status, 400);
    EXPECT_EQ(got.code(), "InvalidInstanceID.NotFound") << action;
    EXPECT_EQ(got.message(), "The instance ID '" + foreign + "' does not exist");
  }
  EXPECT_EQ(describe("&InstanceId.1=i-12345678&InstanceId.2=i-87654321").message(),
            "The instance IDs 'i-12345678, i-87654321' do not exist");
  EXPECT_EQ(describe("&InstanceId.1=i-zzz").code(), "InvalidInstanceID.Malformed");
  EXPECT_EQ(world_.call(ada_, "Action=GetConsoleOutput&InstanceId=" + foreign).code(),
            "InvalidInstanceID.NotFound");
}

TEST_F(Machines, StaffSeeTheirOwnAccountOnly) {
  launch();
  const auto grace = world_.add_account("Grace", 100, domain::Role::kTeacher);
  EXPECT_TRUE(world_.call(grace, "Action=DescribeInstances").all("instanceId").empty());
  const auto id = describe()["instanceId"];
  for (const std::string action :
       {"StopInstances", "StartInstances", "TerminateInstances", "RebootInstances"})
    EXPECT_EQ(world_.call(grace, "Action=" + action + "&InstanceId.1=" + id).code(),
              "InvalidInstanceID.NotFound")
        << action;
  EXPECT_EQ(world_.call(grace, "Action=CreateTags&Tag.1.Key=k&ResourceId.1=" + id).code(),
            "InvalidInstanceID.NotFound");
  EXPECT_EQ(world_.call(grace, "Action=DeleteTags&ResourceId.1=" + id).code(), "InvalidInstanceID.NotFound");
  EXPECT_EQ(
      world_.call(grace, "Action=ModifyInstanceAttribute&DisableApiTermination.Value=true&InstanceId=" + id)
          .code(),
      "InvalidInstanceID.NotFound");
}

TEST_F(Machines, TooLittleCreditIsSaidWithTheFigures) {
  const auto poor = world_.add_account("Edsger", 0);
  const auto got = world_.call(
      poor, "Action=RunInstances&ImageId=" + image_ + "&InstanceType=t2.medium&MinCount=1&MaxCount=1");
  EXPECT_EQ(got.status, 400);
  EXPECT_EQ(got.code(), "InsufficientCredit");
  EXPECT_NE(got.message().find('$'), got.message().npos);
}

TEST_F(Machines, WhatDoesNotExistIsNamedAtLaunch) {
  const auto refuse = [&](const std::string& form) {
    return world_.call(ada_, "Action=RunInstances&MinCount=1&MaxCount=1&" + form);
  };
  EXPECT_EQ(refuse("ImageId=ami-00000000000000000").code(), "InvalidAMIID.NotFound");
  const auto type = refuse("InstanceType=t2.foo&ImageId=" + image_);
  EXPECT_EQ(type.code(), "InvalidParameterValue");
  EXPECT_EQ(type.message(), "Invalid value 't2.foo' for InstanceType.");
  EXPECT_EQ(refuse("KeyName=nokey&ImageId=" + image_).code(), "InvalidKeyPair.NotFound");
}

TEST_F(Machines, DryRunChangesNothing) {
  const auto got = world_.call(ada_, "Action=RunInstances&DryRun=true&ImageId=" + image_ +
                                         "&InstanceType=t2.medium&MinCount=1&MaxCount=1");
  EXPECT_EQ(got.status, 412);
  EXPECT_EQ(got.code(), "DryRunOperation");
  EXPECT_EQ(got.message(), "Request would have succeeded, but DryRun flag is set.");
  EXPECT_TRUE(describe().all("instanceId").empty());
  EXPECT_EQ(describe("&DryRun=true").code(), "DryRunOperation");
  const auto id = launch();
  world_.settle();
  for (const std::string action :
       {"StopInstances", "TerminateInstances", "RebootInstances", "StartInstances"})
    EXPECT_EQ(world_.call(ada_, "Action=" + action + "&DryRun=true&InstanceId.1=" + id).code(),
              "DryRunOperation")
        << action;
  EXPECT_EQ(describe()["name"], "running");
}

TEST_F(Machines, AClientTokenLaunchesOnce) {
  const auto first = launch("&ClientToken=t");
  EXPECT_EQ(launch("&ClientToken=t"), first);
  EXPECT_NE(launch("&ClientToken=u"), first);
  const auto got = world_.call(ada_, "Action=RunInstances&ClientToken=t&ImageId=" + image_ +
                                         "&InstanceType=t2.small&MinCount=1&MaxCount=1");
  EXPECT_EQ(got.code(), "IdempotentParameterMismatch");
}

TEST_F(Machines, FiltersSelect) {
  const auto small =
      world_.call(ada_, "Action=RunInstances&ImageId=" + image_ + "&MinCount=1&MaxCount=1")["instanceId"];
  const auto medium = launch();
  world_.settle();
  const auto ids = [&](const std::string& more) { return describe(more).all("instanceId"); };
  EXPECT_EQ(ids(filter("instance-type", "m1.small")), std::vector{small});
  EXPECT_EQ(ids(filter("instance-type", "t2.%2A")), std::vector{medium});
  EXPECT_EQ(ids(filter("instance-state-name", "stopped")).size(), 0u);
  EXPECT_EQ(ids(filter("instance-state-code", "16")).size(), 2u);
  EXPECT_EQ(ids(filter("private-ip-address", describe("&InstanceId.1=" + small)["privateIpAddress"])),
            std::vector{small});
  EXPECT_EQ(ids(filter("affinity", "%2A")).size(), 0u);
  world_.call(ada_, "Action=CreateTags&ResourceId.1=" + medium + "&Tag.1.Key=Name&Tag.1.Value=big");
  EXPECT_EQ(ids(filter("tag:Name", "b%3Fg")), std::vector{medium});
  EXPECT_EQ(ids(filter("tag-key", "Name")), std::vector{medium});
}

TEST_F(Machines, PagesGiveEveryMachineOnceInLaunchOrder) {
  std::vector<std::string> launched;
  for (int i = 0; i < 12; ++i) {
    launched.push_back(launch());
    world_.clock.advance_ms(1000);
  }
  std::vector<std::string> seen;
  std::string token;
  int pages = 0;
  do {
    const auto got = describe("&MaxResults=5" + (token.empty() ? "" : "&NextToken=" + token));
    ASSERT_EQ(got.status, 200) << got.body;
    for (const auto& id : got.all("instanceId")) seen.push_back(id);
    token = got["nextToken"];
    ++pages;
  } while (!token.empty() && pages < 10);
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(seen, launched);
  token = describe("&MaxResults=5")["nextToken"];
  EXPECT_EQ(describe("&MaxResults=5&NextToken=" + token + filter("instance-type", "x")).code(),
            "InvalidNextToken");
  EXPECT_EQ(
      world_.call(world_.add_account("Alan"), "Action=DescribeInstances&MaxResults=5&NextToken=" + token)
          .code(),
      "InvalidNextToken");
  EXPECT_EQ(describe("&MaxResults=4").code(), "InvalidParameterValue");
  EXPECT_EQ(describe("&MaxResults=5&InstanceId.1=" + launched[0]).code(), "InvalidParameterCombination");
}

TEST_F(Machines, StatusIsOfRunningOnesUnlessAllAreAsked) {
  const auto running = launch();
  world_.settle();
  const auto pending = launch();
  const auto got = world_.call(ada_, "Action=DescribeInstanceStatus");
  EXPECT_EQ(got.all("instanceId"), std::vector{running});
  EXPECT_NE(got.body.find("<status>ok</status>"), got.body.npos) << got.body;
  const auto all = world_.call(ada_, "Action=DescribeInstanceStatus&IncludeAllInstances=true");
  EXPECT_EQ(all.all("instanceId").size(), 2u);
  EXPECT_NE(all.body.find("<status>not-applicable</status>"), all.body.npos);
}

TEST_F(Machines, ConsoleOutputComesInBase64) {
  world_.console = std::string("boot\x1b[0m\0done", 13);
  const auto got = world_.call(ada_, "Action=GetConsoleOutput&InstanceId=" + launch());
  EXPECT_EQ(from_base64(got["output"]), world_.console) << got.body;
}

TEST_F(Machines, TagsAreListedChangedAndDeletedByValue) {
  const auto id = launch();
  const auto tag = [&](const std::string& action, const std::string& more) {
    return world_.call(ada_, "Action=" + action + "&ResourceId.1=" + id + more);
  };
  const auto keys = [&] { return world_.call(ada_, "Action=DescribeTags").all("key"); };
  EXPECT_EQ(tag("CreateTags",
                "&Tag.1.Key=a&Tag.1.Value=1&Tag.2.Key=b&Tag.2.Value=&Tag.3.Key=c&Tag.3.Value=3")["return"],
            "true");
  EXPECT_EQ(keys(), (std::vector<std::string>{"a", "b", "c"}));
  tag("DeleteTags", "&Tag.1.Key=a&Tag.1.Value=&Tag.2.Key=b&Tag.2.Value=");
  EXPECT_EQ(keys(), (std::vector<std::string>{"a", "c"}))
      << "an empty value deletes only a tag whose value is empty";
  tag("DeleteTags", "&Tag.1.Key=a&Tag.1.Value=2");
  EXPECT_EQ(keys(), (std::vector<std::string>{"a", "c"}));
  tag("DeleteTags", "&Tag.1.Key=a");
  EXPECT_EQ(keys(), std::vector<std::string>{"c"});
  tag("DeleteTags", "");
  EXPECT_TRUE(keys().empty());
  EXPECT_EQ(tag("CreateTags", "&Tag.1.Key=aws:x&Tag.1.Value=1").code(), "InvalidParameterValue");
  EXPECT_EQ(world_.call(ada_, "Action=CreateTags&ResourceId.1=x&Tag.1.Key=k").code(), "InvalidID");
  EXPECT_EQ(world_.call(ada_, "Action=CreateTags&ResourceId.1=i-00000000000000000&Tag.1.Key=k").code(),
            "InvalidInstanceID.NotFound");
}

TEST_F(Machines, AttributesAreShownAndChangedOneAtATime) {
  const auto id = launch("&UserData=IyEvYmluL3No");
  world_.settle();
  const auto show = [&](const std::string& attribute) {
    return world_.call(ada_, "Action=DescribeInstanceAttribute&InstanceId=" + id + "&Attribute=" + attribute);
  };
  const auto change = [&](const std::string& more) {
    return world_.call(ada_, "Action=ModifyInstanceAttribute&InstanceId=" + id + more);
  };
  EXPECT_EQ(show("instanceType")["value"], "t2.medium");
  EXPECT_EQ(show("userData")["value"], "IyEvYmluL3No");
  EXPECT_EQ(show("disableApiTermination")["value"], "false");
  EXPECT_EQ(change("&InstanceType.Value=t2.small").code(), "IncorrectInstanceState");
  EXPECT_EQ(change("&DisableApiTermination.Value=true&DryRun=true").code(), "DryRunOperation");
  EXPECT_EQ(show("disableApiTermination")["value"], "false");
  EXPECT_EQ(change("&DisableApiTermination.Value=true")["return"], "true");
  EXPECT_EQ(world_.call(ada_, "Action=TerminateInstances&InstanceId.1=" + id).code(),
            "OperationNotPermitted");
  EXPECT_EQ(change("&Attribute=disableApiTermination&Value=false")["return"], "true");
  EXPECT_EQ(change("&InstanceInitiatedShutdownBehavior.Value=terminate")["return"], "true");
  EXPECT_EQ(show("instanceInitiatedShutdownBehavior")["value"], "terminate");
  EXPECT_EQ(change("&SourceDestCheck.Value=false").code(), "UnsupportedOperation");
  world_.call(ada_, "Action=StopInstances&InstanceId.1=" + id);
  world_.settle();
  EXPECT_EQ(change("&InstanceType.Value=t2.small")["return"], "true");
  EXPECT_EQ(describe()["instanceType"], "t2.small");
  EXPECT_EQ(change("&InstanceType.Value=t2.foo").code(), "InvalidParameterValue");
}

TEST_F(Machines, VolumesFollowTheirMachines) {
  const auto id = launch(
      "&BlockDeviceMapping.1.DeviceName=/dev/sda1&BlockDeviceMapping.1.Ebs.VolumeSize=20"
      "&BlockDeviceMapping.1.Ebs.DeleteOnTermination=false");
  world_.settle();
  auto got = world_.call(ada_, "Action=DescribeVolumes&MaxResults=1000");
  EXPECT_EQ(got["size"], "20") << got.body;
  EXPECT_EQ(got["instanceId"], id);
  EXPECT_EQ(got["volumeId"], describe()["volumeId"]);
  EXPECT_EQ(world_.call(ada_, "Action=DescribeVolumes" + filter("attachment.instance-id", id))["volumeId"],
            got["volumeId"]);
  EXPECT_EQ(world_.call(ada_, "Action=DescribeVolumes&VolumeId.1=vol-00000000").code(),
            "InvalidVolume.NotFound");
  world_.call(ada_, "Action=TerminateInstances&InstanceId.1=" + id);
  world_.settle();
  got = world_.call(ada_, "Action=DescribeVolumes");
  EXPECT_NE(got.body.find("<status>available</status>"), got.body.npos) << got.body;
  EXPECT_TRUE(got.all("instanceId").empty());
}

TEST_F(Machines, TheDefaultVpcHoldsThem) {
  const auto id = launch();
  const auto instance = describe();
  const auto vpc = world_.call(ada_, "Action=DescribeVpcs" + filter("isDefault", "true"));
  EXPECT_EQ(vpc["vpcId"], instance["vpcId"]) << vpc.body;
  EXPECT_EQ(vpc["cidrBlock"], "10.97.16.0/20");
  const auto subnets =
      world_.call(ada_, "Action=DescribeSubnets" + filter("availability-zone", "us-east-1a"));
  EXPECT_EQ(subnets["subnetId"], instance["subnetId"]);
  EXPECT_EQ(subnets["availableIpAddressCount"], std::to_string(4096 - 3 - 1));
  const auto groups = world_.call(ada_, "Action=DescribeSecurityGroups&GroupName.1=default");
  EXPECT_EQ(groups["groupId"], instance["groupId"]);
  EXPECT_EQ(groups["fromPort"], "22");
  EXPECT_EQ(world_.call(ada_, "Action=DescribeSecurityGroups&GroupName.1=web").code(),
            "InvalidGroup.NotFound");
  EXPECT_NE(world_.call(world_.add_account("Alan"), "Action=DescribeVpcs")["vpcId"], vpc["vpcId"]);
  const auto attributes = world_.call(ada_, "Action=DescribeAccountAttributes&AttributeName.1=default-vpc");
  EXPECT_EQ(attributes["attributeValue"], vpc["vpcId"]);
  EXPECT_EQ(id, instance["instanceId"]);
}

}  // namespace
}  // namespace stipend::api
