"""Machines as boto3 sees them: their life, what describes them, what is refused."""
import base64
import re

import boto3
import pytest
from errors import refused
from support.aws import client

WAIT = {"Delay": 1, "MaxAttempts": 60}


def one(ec2, instance_id):
    return ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]


def test_whole_life_with_waiters(ec2, launch):
    [machine] = launch(TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "lab"}]}])
    ec2.get_waiter("instance_exists").wait(InstanceIds=[machine], WaiterConfig=WAIT)
    ec2.get_waiter("instance_running").wait(InstanceIds=[machine], WaiterConfig=WAIT)
    ec2.get_waiter("instance_status_ok").wait(InstanceIds=[machine], WaiterConfig=WAIT)
    seen = one(ec2, machine)
    assert seen["Tags"] == [{"Key": "Name", "Value": "lab"}]
    assert seen["PublicIpAddress"] == seen["NetworkInterfaces"][0]["Association"]["PublicIp"]
    first_launch, private = seen["LaunchTime"], seen["PrivateIpAddress"]
    assert seen["PrivateDnsName"] == f"ip-{private.replace('.', '-')}.ec2.internal"

    change = ec2.stop_instances(InstanceIds=[machine])["StoppingInstances"][0]
    assert (change["PreviousState"], change["CurrentState"]) == ({"Code": 16, "Name": "running"}, {"Code": 64, "Name": "stopping"})
    ec2.get_waiter("instance_stopped").wait(InstanceIds=[machine], WaiterConfig=WAIT)
    seen = one(ec2, machine)
    assert "PublicIpAddress" not in seen and seen["PrivateIpAddress"] == private
    assert re.fullmatch(r"User initiated \(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d GMT\)", seen["StateTransitionReason"])
    assert seen["StateReason"]["Code"] == "Client.UserInitiatedShutdown"

    ec2.start_instances(InstanceIds=[machine])
    ec2.get_waiter("instance_running").wait(InstanceIds=[machine], WaiterConfig=WAIT)
    assert one(ec2, machine)["LaunchTime"] >= first_launch
    ec2.reboot_instances(InstanceIds=[machine])
    ec2.terminate_instances(InstanceIds=[machine])
    ec2.get_waiter("instance_terminated").wait(InstanceIds=[machine], WaiterConfig=WAIT)
    assert one(ec2, machine)["State"] == {"Code": 48, "Name": "terminated"}


def test_without_a_type_it_is_m1_small(ec2):
    image = ec2.describe_images()["Images"][0]["ImageId"]
    [made] = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"]
    assert made["InstanceType"] == "m1.small"
    assert made["State"] == {"Code": 0, "Name": "pending"}


def test_repeated_start_stop_and_terminate_change_nothing(ec2, running):
    [machine] = running()
    change = ec2.start_instances(InstanceIds=[machine])["StartingInstances"][0]
    assert change["PreviousState"] == change["CurrentState"] == {"Code": 16, "Name": "running"}
    ec2.terminate_instances(InstanceIds=[machine])
    ec2.get_waiter("instance_terminated").wait(InstanceIds=[machine], WaiterConfig=WAIT)
    change = ec2.terminate_instances(InstanceIds=[machine])["TerminatingInstances"][0]
    assert change["CurrentState"]["Name"] == "terminated"
    with refused("IncorrectInstanceState", message=f"The instance '{machine}' is not in a state from which it can be started."):
        ec2.start_instances(InstanceIds=[machine])


def test_a_launch_of_several_is_one_reservation(ec2, launch):
    ids = launch(MinCount=3, MaxCount=3, InstanceType="t2.small")
    [reservation] = ec2.describe_instances()["Reservations"]
    assert [i["InstanceId"] for i in reservation["Instances"]] == ids
    assert [i["AmiLaunchIndex"] for i in reservation["Instances"]] == [0, 1, 2]


def test_the_resource_interface_works(server, account, launch):
    ids = launch()
    ec2 = boto3.resource("ec2", endpoint_url=server.endpoint, region_name="us-east-1", aws_access_key_id=account["access_key_id"],
                         aws_secret_access_key=account["secret_access_key"])
    assert [i.id for i in ec2.instances.filter(Filters=[{"Name": "instance-type", "Values": ["t2.*"]}])] == ids
    machine = ec2.Instance(ids[0])
    machine.create_tags(Tags=[{"Key": "Name", "Value": "x"}])
    machine.reload()
    assert machine.tags == [{"Key": "Name", "Value": "x"}]
    assert [v.id for v in machine.volumes.all()] == [machine.block_device_mappings[0]["Ebs"]["VolumeId"]]


def test_pages_give_each_machine_once(ec2, launch):
    for _ in range(6):
        launch(MinCount=2, MaxCount=2, InstanceType="t2.nano")
    pages = list(ec2.get_paginator("describe_instances").paginate(PaginationConfig={"PageSize": 5}))
    seen = [i["InstanceId"] for p in pages for r in p["Reservations"] for i in r["Instances"]]
    assert len(pages) == 3 and len(seen) == len(set(seen)) == 12
    with refused("InvalidParameterCombination"):
        ec2.describe_instances(InstanceIds=[seen[0]], MaxResults=5)
    with refused("InvalidParameterValue", message="Expecting a value greater than 5"):
        ec2.describe_instances(MaxResults=4)
    with refused("InvalidNextToken"):
        ec2.describe_instances(MaxResults=5, NextToken="x" * 40)


def test_a_page_token_is_good_for_its_account_alone(server, ec2, ada, launch):
    launch(MinCount=6, MaxCount=6, InstanceType="t2.nano")
    token = ec2.describe_instances(MaxResults=5)["NextToken"]
    with refused("InvalidNextToken"):
        client(server, ada).describe_instances(MaxResults=5, NextToken=token)


