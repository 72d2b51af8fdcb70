"""The course's folder on the files page: changed by staff, read by members, while machines have it and while none runs."""
import io
import json
import os
import pathlib
import signal
import zipfile

import pytest
from support.aws import Key, client, image_id, instance, wait_state
from support.browser import Files, Page
from support.server import IMAGES, Server, wait_for

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="real machines need root"),
    pytest.mark.skipif("STIPEND_ENDPOINT" in os.environ, reason="needs the machines of this host"),
]


@pytest.fixture(scope="module")
def real():
    assert (IMAGES / "minimal.json").exists(), f"no image in {IMAGES}: run `make image-minimal`"
    with Server() as made:
        made.call("course", "create", "class")
        yield made


class Member:
    def __init__(self, server, name, role):
        self.account = server.call("account", "create", "--course", "class", "--name", name, "--credit", "100", "--role", role)
        self.page = Page(server, self.account)


@pytest.fixture(scope="module")
def people(real):
    disk = real.call("course", "folder", "class", "--gib", "1", "--credit", "10")["disk_id"]
    grace, ada = Member(real, "Grace", "teacher"), Member(real, "Ada", "student")
    return disk, grace, ada, Files(grace.page, disk), Files(ada.page, disk)


def in_use(disk):
    """Loop devices over the disk's file."""
    return [device for device in pathlib.Path("/sys/block").glob("loop*/loop/backing_file") if disk in device.read_text()]


def told(member):
    answer = member.page.post("/api/v1/class/members", {"limit": 0})
    assert answer.status == 200, answer.body
    return [notice["text"] for notice in json.loads(answer.body)["counters"]["notices"]]


def test_staff_fills_the_folder_before_any_machine_and_members_read_it_only(real, people):
    disk, grace, ada, desk, seat = people
    places = grace.page.json("/api/v1/files")
    assert [(p["disk"], p["course"], p["writable"], p["unready"]) for p in places] == [(disk, True, True, "")], places
    assert [(p["disk"], p["writable"]) for p in ada.page.json("/api/v1/files")] == [(disk, False)]
    desk.upload("task.txt", b"solve it\n")
    assert grace.page.post(f"{desk.at}/folder", {"path": "week1"}).status == 200
    desk.upload("week1/data", b"1,2\n")
    assert seat.names() == ["week1", "task.txt"]
    assert seat.get("task.txt").body == b"solve it\n"
    archive = zipfile.ZipFile(io.BytesIO(ada.page.ask("GET", seat.path("/zip", "")).body))
    assert {name.partition("/")[2]: archive.read(name) for name in archive.namelist()} == {"task.txt": b"solve it\n", "week1/data": b"1,2\n"}
    where = desk.begin("unfinished", 10).headers["location"]
    for refused in (seat.begin("mine", 3), ada.page.post(f"{seat.at}/folder", {"path": "mine"}), ada.page.post(f"{seat.at}/remove", {"path": "task.txt"}),
                    ada.page.post(f"{seat.at}/move", {"from": "task.txt", "to": "gone"}), seat.patch(where, 0, b"x" * 10),
                    ada.page.ask("DELETE", where, Tus_Resumable="1.0.0")):
        assert refused.status == 403 and b"staff" in refused.body, (refused.status, refused.body)
    assert desk.names() == ["week1", "task.txt"]
    # Of another course nobody sees it.
    other = Page(real, real.account("Mallory", course="elsewhere"))
    assert other.json("/api/v1/files") == []
    assert other.ask("GET", seat.path("", "")).status == 404
    # It is the course's: who is suspended fetches his own files only.
    real.call("account", "suspend", ada.account["account_id"])
    assert ada.page.json("/api/v1/files") == [] and seat.get("task.txt").status == 403
    real.call("account", "unsuspend", ada.account["account_id"])
    wait_for("the folder to be let go", lambda: not in_use(disk), 60)


def test_what_staff_changes_on_the_page_is_seen_on_machines_at_once_and_a_folder_that_fills_is_told_to_staff(real, people, tmp_path):
    disk, grace, ada, desk, seat = people
    ec2 = client(real, ada.account)
    key = Key(ec2, tmp_path)
    seat.names()  # before the machine starts: neither keeps the other from the folder
    machine = ec2.run_instances(ImageId=image_id(ec2, "minimal"), InstanceType="t2.small", KeyName=key.name, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    wait_state(ec2, machine, "running")
    address = instance(ec2, machine)["PublicIpAddress"]
    key.wait(address, 60)
    run = lambda command: key.run(address, command, check=False)  # noqa: E731
    assert run("cat /course/task.txt; stat -c '%U %a' /course/task.txt") == "solve it\nubuntu 644\n"
    desk.upload("late.txt", b"also this\n")
    assert run("cat /course/late.txt; touch /course/mine 2>&1").startswith("also this\n")
    assert grace.page.post(f"{desk.at}/remove", {"path": "week1"}).status == 200
    assert "week1" not in run("ls /course") and "mine" not in seat.names()
    # A stipend-host that is killed takes its workers with it, not the machine's folder.
    os.kill(real.host_pid(), signal.SIGKILL)
    assert wait_for("the files to be back", lambda: desk.get("late.txt").status == 200, 60)
    assert run("cat /course/late.txt") == "also this\n"

    assert told(grace) == []
    large = 900 << 20  # of 1 GiB less what ext4 takes
    where = desk.begin("large", large).headers["location"]
    for offset in range(0, large, 225 << 20):
        assert desk.patch(where, offset, bytes(225 << 20)).status == 204
    said = wait_for("the staff to be told", lambda: told(grace), 90)[0]
    assert said.startswith("The course folder /course is 9") and "Delete what the course no longer needs" in said, said
    assert ada.page.post("/api/v1/class/members", {"limit": 0}).status == 403
    assert [m["notices"] for m in ada.page.json("/api/v1/instances")] == [[]], "it is the staff's to know"
    assert grace.page.post(f"{desk.at}/remove", {"path": "large"}).status == 200
    wait_for("the staff to be told nothing", lambda: told(grace) == [], 90)

    ec2.terminate_instances(InstanceIds=[machine])
    wait_state(ec2, machine, "terminated")
    assert desk.names() == ["late.txt", "task.txt"]
    wait_for("the folder to be let go", lambda: not in_use(disk), 60)
    real.call("course", "folder", "class", "--remove")
    assert grace.page.json("/api/v1/files") == [] and desk.get("task.txt").status == 404
