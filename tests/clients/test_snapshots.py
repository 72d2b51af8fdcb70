"""Snapshots and own images as boto3 sees them; machines are scripted."""
import pytest
from botocore.exceptions import ClientError
from support.aws import client, wait_state
from support.server import Server, wait_for

IMAGE = {"ami_id": "ami-0123456789abcdef0", "name": "minimal", "description": "a bare Debian", "min_disk_gib": 8,
         "jupyter": False, "created": "2026-01-01T00:00:00Z"}


def code(call, **arguments):
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return refused.value.response["Error"]["Code"]


@pytest.fixture(scope="module")
def own():
    """A server of its own: a course with a teacher and two students."""
    with Server.fake(IMAGE) as made:
        made.call("course", "create", "class")
        yield made


class Person:
    def __init__(self, server, name, *options, credit="100"):
        self.account = server.call("account", "create", "--course", "class", "--name", name, "--credit", credit, *options)
        self.id = self.account["account_id"]
        self.ec2 = client(server, self.account)

    def machine(self, image=IMAGE["ami_id"], **more):
        made = self.ec2.run_instances(ImageId=image, InstanceType="t2.micro", MinCount=1, MaxCount=1, **more)["Instances"][0]
        wait_state(self.ec2, made["InstanceId"], "running")
        return made["InstanceId"]

    def root(self, machine):
        found = self.ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [machine]}])["Volumes"]
        return next(v for v in found if v["Attachments"][0]["Device"] == "/dev/sda1")

    def image(self, machine, name, **more):
        made = self.ec2.create_image(InstanceId=machine, Name=name, **more)["ImageId"]
        self.ec2.get_waiter("image_available").wait(ImageIds=[made], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        return made


@pytest.fixture
def grace(own):
    return Person(own, "Grace", "--role", "teacher")


@pytest.fixture
def ada(own):
    return Person(own, "Ada")


def test_a_snapshot_is_completed_and_described(own, ada):
    volume = ada.root(ada.machine())
    made = ada.ec2.create_snapshot(VolumeId=volume["VolumeId"], Description="before the exam",
                                   TagSpecifications=[{"ResourceType": "snapshot", "Tags": [{"Key": "Name", "Value": "mine"}]}])
    assert made["State"] == "pending" and made["VolumeId"] == volume["VolumeId"] and made["VolumeSize"] == volume["Size"]
    ada.ec2.get_waiter("snapshot_completed").wait(SnapshotIds=[made["SnapshotId"]], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    found = ada.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert [(s["SnapshotId"], s["State"], s["Progress"], s["Description"], s["OwnerId"]) for s in found] == \
        [(made["SnapshotId"], "completed", "100%", "before the exam", ada.id)]
    assert found[0]["Tags"] == [{"Key": "Name", "Value": "mine"}] and found[0]["FullSnapshotSizeInBytes"] > 0
    by_volume = ada.ec2.describe_snapshots(Filters=[{"Name": "volume-id", "Values": [volume["VolumeId"]]}])["Snapshots"]
    assert [s["SnapshotId"] for s in by_volume] == [made["SnapshotId"]]
    assert ada.ec2.describe_volumes(VolumeIds=[volume["VolumeId"]])["Volumes"], "the volume stays"
    assert made["SnapshotId"].replace("snap-", "vol-") not in [v["VolumeId"] for v in ada.ec2.describe_volumes()["Volumes"]]


def test_nobody_sees_or_deletes_the_snapshot_of_another(own, ada, grace):
    snapshot = ada.ec2.create_snapshot(VolumeId=ada.root(ada.machine())["VolumeId"])["SnapshotId"]
    assert grace.ec2.describe_snapshots()["Snapshots"] == []
    assert code(grace.ec2.describe_snapshots, SnapshotIds=[snapshot]) == "InvalidSnapshot.NotFound"
    assert code(Person(own, "Alan").ec2.delete_snapshot, SnapshotId=snapshot) == "InvalidSnapshot.NotFound"
    assert code(ada.ec2.describe_snapshots, SnapshotIds=["snap-xyz"]) == "InvalidSnapshotID.Malformed"


def test_a_snapshot_that_the_credit_cannot_keep_is_refused_with_the_figures(own):
    poor = Person(own, "Edsger", credit="0.85")
    volume = poor.root(poor.machine())["VolumeId"]
    with pytest.raises(ClientError, match="before|needs at least") as refused:
        poor.ec2.create_snapshot(VolumeId=volume)
    assert refused.value.response["Error"]["Code"] == "InsufficientCredit"
    assert poor.ec2.describe_snapshots()["Snapshots"] == []


def test_a_machine_of_an_own_image_has_its_snapshot_as_its_root(own, ada):
    image = ada.image(ada.machine(), "lab 3", Description="with the data", TagSpecifications=[
        {"ResourceType": "image", "Tags": [{"Key": "course", "Value": "ml"}]}])
    found = ada.ec2.describe_images(Owners=["self"])["Images"]
    assert [(i["ImageId"], i["Name"], i["State"], i["Public"], i["OwnerId"]) for i in found] == [(image, "lab 3", "available", False, ada.id)]
    snapshot = found[0]["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    machine = ada.machine(image)
    assert ada.root(machine)["SnapshotId"] == snapshot
    assert [i["ImageId"] for i in ada.ec2.describe_images(Filters=[{"Name": "tag:course", "Values": ["ml"]}])["Images"]] == [image]
    assert code(ada.ec2.delete_snapshot, SnapshotId=snapshot) == "InvalidSnapshot.InUse"
    ada.ec2.deregister_image(ImageId=image)
    assert ada.ec2.describe_images(Owners=["self"])["Images"] == []
    assert code(ada.ec2.run_instances, ImageId=image, MinCount=1, MaxCount=1, InstanceType="t2.micro") == "InvalidAMIID.NotFound"
    ada.ec2.delete_snapshot(SnapshotId=snapshot)
    wait_state(ada.ec2, machine, "running")


def test_an_image_is_registered_from_a_snapshot_and_goes_with_it(own, ada):
    snapshot = ada.ec2.create_snapshot(VolumeId=ada.root(ada.machine())["VolumeId"])["SnapshotId"]
    ada.ec2.get_waiter("snapshot_completed").wait(SnapshotIds=[snapshot], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    mapping = [{"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": snapshot}}]
    image = ada.ec2.register_image(Name="restored", RootDeviceName="/dev/sda1", BlockDeviceMappings=mapping)["ImageId"]
    assert code(ada.ec2.register_image, Name="restored", BlockDeviceMappings=mapping) == "InvalidAMIName.Duplicate"
    assert code(ada.ec2.register_image, Name="none", BlockDeviceMappings=[]) == "InvalidBlockDeviceMapping"
    gone = ada.ec2.deregister_image(ImageId=image, DeleteAssociatedSnapshots=True)
    assert gone["DeleteSnapshotResults"] == [{"SnapshotId": snapshot, "ReturnCode": "success"}]
    assert ada.ec2.describe_snapshots()["Snapshots"] == []


def test_a_teacher_shares_an_image_with_the_course_and_a_student_does_not(own, grace, ada):
    image = grace.image(grace.machine(), "course image")
    assert image not in [i["ImageId"] for i in ada.ec2.describe_images()["Images"]]
    assert code(ada.ec2.describe_images, ImageIds=[image]) == "InvalidAMIID.NotFound"
    grace.ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"Group": "all"}]})
    assert grace.ec2.describe_image_attribute(ImageId=image, Attribute="launchPermission")["LaunchPermissions"] == [{"Group": "all"}]
    seen = ada.ec2.describe_images(Owners=[grace.id])["Images"]
    assert [(i["ImageId"], i["Public"]) for i in seen] == [(image, True)]
    ada.machine(image)
    assert code(ada.ec2.describe_image_attribute, ImageId=image, Attribute="launchPermission") == "AuthFailure"
    assert code(grace.ec2.modify_image_attribute, ImageId=image, LaunchPermission={"Add": [{"UserId": ada.id}]}) == "UnsupportedOperation"
    own_image = ada.image(ada.machine(), "mine")
    assert code(ada.ec2.modify_image_attribute, ImageId=own_image, LaunchPermission={"Add": [{"Group": "all"}]}) == "OperationNotPermitted"
    grace.ec2.modify_image_attribute(ImageId=image, Attribute="launchPermission", OperationType="remove", UserGroups=["all"])
    assert image not in [i["ImageId"] for i in ada.ec2.describe_images()["Images"]]


def test_snapshots_and_images_are_tagged_as_other_resources(own, ada):
    image = ada.image(ada.machine(), "tagged")
    snapshot = ada.ec2.describe_snapshots()["Snapshots"][0]["SnapshotId"]
    ada.ec2.create_tags(Resources=[image, snapshot], Tags=[{"Key": "k", "Value": "v"}])
    tags = {(t["ResourceType"], t["ResourceId"]) for t in ada.ec2.describe_tags(Filters=[{"Name": "key", "Values": ["k"]}])["Tags"]}
    assert tags == {("image", image), ("snapshot", snapshot)}
    ada.ec2.delete_tags(Resources=[image, snapshot], Tags=[{"Key": "k"}])
    assert ada.ec2.describe_tags(Filters=[{"Name": "key", "Values": ["k"]}])["Tags"] == []


def test_a_snapshot_outlives_a_restart_of_the_server(own, ada):
    image = ada.image(ada.machine(), "kept")
    own.stop()
    own.start()
    again = client(own, ada.account)
    assert wait_for("the image", lambda: [i["ImageId"] for i in again.describe_images(Owners=["self"])["Images"] if i["State"] == "available"]) == [image]
