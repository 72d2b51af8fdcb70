"""What is broken, full, missing or taken: said in words that name the cure, nothing half-made stays, and after the
cure everything goes on. Servers without machines here; test_machine_faults.py has the real ones."""
import contextlib
import json
import os
import pathlib
import socket
import sqlite3
import subprocess
import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError
from support.aws import client, wait_state
from support.places import Places
from support.server import Server, wait_for

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="mounts and users need root"),
    pytest.mark.skipif("STIPEND_ENDPOINT" in os.environ, reason="breaks the server's own files"),
]
IMAGE = {"ami_id": "ami-0123456789abcdef0", "name": "minimal", "min_disk_gib": 8, "created": "2026-01-01T00:00:00Z"}


@pytest.fixture
def server():
    made = Server.fake(IMAGE)
    try:
        yield made
    finally:
        made.close()


def launch(ec2, **more):
    return ec2.run_instances(ImageId=IMAGE["ami_id"], InstanceType="t2.micro", MinCount=1, MaxCount=1, **more)["Instances"][0]["InstanceId"]


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]


def readiness(server):
    try:
        return urllib.request.urlopen(f"{server.endpoint}/readyz", timeout=10).read().decode()
    except urllib.error.HTTPError as error:
        return error.read().decode()


@contextlib.contextmanager
def small_disk(server, mib):
    """The state folder on a file system of its own."""
    image = server.folder / "disk"
    with image.open("wb") as file:
        file.truncate(mib << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", image], check=True)
    server.state.mkdir()
    subprocess.run(["mount", "-o", "loop", image, server.state], check=True)
    try:
        yield
    finally:
        server.close_server()
        subprocess.run(["umount", server.state], check=True)


def fill(path):
    """Takes all the space there is, to the last block."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(size))


@pytest.mark.parametrize("text, said", [
    ('[server]\nlisen = "x"\n', "stipend.toml:2: [server] has no key 'lisen'"),
    ('[compute]\nvcpu_percent = "many"\n', "stipend.toml:2: [compute] vcpu_percent must be a whole number"),
    ('[compute]\n\nvcpu_percent = 0\n', "stipend.toml:3: [compute] vcpu_percent must be from 1 to 10000"),
    ('listen = "127.0.0.1:1"\n', "stipend.toml:1: 'listen' stands outside any [section]"),
    ('[server\n', "stipend.toml:1: "),
    ('[server]\nuser = "nobody-here"\n', "useradd"),
])
def test_a_wrong_setting_is_named_with_its_line(server, text, said):
    server.config.write_text(text)
    assert said in server.fails()
    server.config.write_text('[compute]\nprovider = "fake"\n')
    server.start()


def test_a_settings_file_that_is_not_there_is_named(server):
    server.config.unlink()
    assert f"{server.config} cannot be read: No such file" in server.fails()


def test_a_port_in_use_is_named(server):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server.listen = f"127.0.0.1:{taken.getsockname()[1]}"
        said = server.fails()
        assert server.listen in said and "in use" in said and "--listen" in said, said
    assert Places(server.state).left_over() == []
    server.start()


def test_a_command_that_is_given_a_name_for_an_id_says_where_ids_are_listed(server):
    server.start()
    assert "`stipend account list`" in server.refused("account", "show", "Ada")["message"]
    assert "`stipend instance list`" in server.refused("instance", "url", "my-machine")["message"]


def test_a_second_server_of_a_state_is_refused_and_the_first_goes_on(server):
    server.start()
    listen, server.listen = server.listen, "127.0.0.1:0"
    said = server.fails()
    assert "is served by a running program" in said and "another state folder" in said, said
    server.listen = listen
    assert server.call("status")["ready"]


def test_a_state_of_a_newer_version_is_left_alone(server):
    server.start().stop()
    database = server.state / "server/stipend.db"
    with contextlib.closing(sqlite3.connect(database)) as db:
        version = db.execute("PRAGMA user_version").fetchone()[0]
        db.execute("PRAGMA user_version = 99")
    said = server.fails()
    assert "newer Stipend" in said and "install that version again" in said, said
    with contextlib.closing(sqlite3.connect(database)) as db:
        db.execute(f"PRAGMA user_version = {version}")
    server.start()


def test_a_database_that_another_program_holds(server):
    """At the start and while serving: refused in words, and served as soon as it is let go."""
    server.start()
    ec2 = client(server, server.account())
    with contextlib.closing(sqlite3.connect(server.state / "server/stipend.db", isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        error = refusal(ec2.create_key_pair, KeyName="k")
        assert error["Code"] in ("ServiceUnavailable", "Unavailable") and "another program holds the database" in error["Message"], error
        assert ec2.describe_key_pairs()["KeyPairs"] == []
        holder.execute("ROLLBACK")
        ec2.create_key_pair(KeyName="k")
        server.stop()
        holder.execute("BEGIN IMMEDIATE")
        assert "another program holds the database" in server.fails()
        holder.execute("ROLLBACK")
    server.start()
    assert [key["KeyName"] for key in ec2.describe_key_pairs()["KeyPairs"]] == ["k"]


def test_a_state_folder_that_cannot_be_written(server):
    with small_disk(server, 256):
        server.start().stop()
        subprocess.run(["mount", "-o", "remount,ro", server.state], check=True)
        said = server.fails()
        assert str(server.state) in said and "read-only" in said.lower(), said
        subprocess.run(["mount", "-o", "remount,rw", server.state], check=True)
        server.start()


def test_a_full_disk_still_commits_stops_and_starts_nothing_new(server):
    with small_disk(server, 320):
        server.start()
        ec2 = client(server, server.account())
        running = launch(ec2)
        wait_state(ec2, running, "running")
        fill(server.state / "filler")
        for number in range(400):  # until what the file system gave SQLite before is used up
            try:
                ec2.create_tags(Resources=[running], Tags=[{"Key": "k", "Value": f"{number}" * 40}])
            except ClientError:
                break
            if "full" in readiness(server):
                break
        assert "free some space" in readiness(server)
        error = refusal(launch, ec2=ec2)
        assert "disk" in error["Message"] and "free some space" in error["Message"], error
        ec2.stop_instances(InstanceIds=[running])
        wait_state(ec2, running, "stopped")
        (server.state / "filler").unlink()
        wait_for("space to be noticed", lambda: readiness(server) == "ready\n", 30)
        again = launch(ec2)
        wait_state(ec2, again, "running")


def test_an_image_description_that_is_wrong_is_passed_over_and_named(server):
    (server.images / "broken.json").write_text("{")
    (server.images / "broken.erofs").touch()
    (server.images / "gone.json").write_text(json.dumps(IMAGE | {"name": "gone", "ami_id": "ami-0123456789abcdef1"}))
    server.start()
    assert [image["name"] for image in server.call("image", "list")] == ["minimal"]
    log = server.log.read_text()
    assert "broken.json: not a JSON object; build the image again" in log
    assert "gone.json: its .erofs file is missing; build the image again" in log


def test_machines_need_root(server):
    server.config.write_text("")
    for path in (server.folder, server.images):
        pathlib.Path(path).chmod(0o755)
    said = server.fails("setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups")
    assert "need root" in said and "sudo" in said, said
    assert not server.state.exists()
