"""A home's files while no machine runs, and what its nightly copies are for, on a real machine. Needs root and the image."""
import os

import pytest
from support.aws import Key, client, image_id, instance, wait_state
from support.browser import Files, Page
from support.server import Server, wait_for

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="real machines need root"),
    pytest.mark.skipif("STIPEND_ENDPOINT" in os.environ, reason="needs the machines of this host"),
]


@pytest.fixture
def real():
    with Server() as made:
        yield made


def test_a_home_is_read_copied_and_mended_while_its_machine_is_stopped(real, tmp_path):
    account = real.account(homes="keep")
    ec2, page = client(real, account), Page(real, account)
    key = Key(ec2, tmp_path)
    machine = ec2.run_instances(ImageId=image_id(ec2, "minimal"), InstanceType="t2.small", KeyName=key.name, MinCount=1,
                                MaxCount=1)["Instances"][0]["InstanceId"]

    def up():
        wait_state(ec2, machine, "running")
        key.wait(instance(ec2, machine)["PublicIpAddress"])

    def run(command):
        return key.run(instance(ec2, machine)["PublicIpAddress"], command)

    up()
    run("mkdir work; echo first > work/notes; sync")
    places = page.json("/api/v1/files")
    assert [(place["home"], bool(place["unready"])) for place in places] == [(True, True)], places
    home = places[0]["disk"]
    files = Files(page, home)
    assert page.ask("GET", files.path("", "")).status == 409  # it runs: its files are in Jupyter

    ec2.stop_instances(InstanceIds=[machine])
    wait_state(ec2, machine, "stopped")
    files.names("work")  # a worker has the home open now; who only looked gives way to a copy at once
    date = real.call("copy", "now", home)[0]["date"]
    assert files.get("work/notes").body == b"first\n"

    # A transfer does not give way, and is named.
    files.upload("work/large", os.urandom(64_000_000))
    download = page.connect()
    download.request("GET", files.path("/content", "work/large"), headers=page.fields())
    reading = download.getresponse()
    assert len(reading.read(1000)) == 1000
    refused = str(real.refused("copy", "now", home))
    assert "the download of large" in refused and "once that has ended" in refused, refused
    assert len(reading.read()) == 64_000_000 - 1000, "it went on"
    download.close()
    assert real.call("copy", "now", home)[0]["date"] == date

    # The worker still has the disk open; the machine comes first, and finds what was uploaded.
    files.upload("work/notes", b"spoilt\n", replace=True)
    ec2.start_instances(InstanceIds=[machine])
    up()
    assert run("cat work/notes; stat -c '%U %a' work/notes") == "spoilt\nubuntu 644\n"
    assert page.json(files.at + "/copies") == [date]
    assert page.ask("GET", files.path("/content", "work/notes", copy=date)).body == b"first\n"  # also while it runs

    # Suspended: nothing can be changed, and everything fetched.
    real.call("account", "suspend", account["account_id"])
    wait_for("the machine to stop", lambda: page.json("/api/v1/instances")[0]["state"] == "stopped")
    assert page.json("/api/v1/session")["suspended"]
    assert files.get("work/notes").body == b"spoilt\n"
    assert page.ask("GET", files.path("/content", "work/notes", copy=date)).body == b"first\n"
    for refused in (files.begin("mine", 3), page.post(f"{files.at}/restore?copy={date}", {"path": "work/notes"}),
                    page.post(f"/api/v1/instances/{machine}/start", {}), page.post(f"/api/v1/instances/{machine}/terminate", {})):
        assert refused.status == 403 and b"suspended" in refused.body, refused.body
    real.call("account", "unsuspend", account["account_id"])

    ec2.terminate_instances(InstanceIds=[machine])
    wait_state(ec2, machine, "terminated")
    mended = page.post(f"{files.at}/restore?copy={date}", {"path": "work/notes"})
    assert mended.status == 200, mended.body
    beside = [name for name in files.names("work") if name not in ("notes", "large")]
    assert len(beside) == 1 and date in beside[0], beside
    assert files.get("work/" + beside[0]).body == b"first\n" and files.get("work/notes").body == b"spoilt\n"
