// Elastic addresses through the wire.
#include <gtest/gtest.h>

#include "api/test_world.hpp"

namespace stipend::api {
namespace {

class ElasticAddresses : public testing::Test {
 protected:
  Got call(const std::string& form) { return world_.call(ada_, "Action=" + form); }
  Got describe(const std::string& more = "") { return call("DescribeAddresses" + more); }
  static std::string filter(const std::string& name, const std::string& value) {
    return "&Filter.1.Name=" + name + "&Filter.1.Value.1=" + value;
  }
  std::string running() {
    const auto got = call("RunInstances&ImageId=" + image_ + "&InstanceType=t2.medium&MinCount=1&MaxCount=1");
    EXPECT_EQ(got.status, 200) << got.body;
    world_.settle();
    return got["instanceId"];
  }
  std::string allocate() { return call("AllocateAddress")["allocationId"]; }
  Got machine(const std::string& id) { return call("DescribeInstances&InstanceId.1=" + id); }

  World world_;
  Caller ada_ = world_.add_account("Ada");
  std::string image_ = world_.add_image("minimal").str();
};

TEST_F(ElasticAddresses, OneIsAllocatedShownAndReleased) {
  const auto made = call(
      "AllocateAddress&Domain=vpc&PublicIpv4Pool=amazon&NetworkBorderGroup=us-east-1&TagSpecification.1.ResourceType=elastic-ip"
      "&TagSpecification.1.Tag.1.Key=Name&TagSpecification.1.Tag.1.Value=lab");
  ASSERT_EQ(made.status, 200) << made.body;
  const auto id = made["allocationId"], address = made["publicIp"];
  EXPECT_TRUE(id.starts_with("eipalloc-"));
  EXPECT_TRUE(address.starts_with("127.97."));
  EXPECT_EQ(made["domain"], "vpc");
  EXPECT_EQ(made["publicIpv4Pool"], "amazon");
  EXPECT_EQ(made["networkBorderGroup"], "us-east-1");

  for (const auto& how : {std::string(), "&AllocationId.1=" + id, "&PublicIp.1=" + address, filter("public-ip", address), filter("tag:Name", "l%2A")}) {
    const auto got = describe(how);
    EXPECT_EQ(got["allocationId"], id) << how << got.body;
    EXPECT_EQ(got["publicIp"], address);
    EXPECT_EQ(got["value"], "lab");
    EXPECT_EQ(got.all("associationId").size(), 0u);
    EXPECT_EQ(got.all("instanceId").size(), 0u);
  }
  EXPECT_EQ(describe(filter("instance-id", "%2A")).all("allocationId").size(), 0u);
  EXPECT_EQ(describe(filter("address-color", "red")).code(), "InvalidParameterValue");
  EXPECT_EQ(describe("&AllocationId.1=eipalloc-0123456789abcdef0").code(), "InvalidAllocationID.NotFound");
  EXPECT_EQ(describe("&AllocationId.1=eipalloc-0123456789abcdef0").message(), "The allocation ID 'eipalloc-0123456789abcdef0' does not exist");
  EXPECT_EQ(describe("&PublicIp.1=127.97.16.255").code(), "InvalidAddress.NotFound");

  EXPECT_EQ(call("ReleaseAddress&PublicIp=" + address).message(), "You must specify an allocation id when releasing a VPC elastic IP address");
  EXPECT_EQ(call("ReleaseAddress").code(), "MissingParameter");
  EXPECT_EQ(call("ReleaseAddress&DryRun=true&AllocationId=" + id).status, 412);
  const auto released = call("ReleaseAddress&AllocationId=" + id);
  EXPECT_EQ(released["return"], "true") << released.body;
  EXPECT_EQ(call("ReleaseAddress&AllocationId=" + id).code(), "InvalidAllocationID.NotFound");
  EXPECT_EQ(describe().all("allocationId").size(), 0u);
}

TEST_F(ElasticAddresses, WhatIsNotServedIsNamed) {
  for (const char* parameter : {"Domain=standard", "Address=127.97.16.9", "PublicIpv4Pool=ipv4pool-ec2-1", "CustomerOwnedIpv4Pool=x", "IpamPoolId=ipam-1"}) {
    const auto got = call(std::string("AllocateAddress&") + parameter);
    EXPECT_EQ(got.code(), "UnsupportedOperation") << got.body;
    EXPECT_NE(got.message().find(std::string(parameter).substr(0, std::string(parameter).find('='))), std::string::npos) << got.body;
  }
  EXPECT_EQ(call("AllocateAddress&NetworkBorderGroup=us-west-2").code(), "InvalidParameterValue");
  EXPECT_EQ(call("AllocateAddress&TagSpecification.1.ResourceType=volume&TagSpecification.1.Tag.1.Key=a").code(), "InvalidParameterValue");
  EXPECT_EQ(call("AllocateAddress&DryRun=true").status, 412);
  EXPECT_EQ(describe().all("allocationId").size(), 0u);
}

TEST_F(ElasticAddresses, AnAccountHasFiveAndTheSixthIsAClientsError) {
  for (int i = 0; i < 5; ++i) ASSERT_NE(allocate(), "");
  const auto got = call("AllocateAddress");
  EXPECT_EQ(got.status, 400);
  EXPECT_EQ(got.code(), "AddressLimitExceeded");
  EXPECT_EQ(got.message(), "The maximum number of addresses has been reached.");
}

TEST_F(ElasticAddresses, AMachineIsReachedThereWhileItRunsWhileItIsStoppedAndAfterTheNextStart) {
  const auto id = running();
  const auto made = call("AllocateAddress");
  EXPECT_EQ(machine(id)["ipOwnerId"], "amazon");
  const auto associated = call("AssociateAddress&AllocationId=" + made["allocationId"] + "&InstanceId=" + id);
  ASSERT_EQ(associated.status, 200) << associated.body;
  EXPECT_TRUE(associated["associationId"].starts_with("eipassoc-"));
  world_.settle();

  const auto shown = machine(id);
  EXPECT_EQ(shown["ipAddress"], made["publicIp"]);
  EXPECT_EQ(shown["dnsName"], made["publicIp"]);
  EXPECT_EQ(shown.all("ipOwnerId"), std::vector<std::string>(2, ada_.account.str()));
  const auto address = describe(filter("instance-id", id));
  EXPECT_EQ(address["associationId"], associated["associationId"]);
  EXPECT_EQ(address["instanceId"], id);
  EXPECT_EQ(address["networkInterfaceId"], shown["networkInterfaceId"]);
  EXPECT_EQ(address["networkInterfaceOwnerId"], ada_.account.str());
  EXPECT_EQ(address["privateIpAddress"], shown["privateIpAddress"]);
  for (const char* where : {"network-interface.association.", "network-interface.addresses.association."}) {
    EXPECT_EQ(call("DescribeInstances" + filter(std::string(where) + "allocation-id", made["allocationId"]))["instanceId"], id);
    EXPECT_EQ(call("DescribeInstances" + filter(std::string(where) + "association-id", associated["associationId"]))["instanceId"], id);
    EXPECT_EQ(call("DescribeInstances" + filter(std::string(where) + "ip-owner-id", ada_.account.str()))["instanceId"], id);
  }
  EXPECT_EQ(call("ReleaseAddress&AllocationId=" + made["allocationId"]).message(), "Address " + made["publicIp"] + " is in use.");

  call("StopInstances&InstanceId.1=" + id);
  world_.settle();
  EXPECT_EQ(machine(id)["name"], "stopped");
  EXPECT_EQ(machine(id)["ipAddress"], made["publicIp"]);
  call("StartInstances&InstanceId.1=" + id);
  world_.settle();
  EXPECT_EQ(machine(id)["ipAddress"], made["publicIp"]);

  EXPECT_EQ(call("DisassociateAddress&AssociationId=" + associated["associationId"])["return"], "true");
  EXPECT_NE(machine(id)["ipAddress"], made["publicIp"]);
  EXPECT_EQ(machine(id)["ipOwnerId"], "amazon");
  const auto again = call("DisassociateAddress&AssociationId=" + associated["associationId"]);
  EXPECT_EQ(again.code(), "InvalidAssociationID.NotFound");
  EXPECT_EQ(again.message(), "The association ID '" + associated["associationId"] + "' does not exist");

  call("AssociateAddress&AllocationId=" + made["allocationId"] + "&InstanceId=" + id);
  call("TerminateInstances&InstanceId.1=" + id);
  world_.settle();
  EXPECT_EQ(machine(id)["ipAddress"], "");
  EXPECT_EQ(describe()["allocationId"], made["allocationId"]);
  EXPECT_EQ(describe()["associationId"], "");
}

TEST_F(ElasticAddresses, AreAssociatedByAddressAndInterfaceToo) {
  const auto id = running();
  const auto made = call("AllocateAddress");
  const auto shown = machine(id);
  const auto by_interface = "AssociateAddress&PublicIp=" + made["publicIp"] + "&NetworkInterfaceId=" + shown["networkInterfaceId"];
  EXPECT_EQ(call(by_interface + "&PrivateIpAddress=10.97.16.254").message(), "10.97.16.254 is not mapped to the interface " + shown["networkInterfaceId"]);
  ASSERT_EQ(call(by_interface + "&PrivateIpAddress=" + shown["privateIpAddress"]).status, 200);
  EXPECT_EQ(machine(id)["ipAddress"], made["publicIp"]);
  EXPECT_EQ(call("DisassociateAddress&PublicIp=" + made["publicIp"])["return"], "true");
  EXPECT_EQ(call("DisassociateAddress&PublicIp=" + made["publicIp"])["return"], "true") << "once more is no error";
  EXPECT_EQ(call("AssociateAddress&PublicIp=" + made["publicIp"] + "&NetworkInterfaceId=eni-0123456789abcdef0").code(), "InvalidNetworkInterfaceID.NotFound");
}

TEST_F(ElasticAddresses, WhatDoesNotGoTogetherIsRefusedInAwsWords) {
  const auto id = running();
  const auto ip = allocate();
  const auto code = [&](const std::string& rest) { return call("AssociateAddress&" + rest).code(); };
  EXPECT_EQ(code("AllocationId=" + ip), "MissingParameter");
  EXPECT_EQ(code("InstanceId=" + id), "MissingParameter");
  EXPECT_EQ(code("AllocationId=" + ip + "&PublicIp=127.97.16.1&InstanceId=" + id), "InvalidParameterCombination");
  EXPECT_EQ(code("AllocationId=" + ip + "&NetworkInterfaceId=eni-1&InstanceId=" + id), "InvalidParameterCombination");
  EXPECT_EQ(code("AllocationId=" + ip + "&InstanceId=machine"), "InvalidInstanceID.Malformed");
  EXPECT_EQ(code("AllocationId=" + ip + "&InstanceId=i-0123456789abcdef0"), "InvalidInstanceID.NotFound");
  EXPECT_EQ(code("AllocationId=eipalloc-0123456789abcdef0&InstanceId=" + id), "InvalidAllocationID.NotFound");
  EXPECT_EQ(code("PublicIp=127.97.16.1&InstanceId=" + id), "AuthFailure");
  EXPECT_EQ(code("AllocationId=" + ip + "&InstanceId=" + id + "&DryRun=true"), "DryRunOperation");
  EXPECT_EQ(call("DisassociateAddress").code(), "MissingParameter");
  EXPECT_EQ(call("DisassociateAddress&AssociationId=x&PublicIp=y").code(), "InvalidParameterCombination");
  EXPECT_EQ(call("DisassociateAddress&PublicIp=127.97.16.1").message(), "The address '127.97.16.1' does not belong to you.");

  const auto pending = call("RunInstances&ImageId=" + image_ + "&InstanceType=t2.medium&MinCount=1&MaxCount=1")["instanceId"];
  const auto got = call("AssociateAddress&AllocationId=" + ip + "&InstanceId=" + pending);
  EXPECT_EQ(got.code(), "InvalidInstanceID");
  EXPECT_EQ(got.message(), "The pending instance '" + pending + "' is not in a valid state for this operation.");

  const auto association = call("AssociateAddress&AllocationId=" + ip + "&InstanceId=" + id)["associationId"];
  EXPECT_EQ(call("AssociateAddress&AllocationId=" + ip + "&InstanceId=" + id)["associationId"], association);
  world_.settle();
  const auto taken = call("AssociateAddress&AllowReassociation=false&AllocationId=" + ip + "&InstanceId=" + pending);
  EXPECT_EQ(taken.code(), "Resource.AlreadyAssociated");
  EXPECT_EQ(taken.message(), "resource " + ip + " is already associated with associate-id " + association);
  EXPECT_EQ(call("AssociateAddress&AllocationId=" + ip + "&InstanceId=" + pending).status, 200);
  EXPECT_EQ(describe()["instanceId"], pending);
}

TEST_F(ElasticAddresses, OthersDoNotSeeOrTouchThem) {
  const auto grace = world_.add_account("Grace", 100, domain::Role::kTeacher);
  const auto made = call("AllocateAddress");
  EXPECT_EQ(world_.call(grace, "Action=DescribeAddresses").all("allocationId").size(), 0u);
  EXPECT_EQ(world_.call(grace, "Action=DescribeAddresses&AllocationId.1=" + made["allocationId"]).code(), "InvalidAllocationID.NotFound");
  EXPECT_EQ(world_.call(grace, "Action=ReleaseAddress&AllocationId=" + made["allocationId"]).code(), "InvalidAllocationID.NotFound");
  EXPECT_EQ(world_.call(grace, "Action=DisassociateAddress&PublicIp=" + made["publicIp"]).code(), "AuthFailure");
  EXPECT_EQ(world_.call(grace, "Action=CreateTags&ResourceId.1=" + made["allocationId"] + "&Tag.1.Key=a").code(), "InvalidAllocationID.NotFound");
}

TEST_F(ElasticAddresses, AreTaggedAsAllThings) {
  const auto ip = allocate();
  ASSERT_EQ(call("CreateTags&ResourceId.1=" + ip + "&Tag.1.Key=Course&Tag.1.Value=ml").status, 200);
  const auto tags = call("DescribeTags" + filter("resource-type", "elastic-ip"));
  EXPECT_EQ(tags["resourceId"], ip);
  EXPECT_EQ(tags["resourceType"], "elastic-ip");
  EXPECT_EQ(describe(filter("tag:Course", "ml"))["value"], "ml");
  ASSERT_EQ(call("DeleteTags&ResourceId.1=" + ip + "&Tag.1.Key=Course").status, 200);
  EXPECT_EQ(describe().all("value").size(), 0u);
  EXPECT_EQ(call("CreateTags&ResourceId.1=eipalloc-0123456789abcdef0&Tag.1.Key=a").code(), "InvalidAllocationID.NotFound");
}

TEST_F(ElasticAddresses, TheirNamesAreAskedForByTerraformAndThereAreNone) {
  const auto ip = allocate();
  const auto got = call("DescribeAddressesAttribute&Attribute=domain-name&AllocationId.1=" + ip);
  ASSERT_EQ(got.status, 200) << got.body;
  EXPECT_EQ(got["allocationId"], ip);
  EXPECT_EQ(got.all("ptrRecord").size(), 0u);
  EXPECT_EQ(call("DescribeAddressesAttribute&Attribute=domain-name&AllocationId.1=eipalloc-0123456789abcdef0").code(), "InvalidAllocationID.NotFound");
  allocate();
  const auto first = call("DescribeAddressesAttribute&Attribute=domain-name&MaxResults=1");
  EXPECT_EQ(first.all("allocationId").size(), 1u);
  EXPECT_NE(first["nextToken"], "");
}

}  // namespace
}  // namespace stipend::api
