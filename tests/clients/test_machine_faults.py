"""Faults under real machines of the `minimal` image: said in words that name the cure, nothing of a machine that could
not be started stays and nothing is charged for it, and after the cure everything goes on."""
import contextlib
import json
import os
import pathlib
import shutil
import subprocess

import pytest
from botocore.exceptions import ClientError
from support.aws import Key, client, image_id, instance, state, wait_state
from support.places import Places
from support.server import BIN, IMAGES, Server, wait_for
from test_faults import fill, refusal, small_disk

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="real machines need root"),
    pytest.mark.skipif("STIPEND_ENDPOINT" in os.environ, reason="needs the machines of this host"),
]


@pytest.fixture
def server():
    assert (IMAGES / "minimal.json").exists(), f"no image in {IMAGES}: run `make image-minimal`"
    made = Server()
    try:
        yield made
    finally:
        made.close()


def launch(ec2, count=1, kind="t2.micro", **more):
    image = image_id(ec2, "minimal")
    made = ec2.run_instances(ImageId=image, InstanceType=kind, MinCount=count, MaxCount=count, **more)["Instances"]
    return made[0]["InstanceId"]


def launch_fails(server, ec2):
    """A launch that the host cannot fulfil: its reason. Nothing stays and nothing is charged."""
    made = launch(ec2)
    wait_state(ec2, made, "terminated")
    wait_for("its disk to be deleted", lambda: not list((server.state / "host").glob("**/vol-*")))
    mounts = pathlib.Path(f"/proc/{server.host_pid()}/mounts").read_text()
    assert made not in mounts and "/upper/" not in mounts
    assert not [path for path in pathlib.Path("/sys/fs/cgroup").glob(f"**/{made}")]
    return instance(ec2, made)["StateReason"]["Message"]


def refused(call):
    """The words of its refusal, or None."""
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Message"]
    return None


def money(server, account):
    figures = server.call("account", "show", account["account_id"])
    return figures["available"], figures["held"], figures["reserved"]


@contextlib.contextmanager
def device(name, address):
    subprocess.run(["ip", "link", "add", name, "type", "bridge"], check=True)
    try:
        subprocess.run(["ip", "addr", "add", address, "dev", name], check=True)
        subprocess.run(["ip", "link", "set", name, "up"], check=True)
        yield
    finally:
        subprocess.run(["ip", "link", "del", name], check=True)


def test_an_image_file_that_is_gone_or_cut_off(server):
    server.images = server.folder / "images"
    server.images.mkdir()
    for name in ("minimal.json", "minimal.erofs"):
        shutil.copy(IMAGES / name, server.images)
    (server.images / "ami").mkdir()
    image = server.images / f"ami/{json.loads((IMAGES / 'minimal.json').read_text())['ami_id']}.erofs"
    (server.images / "minimal.erofs").rename(image)
    (server.images / "minimal.erofs").touch()
    server.start()
    account = server.account()
    ec2 = client(server, account)
    image.rename(server.images / "aside")
    said = launch_fails(server, ec2)
    assert f"is not in {server.images}" in said and "stipend image build" in said, said
    image.write_bytes((server.images / "aside").read_bytes()[:3 << 20])
    said = launch_fails(server, ec2)
    assert "damaged" in said and "stipend image build" in said, said
    assert money(server, account) == ("100.00", "0.00", "0.00")
    image.unlink()
    (server.images / "aside").rename(image)
    wait_state(ec2, launch(ec2), "running")


