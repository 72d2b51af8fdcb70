"""Homes that outlive their machines, disks that come back, and /course, on real machines. Needs root and the image."""
import json
import os
import pathlib
import shutil
import subprocess

import pytest
from botocore.exceptions import ClientError
from support.aws import Key, client, image_id, instance, state, wait_state
from support.server import IMAGES, Server, wait_for

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="real machines need root"),
    pytest.mark.skipif("STIPEND_ENDPOINT" in os.environ, reason="ssh needs the machines of this host"),
]
FIRST, REPAIRED = "ami-00000000000000001", "ami-00000000000000002"


def put_image(folder, ami):
    """`minimal` under this id: the newest of its name from now on."""
    about = json.loads((IMAGES / "minimal.json").read_text()) | {"ami_id": ami}
    (folder / "ami").mkdir(parents=True, exist_ok=True)
    for target in (folder / "minimal.erofs", folder / "ami" / f"{ami}.erofs"):
        if not target.exists():
            try:
                os.link(IMAGES / "minimal.erofs", target)
            except OSError:
                shutil.copy(IMAGES / "minimal.erofs", target)
    (folder / "minimal.json").write_text(json.dumps(about))


@pytest.fixture(scope="module")
def real():
    assert (IMAGES / "minimal.json").exists(), f"no image in {IMAGES}: run `make image-minimal`"
    made = Server()
    made.images = made.folder / "images"
    put_image(made.images, FIRST)
    with made:
        made.call("course", "create", "class")
        yield made


class Student:
    def __init__(self, server, folder, name, role="student"):
        made = server.call("account", "create", "--course", "class", "--name", name, "--credit", "100", "--role", role)
        self.account, self.ec2 = made, client(server, made)
        self.key = Key(self.ec2, folder, name)

    def launch(self, type="t2.small", image=FIRST, key=None):
        key = key or self.key
        made = self.ec2.run_instances(ImageId=image, InstanceType=type, KeyName=key.name, MinCount=1, MaxCount=1)
        made = made["Instances"][0]["InstanceId"]
        return self.up(made, key)

    def up(self, machine, key=None):
        wait_state(self.ec2, machine, "running")
        (key or self.key).wait(self.address(machine))
        return machine

    def start(self, machine):
        self.ec2.start_instances(InstanceIds=[machine])
        return self.up(machine)

    def stop(self, machine):
        self.ec2.stop_instances(InstanceIds=[machine])
        wait_state(self.ec2, machine, "stopped")

    def terminate(self, machine):
        self.ec2.terminate_instances(InstanceIds=[machine])
        wait_state(self.ec2, machine, "terminated")

    def address(self, machine):
        return instance(self.ec2, machine)["PublicIpAddress"]

    def run(self, machine, command, key=None, check=True):
        return (key or self.key).run(self.address(machine), command, check=check)

    def volumes(self, *ids):
        return self.ec2.describe_volumes(VolumeIds=list(ids))["Volumes"]


@pytest.fixture
def student(real, tmp_path, request):
    made = Student(real, tmp_path, f"Ada {request.node.name}"[:60].replace("[", " ").replace("]", ""))
    yield made
    for reservation in made.ec2.describe_instances()["Reservations"]:
        for machine in reservation["Instances"]:
            if machine["State"]["Name"] != "terminated":
                made.ec2.terminate_instances(InstanceIds=[machine["InstanceId"]])


def home_of(student, machine):
    return next(m["Ebs"]["VolumeId"] for m in instance(student.ec2, machine)["BlockDeviceMappings"] if m["DeviceName"] == "/dev/sdh")


def test_a_home_outlives_its_machine_and_comes_with_another_type(student, tmp_path):
    first = student.launch("t2.small")
    home = home_of(student, first)
    volume = student.volumes(home)[0]
    assert volume["Size"] == 10 and volume["State"] == "in-use"
    assert volume["Attachments"][0]["Device"] == "/dev/sdh" and volume["Attachments"][0]["DeleteOnTermination"] is False
    assert student.run(first, "stat -c '%U %G' ~ ~/.ssh; ls -A ~ | grep -c lost+found || true") == "ubuntu ubuntu\nubuntu ubuntu\n0\n"
    options = student.run(first, "findmnt -no OPTIONS /home/ubuntu")
    assert "nosuid" in options and "nodev" in options
    student.run(first, "mkdir ~/labs && echo mine > ~/labs/notes && ln -s labs/notes ~/link && chmod 600 ~/labs/notes && sudo touch ~/of-root")
    student.terminate(first)
    volume = student.volumes(home)[0]
    assert volume["State"] == "available" and not volume.get("Attachments")
    other = Key(student.ec2, tmp_path, "other")
    second = student.launch("t2.medium", key=other)
    assert home_of(student, second) == home
    assert student.run(second, "cat ~/link; stat -c '%a %U' ~/labs/notes; stat -c %U ~/of-root", key=other) == "mine\n600 ubuntu\nroot\n"
    # The new machine's key was added, the old one's not lost; another boot adds none twice.
    student.run(second, "true")
    student.stop(second)
    student.start(second)
    assert student.run(second, "grep -c ssh- ~/.ssh/authorized_keys") == "2\n"


def test_a_second_machine_at_the_same_time_has_a_home_of_its_own_and_says_so(student):
    first = student.launch()
    student.run(first, "echo first > ~/who")
    second = student.launch()
    assert [m["DeviceName"] for m in instance(student.ec2, second)["BlockDeviceMappings"]] == ["/dev/sda1"]
    assert student.run(second, "cat ~/who 2>/dev/null || echo none") == "none\n"
    student.run(second, "echo second > ~/who")
    student.stop(first)
    student.stop(second)
    student.start(second)
    assert student.run(second, "cat ~/who") == "second\n"
    student.start(first)
    assert student.run(first, "cat ~/who") == "first\n"


