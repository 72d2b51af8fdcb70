"""A disk that its member's credit no longer keeps, on real machines: staff fetches what is on it, and nobody else does."""
import decimal
import io
import os
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
        made.call("course", "create", "Brief", "--homes", "machine", "--grace-days", "0")
        yield made


def person(real, name, credit="0", role="student"):
    return real.call("account", "create", "--course", "Brief", "--name", name, "--credit", credit, "--role", role)


def test_staff_fetches_the_files_only_while_the_house_pays(real, tmp_path):
    ada, grace, alan = person(real, "Ada", "0.05"), Page(real, person(real, "Grace", role="teacher")), Page(real, person(real, "Alan"))
    ec2 = client(real, ada)
    key = Key(ec2, tmp_path)
    machine = ec2.run_instances(ImageId=image_id(ec2, "minimal"), InstanceType="t2.nano", KeyName=key.name, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    wait_state(ec2, machine, "running")
    address = instance(ec2, machine)["PublicIpAddress"]
    key.wait(address)
    key.run(address, "echo 'of a term' > thesis.txt; sync")
    ec2.stop_instances(InstanceIds=[machine])
    wait_state(ec2, machine, "stopped")
    disk = next(place["disk"] for place in Page(real, ada).json("/api/v1/files"))
    theirs = Files(grace, disk)
    assert grace.ask("GET", theirs.path("/zip", "")).status == 404

    left = decimal.Decimal(real.call("account", "show", ada["account_id"])["available"])
    real.call("grant", "--account", ada["account_id"], f"--amount=-{left - decimal.Decimal('0.0000004')}", "--reason", "ten seconds of the disk stay")
    (row,) = real.call("disk", "unfunded", "--course", "Brief")
    assert row["disk_id"] == disk
    wait_for("the house to pay", lambda: real.call("disk", "unfunded")[0]["unfunded"], 60)

    answer = grace.ask("GET", theirs.path("/zip", ""))
    assert answer.status == 200, answer.body
    archive = zipfile.ZipFile(io.BytesIO(answer.body))
    name = next(name for name in archive.namelist() if name.endswith("thesis.txt"))
    assert archive.read(name) == b"of a term\n"
    assert theirs.begin("planted", 1).status == 403
    assert alan.ask("GET", Files(alan, disk).path("/zip", "")).status == 404
    assert [place for place in grace.json("/api/v1/files") if place["disk"] == disk] == []

    assert real.call("disk", "delete", disk) == {"disk_id": disk}
    assert grace.ask("GET", theirs.path("/zip", "")).status == 404
    assert real.call("disk", "unfunded") == []