def test_a_range_that_clashes_and_one_that_is_changed(server):
    """A stopped machine of the range of before starts with an address of the new one."""
    server.start()
    ec2 = client(server, server.account())
    made = launch(ec2)
    wait_state(ec2, made, "running")
    before = instance(ec2, made)["PrivateIpAddress"]
    server.stop()
    server.config.write_text('[network]\nprivate = "10.201.16.0/24"\n')
    said = server.fails()
    assert "machines still run" in said and "stipend down" in said, said
    server.config.write_text("")
    server.start()
    ec2.stop_instances(InstanceIds=[made])
    wait_state(ec2, made, "stopped")
    server.stop()
    server.config.write_text('[network]\nprivate = "10.201.16.0/24"\n')
    with device(f"stx{os.getpid()}", "10.201.0.1/16"):
        said = server.fails()
        assert "10.201.16.0/24 overlaps 10.201.0.0/16" in said and "[network] private" in said, said
    server.start()
    ec2.start_instances(InstanceIds=[made])
    wait_state(ec2, made, "running")
    assert instance(ec2, made)["PrivateIpAddress"].startswith("10.201.16.") and not before.startswith("10.201.16.")
    addresses = subprocess.run(["ip", "-o", "-4", "addr"], capture_output=True, text=True, check=True).stdout
    assert "10.201.16.1/32" in addresses and before.rpartition(".")[0] + ".1/32" not in addresses


def test_no_free_address_and_a_host_too_small(server):
    server.config.write_text('[compute]\nvcpu_percent = 10000\nmemory_percent = 1000\n[network]\npublic = "100.127.240.0/28"\n')
    server.start()
    account = server.account()
    ec2 = client(server, account)
    error = refusal(lambda: launch(ec2, count=15, kind="t2.nano"))
    assert error["Code"] == "InsufficientAddressCapacity" and "all 14 addresses of 100.127.240.0/28" in error["Message"], error
    error = refusal(lambda: launch(ec2, kind="m4.16xlarge"))
    assert error["Code"] == "InsufficientInstanceCapacity" and "64 vCPUs" in error["Message"], error
    server.stop()
    server.config.write_text('[compute]\nvcpu_percent = 1\n')
    server.start()
    error = refusal(lambda: launch(ec2, kind="m1.small"))  # one vCPU in a hundred CPUs
    assert error["Code"] == "InsufficientInstanceCapacity" and "100 CPUs are needed" in error["Message"], error
    assert money(server, account) == ("100.00", "0.00", "0.00")
    assert ec2.describe_instances()["Reservations"] == []


def test_no_control_groups(server):
    hide = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /sys/fs/cgroup && exec "$@"', "sh"]
    said = server.fails(*hide)
    assert "machines cannot run on this computer: the control group controllers are missing" in said, said
    assert "/sys/fs/cgroup mounted" in said, said
    places = Places(server.state)
    assert [left for left in places.left_over() if left != str(places.runtime)] == []  # a folder that each boot empties
    server.start()
    ec2 = client(server, server.account())
    wait_state(ec2, launch(ec2), "running")


def test_down_is_refused_while_a_server_runs(server):
    server.start()
    ec2 = client(server, server.account())
    made = launch(ec2)
    wait_state(ec2, made, "running")
    down = subprocess.run([BIN / "stipend", "--state", server.state, "down"], capture_output=True, text=True)
    assert down.returncode == 1 and "still runs; end it first" in down.stderr, down
    assert state(ec2, made) == "running"
    server.close_server()
    assert Places(server.state).left_over() == []


def test_a_machine_that_writes_on_a_full_host_stops_cleanly_and_keeps_its_files(server, tmp_path):
    with small_disk(server, 4096):
        server.start()
        ec2 = client(server, server.account())
        key = Key(ec2, tmp_path)
        made = launch(ec2, KeyName=key.name)
        wait_state(ec2, made, "running")
        address = instance(ec2, made)["PublicIpAddress"]
        key.wait(address)
        key.run(address, "echo kept > work; sync")
        fill(server.state / "filler")
        key.run(address, "dd if=/dev/urandom of=more bs=1M count=100 conv=fsync", check=False)
        assert "disk" in wait_for("no room for another machine", lambda: refused(lambda: launch(ec2)))
        ec2.stop_instances(InstanceIds=[made])
        wait_state(ec2, made, "stopped")
        (server.state / "filler").unlink()
        wait_for("the server to be ready", lambda: server.call("status")["ready"])
        # Room is measured every few seconds: until then a start is refused, and costs nothing.
        wait_for("the free space to be room", lambda: not refused(lambda: ec2.start_instances(InstanceIds=[made])))
        wait_state(ec2, made, "running")
        address = instance(ec2, made)["PublicIpAddress"]
        key.wait(address)
        assert key.run(address, "cat work; touch writable && echo yes") == "kept\nyes\n"
