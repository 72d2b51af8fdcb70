"""Snapshots and images of accounts on real machines. Needs root and the image."""
import os

import pytest
from support.aws import Key, client, image_id, instance, wait_state
from support.browser import Files, Page
from support.server import IMAGES, Server

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="real machines need root"),
    pytest.mark.skipif("STIPEND_ENDPOINT" in os.environ, reason="ssh needs the machines of this host"),
]


@pytest.fixture(scope="module")
def real():
    assert (IMAGES / "minimal.json").exists(), f"no image in {IMAGES}: run `make image-minimal`"
    with Server() as made:
        made.call("course", "create", "class", "--homes", "machine")
        yield made


class Person:
    def __init__(self, server, folder, name, role="student"):
        self.account = server.call("account", "create", "--course", "class", "--name", name, "--credit", "100", "--role", role)
        self.server, self.ec2 = server, client(server, self.account)
        self.key = Key(self.ec2, folder, name)

    def launch(self, image, **more):
        made = self.ec2.run_instances(ImageId=image, InstanceType="t2.small", KeyName=self.key.name, MinCount=1, MaxCount=1, **more)
        machine = made["Instances"][0]["InstanceId"]
        wait_state(self.ec2, machine, "running")
        self.key.wait(self.address(machine))
        return machine

    def address(self, machine):
        return instance(self.ec2, machine)["PublicIpAddress"]

    def run(self, machine, command):
        return self.key.run(self.address(machine), command)

    def end(self, *machines):
        self.ec2.terminate_instances(InstanceIds=list(machines))
        for machine in machines:
            wait_state(self.ec2, machine, "terminated")


IDENTITY = "cat /etc/machine-id /etc/ssh/ssh_host_ed25519_key.pub"


def test_a_machine_of_an_image_has_the_files_and_an_identity_of_its_own(real, tmp_path):
    grace, ada = Person(real, tmp_path, "Grace", "teacher"), Person(real, tmp_path, "Ada")
    first = grace.launch(image_id(grace.ec2, "minimal"))
    grace.run(first, "mkdir ~/data && head -c 20000000 /dev/urandom > ~/data/set && sudo cp ~/data/set /opt/set && echo half > ~/open")
    wanted = grace.run(first, "sha256sum < ~/data/set")
    image = grace.ec2.create_image(InstanceId=first, Name="lab 3")["ImageId"]
    grace.ec2.get_waiter("image_available").wait(ImageIds=[image], WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    assert grace.run(first, "uptime > /dev/null && echo up") == "up\n", "it was not rebooted"
    grace.run(first, "rm -r ~/data")
    grace.ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"Group": "all"}]})

    second = ada.launch(image, BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 12}}])
    assert ada.run(second, "sha256sum < ~/data/set; sha256sum < /opt/set") == 2 * wanted
    assert int(ada.run(second, "df --output=size -BG / | tail -1 | tr -d ' G'")) >= 11, "its disk grew"
    assert not set(ada.run(second, IDENTITY).splitlines()) & set(grace.run(first, IDENTITY).splitlines())
    third = ada.launch(image)
    assert not set(ada.run(third, IDENTITY).splitlines()) & set(ada.run(second, IDENTITY).splitlines())
    ada.run(second, "echo more > ~/data/set")
    assert ada.run(third, "sha256sum < ~/data/set") == wanted, "each has a copy of its own"
    ada.end(second, third)
    grace.end(first)


def test_files_of_a_snapshot_are_fetched_and_not_changed(real, tmp_path):
    ada = Person(real, tmp_path, "Ada")
    machine = ada.launch(image_id(ada.ec2, "minimal"))
    ada.run(machine, "mkdir labs && echo then > labs/notes && sync")
    root = next(m["Ebs"]["VolumeId"] for m in instance(ada.ec2, machine)["BlockDeviceMappings"])
    snapshot = ada.ec2.create_snapshot(VolumeId=root, Description="before the exam")["SnapshotId"]
    ada.ec2.get_waiter("snapshot_completed").wait(SnapshotIds=[snapshot], WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    ada.run(machine, "echo now > labs/notes")
    page, disk = Page(real, ada.account), snapshot.replace("snap-", "vol-")
    place = next(one for one in page.json("/api/v1/files") if one["disk"] == disk)
    assert place["name"] == "before the exam" and place["snapshot"] and not place["writable"]
    files = Files(page, disk)
    assert files.get("labs/notes").body == b"then\n"
    refused = files.begin("mine", 1)
    assert refused.status == 403, refused.body
    ada.end(machine)
    ada.ec2.delete_snapshot(SnapshotId=snapshot)