def test_filters(ec2, running):
    [small] = running(InstanceType="t2.small", TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "a*b"}]}])
    [medium] = running()

    def found(**filters):
        wanted = [{"Name": n.replace("_", "-"), "Values": v} for n, v in filters.items()]
        return [i["InstanceId"] for r in ec2.describe_instances(Filters=wanted)["Reservations"] for i in r["Instances"]]

    assert found(instance_type=["t2.small", "m4.large"]) == [small]
    assert found(instance_state_name=["running"]) == [small, medium]
    assert found(instance_state_name=["stopped"]) == []
    assert found(**{"tag:Name": [r"a\*b"]}) == [small]
    assert found(**{"tag:Name": [r"a\*c"]}) == []
    assert found(tag_key=["N?me"]) == [small]
    assert found(tag_key=["name"]) == []
    assert found(instance_type=["t2.*"], availability_zone=["us-east-1a"]) == [small, medium]
    with refused("InvalidParameterValue", message="The filter 'colour' is invalid"):
        found(colour=["red"])


def test_dry_run_is_412_and_changes_nothing(ec2, running):
    [machine] = running()
    image = ec2.describe_images()["Images"][0]["ImageId"]
    calls = [lambda: ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, DryRun=True), lambda: ec2.describe_instances(DryRun=True),
             lambda: ec2.stop_instances(InstanceIds=[machine], DryRun=True), lambda: ec2.terminate_instances(InstanceIds=[machine], DryRun=True),
             lambda: ec2.create_key_pair(KeyName="k", DryRun=True), lambda: ec2.create_tags(Resources=[machine], Tags=[{"Key": "a", "Value": "b"}], DryRun=True)]
    for call in calls:
        with refused("DryRunOperation", 412, "Request would have succeeded, but DryRun flag is set."):
            call()
    assert one(ec2, machine)["State"]["Name"] == "running"
    assert not ec2.describe_key_pairs()["KeyPairs"] and not ec2.describe_tags()["Tags"]


def test_a_client_token_launches_once(ec2, launch):
    first = launch(ClientToken="once")
    assert launch(ClientToken="once") == first
    with refused("IdempotentParameterMismatch"):
        launch(ClientToken="once", InstanceType="t2.small")
    assert launch(ClientToken="twice") != first


def test_somebody_elses_machine_does_not_exist(server, ada, launch):
    [machine] = launch()
    other = client(server, ada)
    for call in (other.describe_instances, other.start_instances, other.stop_instances, other.terminate_instances, other.reboot_instances):
        with refused("InvalidInstanceID.NotFound", message=f"The instance ID '{machine}' does not exist"):
            call(InstanceIds=[machine])
    with refused("InvalidInstanceID.NotFound"):
        other.create_tags(Resources=[machine], Tags=[{"Key": "a", "Value": "b"}])
    with refused("InvalidInstanceID.NotFound"):
        other.get_console_output(InstanceId=machine)


@pytest.mark.parametrize("bad, code", [
    ({"ImageId": "ami-x"}, "InvalidAMIID.Malformed"),
    ({"ImageId": "ami-00000000000000000"}, "InvalidAMIID.NotFound"),
    ({"InstanceType": "t2.foo"}, "InvalidParameterValue"),
    ({"KeyName": "nokey"}, "InvalidKeyPair.NotFound"),
    ({"SecurityGroups": ["web"]}, "InvalidGroup.NotFound"),
    ({"MinCount": 3, "MaxCount": 2}, "InvalidParameterValue"),
    ({"Placement": {"AvailabilityZone": "eu-west-1a"}}, "InvalidParameterValue"),
    ({"SubnetId": "subnet-00000000000000000"}, "InvalidSubnetID.NotFound"),
    ({"IamInstanceProfile": {"Name": "x"}}, "UnsupportedOperation"),
    ({"UserData": "x" * 20_000}, "InvalidParameterValue"),
])
def test_what_cannot_be_launched(launch, bad, code):
    with refused(code):
        launch(**bad)


def test_credit_that_does_not_reach_is_said_with_figures(server):
    if not hasattr(server, "call"):
        pytest.skip("needs an account without credit")
    poor = client(server, server.account(name="Poor", credit="0.0001"))
    with refused("InsufficientCredit", message="$"):
        poor.run_instances(ImageId=poor.describe_images()["Images"][0]["ImageId"], InstanceType="t2.medium", MinCount=1, MaxCount=1)


def test_attributes(ec2, running):
    [machine] = running(UserData="#!/bin/sh\n")
    got = ec2.describe_instance_attribute(InstanceId=machine, Attribute="userData")["UserData"]["Value"]
    assert base64.b64decode(got) == b"#!/bin/sh\n"
    ec2.modify_instance_attribute(InstanceId=machine, DisableApiTermination={"Value": True})
    with refused("OperationNotPermitted", message="disableApiTermination"):
        ec2.terminate_instances(InstanceIds=[machine])
    ec2.modify_instance_attribute(InstanceId=machine, DisableApiTermination={"Value": False})
    with refused("IncorrectInstanceState"):
        ec2.modify_instance_attribute(InstanceId=machine, InstanceType={"Value": "t2.small"})
    ec2.stop_instances(InstanceIds=[machine])
    ec2.get_waiter("instance_stopped").wait(InstanceIds=[machine], WaiterConfig=WAIT)
    ec2.modify_instance_attribute(InstanceId=machine, InstanceType={"Value": "t2.small"})
    assert one(ec2, machine)["InstanceType"] == "t2.small"


def test_console_output(ec2, running):
    [machine] = running()
    answer = ec2.get_console_output(InstanceId=machine)
    assert answer["InstanceId"] == machine and isinstance(answer["Output"], str)