def test_a_home_goes_with_the_machine_that_starts_and_not_to_two(student):
    first = student.launch()
    student.run(first, "echo here > ~/where")
    student.stop(first)
    second = student.launch()
    assert student.run(second, "cat ~/where") == "here\n"
    assert [m["DeviceName"] for m in instance(student.ec2, first)["BlockDeviceMappings"]] == ["/dev/sda1"]
    with pytest.raises(ClientError, match="one machine at a time") as refused:
        student.ec2.start_instances(InstanceIds=[first])
    assert refused.value.response["Error"]["Code"] == "VolumeInUse"
    with pytest.raises(ClientError, match="VolumeInUse"):
        student.ec2.delete_volume(VolumeId=home_of(student, second))


def test_a_repaired_image_reaches_a_machine_with_its_home(real, student):
    machine = student.launch()
    student.run(machine, "echo work > ~/labs; sudo touch /etc/broken")
    home, root = home_of(student, machine), instance(student.ec2, machine)["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    put_image(real.images, REPAIRED)
    real.stop()
    real.start()  # reads the images anew; the machine went on
    student.ec2 = client(real, student.account)
    assert real.refused("instance", "renew-root", machine)["code"] == "IncorrectInstanceState"
    student.stop(machine)
    renewed = real.call("instance", "renew-root", machine)
    assert renewed["image_id"] == REPAIRED and renewed["old_root"] == root
    student.start(machine)
    assert instance(student.ec2, machine)["ImageId"] == REPAIRED and home_of(student, machine) == home
    assert student.run(machine, "cat ~/labs; test -e /etc/broken || echo repaired") == "work\nrepaired\n"
    deleted = [d for d in real.call("disk", "list", "--deleted") if d["disk_id"] == root]
    assert deleted and deleted[0]["origin"] == machine and deleted[0]["gone_at"] > deleted[0]["deleted"]


def test_a_terminated_machine_comes_back_with_its_files(real, student):
    machine = student.launch()
    root = instance(student.ec2, machine)["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    student.run(machine, "echo system | sudo tee /srv/kept; echo home > ~/kept; sync")
    student.terminate(machine)
    assert (real.state / "disks" / f"{root}.img").exists()
    assert root not in [v["VolumeId"] for v in student.volumes()]
    back = real.call("disk", "restore", root)["instance_id"]
    assert state(student.ec2, back) == "stopped"
    assert real.refused("disk", "restore", root)["code"] == "InvalidVolume.NotFound"
    student.start(back)
    assert student.run(back, "cat /srv/kept ~/kept") == "system\nhome\n"


def test_a_deleted_home_comes_back(real, student):
    machine = student.launch()
    student.run(machine, "echo dear > ~/dear; sync")
    home = home_of(student, machine)
    student.terminate(machine)
    student.ec2.delete_volume(VolumeId=home)
    assert home not in [v["VolumeId"] for v in student.volumes()]
    assert real.call("disk", "restore", home)["disk_id"] == home
    again = student.launch()
    assert student.run(again, "cat ~/dear") == "dear\n"


def test_the_course_folder_is_written_by_staff_and_read_by_all_at_once(real, student, tmp_path):
    assert real.refused("course", "folder", "class", "--gib", "1")["code"] == "InsufficientCredit"
    made = real.call("course", "folder", "class", "--gib", "1", "--credit", "10")
    teacher = Student(real, tmp_path, "Grace", role="teacher")
    desk, machine = teacher.launch(), student.launch()
    assert student.run(machine, "ls -A /course") == ""
    teacher.run(desk, "mkdir /course/week1 && echo task > /course/week1/task.txt")
    assert student.run(machine, "cat /course/week1/task.txt") == "task\n"
    teacher.run(desk, "echo more >> /course/week1/task.txt")
    assert student.run(machine, "cat /course/week1/task.txt") == "task\nmore\n"
    for attempt in ("touch /course/mine", "sudo touch /course/mine", "sudo rm -r /course/week1", "sudo chmod 777 /course",
                    "sudo mount -o remount,rw /course", "sudo mount -o remount,bind,rw /course"):
        assert student.run(machine, f"{attempt} 2>/dev/null && echo done || echo refused") == "refused\n", attempt
    # A program that staff made set-uid is not on the members' side.
    teacher.run(desk, "cp /bin/id /course/id && sudo chown root /course/id && sudo chmod 4755 /course/id")
    assert "euid" not in student.run(machine, "/course/id")
    full = teacher.run(desk, "dd if=/dev/zero of=/course/big bs=1M count=2000 2>&1 || true; rm -f /course/big; echo next > /course/next")
    assert "No space left" in full
    assert student.run(machine, "cat /course/next; echo fine > ~/fine && cat ~/fine") == "next\nfine\n"
    student.stop(machine)
    student.start(machine)
    assert student.run(machine, "cat /course/next") == "next\n"
    # A broken folder keeps no machine from starting.
    teacher.terminate(desk)
    student.stop(machine)
    wait_for("the folder to be free", lambda: made["disk_id"] not in pathlib.Path("/proc/mounts").read_text())
    image = real.state / "disks" / f"{made['disk_id']}.img"
    with image.open("r+b") as disk:
        disk.write(b"\0" * 65536)
    student.start(machine)
    assert student.run(machine, "ls -A /course; cat ~/fine") == "fine\n"
    assert "without its course's folder" in (real.state / "host/log" / machine).read_text()
    real.call("course", "folder", "class", "--remove")
