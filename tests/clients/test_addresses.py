"""Elastic addresses as boto3 and both AWS CLIs see them: kept through stop and start, moved between machines, given up."""
import sqlite3
import time

import pytest
from errors import refused
from support.aws import client, instance
from test_cli import aws  # noqa: F401


def address_of(ec2, machine):
    return instance(ec2, machine).get("PublicIpAddress")


def wait_until(said, seconds=30):
    ends = time.monotonic() + seconds
    while not said():
        assert time.monotonic() < ends
        time.sleep(0.2)


def test_a_machine_keeps_its_address_through_stop_and_start(ec2, running):
    [machine] = running()
    before = address_of(ec2, machine)
    kept = ec2.allocate_address(Domain="vpc")
    assert kept["PublicIp"] != before and kept["AllocationId"].startswith("eipalloc-")
    association = ec2.associate_address(AllocationId=kept["AllocationId"], InstanceId=machine)["AssociationId"]
    seen = instance(ec2, machine)
    assert seen["PublicIpAddress"] == kept["PublicIp"]
    [interface] = seen["NetworkInterfaces"]
    assert interface["Association"]["IpOwnerId"] == seen["NetworkInterfaces"][0]["OwnerId"]
    assert ec2.describe_addresses()["Addresses"] == [{
        "AllocationId": kept["AllocationId"], "AssociationId": association, "Domain": "vpc", "InstanceId": machine,
        "NetworkBorderGroup": "us-east-1", "NetworkInterfaceId": interface["NetworkInterfaceId"], "NetworkInterfaceOwnerId": interface["OwnerId"],
        "PrivateIpAddress": seen["PrivateIpAddress"], "PublicIp": kept["PublicIp"], "PublicIpv4Pool": "amazon"}]
    ec2.stop_instances(InstanceIds=[machine])
    ec2.get_waiter("instance_stopped").wait(InstanceIds=[machine], WaiterConfig={"Delay": 1})
    assert address_of(ec2, machine) == kept["PublicIp"]
    ec2.start_instances(InstanceIds=[machine])
    ec2.get_waiter("instance_running").wait(InstanceIds=[machine], WaiterConfig={"Delay": 1})
    assert address_of(ec2, machine) == kept["PublicIp"]
    ec2.disassociate_address(AssociationId=association)
    assert address_of(ec2, machine) not in (None, before, kept["PublicIp"])
    ec2.release_address(AllocationId=kept["AllocationId"])
    assert ec2.describe_addresses()["Addresses"] == []


def test_an_address_moves_to_the_next_machine(ec2, running):
    one, two = running(MinCount=2, MaxCount=2)
    kept = ec2.allocate_address()
    first = ec2.associate_address(AllocationId=kept["AllocationId"], InstanceId=one)["AssociationId"]
    with refused("Resource.AlreadyAssociated", message=f"resource {kept['AllocationId']} is already associated with associate-id {first}"):
        ec2.associate_address(AllocationId=kept["AllocationId"], InstanceId=two, AllowReassociation=False)
    ec2.associate_address(AllocationId=kept["AllocationId"], InstanceId=two)
    assert address_of(ec2, two) == kept["PublicIp"] != address_of(ec2, one)
    with refused("InvalidAssociationID.NotFound", message=f"The association ID '{first}' does not exist"):
        ec2.disassociate_address(AssociationId=first)
    with refused("InvalidIPAddress.InUse"):
        ec2.release_address(AllocationId=kept["AllocationId"])
    ec2.terminate_instances(InstanceIds=[two])
    ec2.get_waiter("instance_terminated").wait(InstanceIds=[two], WaiterConfig={"Delay": 1})
    [left] = ec2.describe_addresses(PublicIps=[kept["PublicIp"]])["Addresses"]
    assert "InstanceId" not in left and "AssociationId" not in left


def test_five_addresses_with_tags_and_filters(ec2):
    ids = [ec2.allocate_address(TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": [{"Key": "Name", "Value": f"lab {i}"}]}])["AllocationId"]
           for i in range(5)]
    with refused("AddressLimitExceeded", message="The maximum number of addresses has been reached."):
        ec2.allocate_address()
    [third] = ec2.describe_addresses(Filters=[{"Name": "tag:Name", "Values": ["lab 2"]}])["Addresses"]
    assert third["AllocationId"] == ids[2] and third["Tags"] == [{"Key": "Name", "Value": "lab 2"}]
    ec2.delete_tags(Resources=ids, Tags=[{"Key": "Name"}])
    assert ec2.describe_tags(Filters=[{"Name": "resource-type", "Values": ["elastic-ip"]}])["Tags"] == []
    with refused("DryRunOperation", status=412):
        ec2.release_address(AllocationId=ids[0], DryRun=True)
    for one in ids:
        ec2.release_address(AllocationId=one)
    with refused("InvalidAllocationID.NotFound", message=f"The allocation ID '{ids[0]}' does not exist"):
        ec2.release_address(AllocationId=ids[0])


def test_without_credit_there_is_none_and_the_figures_are_said(server):
    poor = client(server, server.account(name="Alan", credit="0.004"))
    with refused("InsufficientCredit", message="An elastic address needs at least $0.005000 to be kept for an hour"):
        poor.allocate_address()


def test_an_address_whose_credit_is_gone_is_released_and_the_audit_says_why(server):
    if not hasattr(server, "call"):
        pytest.skip("needs the operator's command line")
    account = server.account(name="Edsger", credit="0.005010")  # seven seconds beyond the reserve
    ec2 = client(server, account)
    kept = ec2.allocate_address()
    wait_until(lambda: ec2.describe_addresses()["Addresses"] == [], 90)
    with sqlite3.connect(f"file:{server.state}/server/stipend.db?mode=ro", uri=True) as database:
        said = database.execute("SELECT action, reason, actor FROM audits WHERE target = ? ORDER BY number", (kept["AllocationId"],)).fetchall()
    assert said == [("allocate-address", kept["PublicIp"], account["account_id"]), ("release-address", "credit", "guard")]


def test_three_commands_of_the_command_line(aws, server):  # noqa: F811
    image = aws("ec2", "describe-images", "--query", "Images[0].ImageId", output="text")
    machine = aws("ec2", "run-instances", "--image-id", image, "--instance-type", "t2.micro", "--query", "Instances[0].InstanceId", output="text")
    kept = aws("ec2", "allocate-address")
    aws("ec2", "wait", "instance-running", "--instance-ids", machine)
    association = aws("ec2", "associate-address", "--instance-id", machine, "--allocation-id", kept["AllocationId"])["AssociationId"]
    shown = aws("ec2", "describe-instances", "--instance-ids", machine, "--query", "Reservations[0].Instances[0].PublicIpAddress", output="text")
    assert shown == kept["PublicIp"]
    assert kept["PublicIp"] in aws("ec2", "describe-addresses", output="table")
    attribute = aws("ec2", "describe-addresses-attribute", "--attribute", "domain-name", "--allocation-ids", kept["AllocationId"])
    assert attribute["Addresses"] == [{"PublicIp": kept["PublicIp"], "AllocationId": kept["AllocationId"]}]
    aws("ec2", "disassociate-address", "--association-id", association)
    aws("ec2", "release-address", "--allocation-id", kept["AllocationId"])
    aws("ec2", "release-address", "--allocation-id", kept["AllocationId"],
        fails=f"An error occurred (InvalidAllocationID.NotFound) when calling the ReleaseAddress operation: "
              f"The allocation ID '{kept['AllocationId']}' does not exist")
