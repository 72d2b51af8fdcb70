"""Homes, new roots, deleted disks and the course's folder as page, command line and AWS clients see them; no machines."""
import json
import urllib.error

import pytest
from botocore.exceptions import ClientError
from support.aws import client, instance, wait_state
from support.console import Console
from support.server import Server, wait_for

IMAGE = {"ami_id": "ami-0123456789abcdef0", "name": "minimal", "description": "a bare Debian", "min_disk_gib": 8,
         "jupyter": False, "created": "2026-01-01T00:00:00Z"}
NEWER = "ami-0123456789abcdef1"


@pytest.fixture(scope="module")
def kept():
    with Server.fake(IMAGE) as made:
        made.call("course", "create", "class")
        yield made


class Student:
    def __init__(self, server, credit="100", course="class"):
        self.server = server
        self.account = server.call("account", "create", "--course", course, "--name", "Ada", "--credit", credit)
        self.ec2, self.console = client(server, self.account), Console(server, self.account)

    def reconnect(self):
        """After a restart of the server, with a new sign-in link."""
        link = self.server.call("account", "link", self.account["account_id"])
        self.ec2, self.console = client(self.server, self.account), Console(self.server, self.account | link)

    def launch(self, count=1, **more):
        made = self.ec2.run_instances(ImageId=IMAGE["ami_id"], InstanceType="t2.small", MinCount=count, MaxCount=count, **more)
        made = [i["InstanceId"] for i in made["Instances"]]
        for machine in made:
            wait_state(self.ec2, machine, "running")
        return made if count > 1 else made[0]

    def end(self, machine, wanted):
        (self.ec2.stop_instances if wanted == "stopped" else self.ec2.terminate_instances)(InstanceIds=[machine])
        wait_state(self.ec2, machine, wanted)

    def devices(self, machine):
        return {m["DeviceName"]: m["Ebs"]["VolumeId"] for m in instance(self.ec2, machine)["BlockDeviceMappings"]}

    def disks(self):
        return self.console.ask("GET", "/disks")


def refusal(call, *words):
    with pytest.raises(urllib.error.HTTPError) as refused:
        call(*words)
    return json.load(refused.value)


def test_a_course_keeps_homes_unless_it_is_told_to_be_as_aws(kept):
    kept.call("course", "create", "as aws", "--homes", "machine")
    homes = {c["name"]: c["homes"] for c in kept.call("course", "list")}
    assert homes["class"] == "keep" and homes["as aws"] == "machine"
    plain = Student(kept, course="as aws")
    machine = plain.launch()
    assert list(plain.devices(machine)) == ["/dev/sda1"] and plain.disks()["machines"][machine]["home"] == ""
    assert kept.call("course", "set", "as aws", "--homes", "keep", "--home-gib", "3")["home_gib"] == 3
    assert list(plain.devices(machine)) == ["/dev/sda1"]
    later = plain.launch()
    assert plain.ec2.describe_volumes(VolumeIds=[plain.devices(later)["/dev/sdh"]])["Volumes"][0]["Size"] == 3


@pytest.mark.parametrize("words, code", [
    (("create", "x1", "--homes", "sometimes"), "InvalidHomes"), (("create", "x2", "--home-gib", "0"), "InvalidSize"),
    (("create", "x3", "--home-gib", "many"), "InvalidNumber"), (("create", "x4", "--home-gib", "9999999999999999999"), "InvalidNumber"),
    (("set", "nobody", "--homes", "keep"), "NoSuchCourse"), (("folder", "class", "--gib", "-1"), "InvalidSize"),
    (("folder", "class", "--credit", "5"), "MissingArgument"), (("folder", "class", "--remove"), "NoCourseFolder")])
def test_what_a_course_cannot_be_is_refused_in_words(kept, words, code):
    assert kept.refused("course", *words)["code"] == code


def test_the_first_of_several_machines_has_the_home(kept):
    student = Student(kept)
    machines = student.launch(3)
    assert [sorted(student.devices(m)) for m in machines] == [["/dev/sda1", "/dev/sdh"], ["/dev/sda1"], ["/dev/sda1"]]
    told = student.disks()["machines"]
    assert [told[m]["home"] for m in machines] == ["kept", "machine", "machine"]
    found = student.ec2.describe_instances(Filters=[{"Name": "block-device-mapping.device-name", "Values": ["/dev/sdh"]}])
    assert [i["InstanceId"] for r in found["Reservations"] for i in r["Instances"]] == machines[:1]
    home = student.ec2.describe_volumes(Filters=[{"Name": "attachment.device", "Values": ["/dev/sdh"]}])["Volumes"][0]
    assert home["Attachments"][0]["InstanceId"] == machines[0] and {"Key": "Name", "Value": "home"} in home["Tags"]


