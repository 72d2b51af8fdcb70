"""Key pairs, tags, images, types, zones, volumes and the default VPC, as boto3 sees them."""
import subprocess

import pytest
from errors import refused


def ssh_keygen(*words):
    return subprocess.run(["ssh-keygen", *words], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_a_made_key_is_the_private_half_of_the_listed_one(ec2, tmp_path, kind):
    made = ec2.create_key_pair(KeyName=kind, KeyType=kind)
    path = tmp_path / "k.pem"
    path.write_text(made["KeyMaterial"])
    path.chmod(0o600)
    [listed] = ec2.describe_key_pairs(KeyNames=[kind], IncludePublicKey=True)["KeyPairs"]
    assert ssh_keygen("-y", "-f", str(path)).split()[:2] == listed["PublicKey"].split()[:2]
    assert (listed["KeyType"], listed["KeyFingerprint"]) == (kind, made["KeyFingerprint"])
    ec2.get_waiter("key_pair_exists").wait(KeyNames=[kind])
    with refused("InvalidKeyPair.Duplicate"):
        ec2.create_key_pair(KeyName=kind)
    assert ec2.delete_key_pair(KeyName=kind)["Return"]
    assert ec2.delete_key_pair(KeyName=kind)["Return"]
    with refused("InvalidKeyPair.NotFound", message=f"The key pair '{kind}' does not exist"):
        ec2.describe_key_pairs(KeyNames=[kind])


def test_a_public_key_is_imported(ec2, tmp_path):
    ssh_keygen("-q", "-N", "", "-t", "ed25519", "-f", str(tmp_path / "k"))
    made = ec2.import_key_pair(KeyName="mine", PublicKeyMaterial=(tmp_path / "k.pub").read_bytes())
    assert f"SHA256:{made['KeyFingerprint']}" == ssh_keygen("-l", "-f", str(tmp_path / "k.pub")).split()[1]
    with refused("InvalidKey.Format"):
        ec2.import_key_pair(KeyName="bad", PublicKeyMaterial=b"ssh-rsa nonsense")


def test_tags(ec2, launch):
    [machine] = launch()
    ec2.create_tags(Resources=[machine], Tags=[{"Key": f"k{i:02}", "Value": "ü" * 256} for i in range(50)])
    with refused("TagLimitExceeded"):
        ec2.create_tags(Resources=[machine], Tags=[{"Key": "one more", "Value": ""}])
    for tag in ({"Key": "aws:x", "Value": "1"}, {"Key": "k" * 129, "Value": "1"}, {"Key": "k", "Value": "v" * 257}):
        with refused("InvalidParameterValue"):
            ec2.create_tags(Resources=[machine], Tags=[tag])
    ec2.delete_tags(Resources=[machine], Tags=[{"Key": "k00", "Value": "another"}, {"Key": "k01"}])
    left = [t["Key"] for t in ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [machine]}])["Tags"]]
    assert left == ["k00"] + [f"k{i:02}" for i in range(2, 50)]
    ec2.delete_tags(Resources=[machine])
    assert ec2.describe_tags()["Tags"] == []


def test_tags_say_what_they_hang_on(ec2, launch):
    [machine] = launch(TagSpecifications=[{"ResourceType": "volume", "Tags": [{"Key": "Name", "Value": "disk"}]}])
    key = ec2.create_key_pair(KeyName="k", KeyType="ed25519", TagSpecifications=[{"ResourceType": "key-pair", "Tags": [{"Key": "a", "Value": "b"}]}])
    tags = {t["ResourceType"]: t for t in ec2.describe_tags()["Tags"]}
    assert tags["key-pair"]["ResourceId"] == key["KeyPairId"] and tags["volume"]["Value"] == "disk"
    [volume] = ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [machine]}])["Volumes"]
    assert tags["volume"]["ResourceId"] == volume["VolumeId"]


def test_thousands_of_tags_in_pages(ec2, launch):
    ids = launch(MinCount=40, MaxCount=40, InstanceType="t2.nano")
    ec2.create_tags(Resources=ids, Tags=[{"Key": f"k{i:02}", "Value": f"v{i}"} for i in range(50)])
    pages = list(ec2.get_paginator("describe_tags").paginate(PaginationConfig={"PageSize": 900}))
    keys = [(t["ResourceId"], t["Key"]) for p in pages for t in p["Tags"]]
    assert len(pages) == 3 and len(keys) == len(set(keys)) == 2000
    assert len(ec2.describe_tags(Filters=[{"Name": "tag:k07", "Values": ["v7"]}])["Tags"]) == 40


def test_images(ec2):
    image = ec2.describe_images(Filters=[{"Name": "state", "Values": ["available"]}])["Images"][0]
    assert image["RootDeviceName"] == "/dev/sda1" and image["Architecture"] == "x86_64"
    assert ec2.describe_images(ImageIds=[image["ImageId"]])["Images"] == [image]
    assert ec2.describe_images(Owners=["self"])["Images"] == []
    ec2.get_waiter("image_available").wait(ImageIds=[image["ImageId"]])
    with refused("InvalidAMIID.NotFound", message="The image id '[ami-00000000]' does not exist"):
        ec2.describe_images(ImageIds=["ami-00000000"])


def test_types(ec2):
    types = {t["InstanceType"]: t for p in ec2.get_paginator("describe_instance_types").paginate() for t in p["InstanceTypes"]}
    assert {"m1.small", "t2.nano", "t2.micro", "t2.medium"} <= set(types)
    assert types["t2.medium"]["VCpuInfo"]["DefaultVCpus"] == 2 and types["t2.medium"]["MemoryInfo"]["SizeInMiB"] == 4096
    assert set(types) == {o["InstanceType"] for o in ec2.describe_instance_type_offerings()["InstanceTypeOfferings"]}
    with refused("InvalidInstanceType"):
        ec2.describe_instance_types(InstanceTypes=["t2.foo"])


def test_regions_and_zones(ec2, server):
    [region] = ec2.describe_regions()["Regions"]
    assert region["RegionName"] == "us-east-1" and server.endpoint.endswith(region["Endpoint"])
    zones = ec2.describe_availability_zones()["AvailabilityZones"]
    assert [z["ZoneName"] for z in zones] == ["us-east-1a", "us-east-1b"]


def test_the_default_vpc(ec2, launch):
    [machine] = launch(Placement={"AvailabilityZone": "us-east-1b"})
    seen = ec2.describe_instances(InstanceIds=[machine])["Reservations"][0]["Instances"][0]
    [vpc] = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    [subnet] = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}, {"Name": "availability-zone", "Values": ["us-east-1b"]}])["Subnets"]
    [group] = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["default"]}])["SecurityGroups"]
    assert (seen["VpcId"], seen["SubnetId"]) == (vpc["VpcId"], subnet["SubnetId"])
    assert seen["SecurityGroups"] == [{"GroupName": "default", "GroupId": group["GroupId"]}]
    launch(SubnetId=subnet["SubnetId"], SecurityGroupIds=[group["GroupId"]])
    attributes = {a["AttributeName"]: a["AttributeValues"][0]["AttributeValue"] for a in ec2.describe_account_attributes()["AccountAttributes"]}
    assert attributes["default-vpc"] == vpc["VpcId"]