def test_a_deleted_volume_is_gone_for_aws_and_comes_back_from_the_page(kept):
    student, other = Student(kept), Student(kept)
    machine = student.launch(TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "lab"}]}])
    root, home = student.devices(machine)["/dev/sda1"], student.devices(machine)["/dev/sdh"]
    with pytest.raises(ClientError, match="VolumeInUse"):
        student.ec2.delete_volume(VolumeId=home)
    student.end(machine, "terminated")
    shown = student.disks()
    assert [d["id"] for d in shown["available"]] == [home] and [d["id"] for d in shown["deleted"]] == [root]
    assert shown["keep_days"] == 7 and shown["deleted"][0]["name"] == "lab" and shown["deleted"][0]["type"] == "t2.small"
    volume = student.ec2.describe_volumes(VolumeIds=[home])["Volumes"][0]
    assert volume["State"] == "available" and volume["Attachments"] == []
    with pytest.raises(ClientError, match="InvalidVolume.NotFound"):
        other.ec2.delete_volume(VolumeId=home)
    student.ec2.delete_volume(VolumeId=home)
    with pytest.raises(ClientError, match="InvalidVolume.NotFound"):
        student.ec2.describe_volumes(VolumeIds=[home])
    assert refusal(other.console.ask, "POST", f"/disks/{root}/restore", {})["code"] == "InvalidVolume.NotFound"
    back = student.console.ask("POST", f"/disks/{root}/restore", {"type": "t2.medium"})["instance"]
    assert student.console.machine(back)["state"] == "stopped" and student.console.machine(back)["name"] == "lab"
    assert student.console.ask("POST", f"/disks/{home}/restore", {}) == {"instance": ""}
    assert refusal(student.console.ask, "POST", f"/disks/{home}/restore", {})["code"] == "InvalidVolume.NotFound"
    student.ec2.start_instances(InstanceIds=[back])
    wait_state(student.ec2, back, "running")
    assert student.devices(back) == {"/dev/sda1": root, "/dev/sdh": home}
    system = [t for t in student.ec2.describe_volumes(VolumeIds=[root])["Volumes"][0]["Tags"] if t["Key"] == "aws:stipend:home"]
    assert system and student.ec2.delete_tags(Resources=[root], Tags=[])
    assert system == student.ec2.describe_volumes(VolumeIds=[root])["Volumes"][0]["Tags"]


def test_without_credit_for_its_reserve_a_disk_stays_deleted(kept):
    student = Student(kept, credit="2")
    machine = student.launch()
    root = student.devices(machine)["/dev/sda1"]
    student.end(machine, "terminated")
    left = kept.call("account", "show", student.account["account_id"])["available"]
    kept.call("grant", "--account", student.account["account_id"], f"--amount=-{left}", "--reason", "test")
    refused = kept.refused("disk", "restore", root)
    assert refused["code"] == "InsufficientCredit" and root in refused["message"]
    assert root in [d["disk_id"] for d in kept.call("disk", "list", "--deleted")]


def test_start_on_the_new_image_is_one_step(kept):
    student = Student(kept)
    first, second = student.launch(2)
    before = student.devices(first)
    (kept.images / "minimal.json").write_text(json.dumps(IMAGE | {"ami_id": NEWER, "created": "2026-06-01T00:00:00Z"}))
    kept.stop()
    kept.start()
    student.reconnect()
    for machine in (first, second):  # a host that pretends forgets its machines with its server
        wait_state(student.ec2, machine, "stopped")
    told = student.disks()["machines"]
    assert told[first]["newer_image"] == "minimal" and told[second]["newer_image"] == ""
    assert refusal(student.console.ask, "POST", f"/instances/{second}/start-on-new-image", {})["code"] == "NoSeparateHome"
    student.console.ask("POST", f"/instances/{first}/start-on-new-image", {})
    wait_state(student.ec2, first, "running")
    after = student.devices(first)
    assert after["/dev/sdh"] == before["/dev/sdh"] and after["/dev/sda1"] != before["/dev/sda1"]
    assert instance(student.ec2, first)["ImageId"] == NEWER
    assert before["/dev/sda1"] in [d["id"] for d in student.disks()["deleted"]]


def test_deleted_disks_go_at_once_where_none_are_kept():
    with Server.fake(IMAGE, "[disks]\nkeep_deleted_days = 0\n") as server:
        server.call("course", "create", "class")
        student = Student(server)
        machine = student.launch()
        student.end(machine, "terminated")
        assert server.call("disk", "list", "--deleted") == []
        assert student.disks()["deleted"] == [] and student.disks()["keep_days"] == 0
        wait_for("only the home to be left", lambda: [d["kind"] for d in server.call("disk", "list")] == ["home"])


def test_the_courses_account_pays_its_folder_and_nobody_is_signed_in_as_it(kept):
    kept.call("course", "create", "shared")
    made = kept.call("course", "folder", "shared", "--gib", "20", "--credit", "5")
    row = next(a for a in kept.call("account", "list") if a["account_id"] == made["account_id"])
    assert row["role"] == "course" and float(row["reserved"]) > 0
    assert kept.refused("course", "folder", "shared", "--gib", "30")["code"] == "VolumeSizeMismatch"
    assert kept.call("course", "folder", "shared", "--gib", "20", "--credit", "1")["disk_id"] == made["disk_id"]
    assert kept.refused("account", "link", made["account_id"])["code"]
    assert kept.call("course", "folder", "shared", "--remove")["disk_id"] == ""
    assert kept.call("disk", "restore", made["disk_id"])["disk_id"] == made["disk_id"]
    assert kept.call("course", "folder", "shared")["disk_id"] == made["disk_id"]
