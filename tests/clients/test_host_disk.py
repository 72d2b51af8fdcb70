"""A host whose disk runs full under its machines: who writes is stopped cleanly, who does not goes on, no file is hurt."""
import contextlib
import os
import pathlib
import subprocess
import threading

import pytest
from botocore.exceptions import ClientError
from support.aws import Key, client, image_id, instance, state, wait_state
from support.browser import Files, Page
from support.server import IMAGES, Server, wait_for
from test_faults import small_disk

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="real machines need root"),
    pytest.mark.skipif("STIPEND_ENDPOINT" in os.environ, reason="needs the machines of this host"),
]
MIB = 1 << 20
DISK = [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 4}}]


class LeastFree(threading.Thread):
    """The least space there was on the file system of the state."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path, self.least, self.over = path, float("inf"), threading.Event()

    def run(self):
        while not self.over.wait(0.05):
            s = os.statvfs(self.path)
            self.least = min(self.least, s.f_bavail * s.f_frsize / MIB)

    def stop(self):
        self.over.set()
        self.join()
        return self.least


def errors_of_disks(folder):
    """What ext4 counted for the machines' disks that are mounted now."""
    found = []
    for device in pathlib.Path("/sys/block").glob("loop*"):
        backing = device / "loop/backing_file"
        if backing.exists() and str(folder) in backing.read_text():
            count = pathlib.Path(f"/sys/fs/ext4/{device.name}/errors_count")
            if count.exists():
                found.append(int(count.read_text()))
    return found


def starts(ec2, machine):
    with contextlib.suppress(ClientError):  # the server hears of room every five seconds
        ec2.start_instances(InstanceIds=[machine])
        return True
    return False


def test_the_machine_that_fills_the_hosts_disk_is_stopped_cleanly(tmp_path):
    assert (IMAGES / "minimal.json").exists(), f"no image in {IMAGES}: run `make image-minimal`"
    server = Server()
    try:
        with small_disk(server, 12288):
            server.start()
            account = server.account()
            ec2 = client(server, account)
            key = Key(ec2, tmp_path)
            made = ec2.run_instances(ImageId=image_id(ec2, "minimal"), InstanceType="t2.micro", KeyName=key.name, MinCount=2, MaxCount=2,
                                     BlockDeviceMappings=DISK)
            writer, quiet = (i["InstanceId"] for i in made["Instances"])
            for one in (writer, quiet):
                wait_state(ec2, one, "running")
            address = instance(ec2, writer)["PublicIpAddress"]
            key.wait(address, 60)
            key.run(address, "dd if=/dev/urandom of=kept bs=1M count=20 status=none; sha256sum kept > sum; sync")
            s = os.statvfs(server.state)
            filler = server.state / "filler"
            subprocess.run(["fallocate", "-l", str(s.f_bavail * s.f_frsize - 4500 * MIB), filler], check=True)
            watch = LeastFree(server.state)
            watch.start()
            # From now on as fast as it can, and again and again.
            key.run(address, "nohup sh -c 'while :; do cat /dev/zero > big-$(date +%N); done' >/dev/null 2>&1 &")
            wait_for("it to be stopped", lambda: state(ec2, writer) == "stopped", 120)
            least = watch.stop()
            assert least > 512, f"only {least} MiB were left"
            assert "disk was almost full" in instance(ec2, writer)["StateReason"]["Message"]
            assert state(ec2, quiet) == "running"
            assert '"force":true' not in (server.state / "host/log" / writer).read_text(), "it was killed, not halted"
            assert set(errors_of_disks(server.folder)) == {0}
            # Below the mark none starts: by the server's room, or by the host itself when the server knows less.
            s = os.statvfs(server.state)
            more = server.state / "filler2"
            subprocess.run(["fallocate", "-l", str(s.f_bavail * s.f_frsize - 1500 * MIB), more], check=True)
            try:
                ec2.start_instances(InstanceIds=[writer])
                said = wait_for("its start to be refused", lambda: state(ec2, writer) == "stopped" and instance(ec2, writer)["StateReason"]["Message"])
            except ClientError as refused:
                said = str(refused)
            assert "disk" in said, said
            more.unlink()
            filler.unlink()
            wait_for("its start to be taken", lambda: starts(ec2, writer), 60, 1)
            wait_state(ec2, writer, "running")
            address = instance(ec2, writer)["PublicIpAddress"]
            key.wait(address, 60)
            assert "kept: OK" in key.run(address, "rm -f big-*; sha256sum -c sum && touch writable")
            assert set(errors_of_disks(server.folder)) == {0}
    finally:
        server.close()


def test_a_course_folder_that_fills_the_hosts_disk_takes_no_more_and_its_machine_goes_on(tmp_path):
    server = Server()
    try:
        with small_disk(server, 12288):
            server.start()
            server.call("course", "create", "class")
            server.call("course", "folder", "class", "--gib", "8", "--credit", "20")
            teacher = server.call("account", "create", "--course", "class", "--name", "Grace", "--credit", "100", "--role", "teacher")
            ec2 = client(server, teacher)
            key = Key(ec2, tmp_path)
            machine = ec2.run_instances(ImageId=image_id(ec2, "minimal"), InstanceType="t2.micro", KeyName=key.name, MinCount=1, MaxCount=1,
                                        BlockDeviceMappings=DISK)["Instances"][0]["InstanceId"]
            wait_state(ec2, machine, "running")
            address = instance(ec2, machine)["PublicIpAddress"]
            key.wait(address, 60)
            s = os.statvfs(server.state)
            filler = server.state / "filler"
            subprocess.run(["fallocate", "-l", str(s.f_bavail * s.f_frsize - 4500 * MIB), filler], check=True)
            watch = LeastFree(server.state)
            watch.start()
            said = key.run(address, "cat /dev/zero > /course/big", 180, check=False)
            least = watch.stop()
            assert least > 512, f"only {least} MiB were left"
            assert state(ec2, machine) == "running", instance(ec2, machine).get("StateReason")
            size = int(key.run(address, "stat -c %s /course/big"))
            assert size < 7 << 30, f"it was filled to its own end: {said}"
            assert "full" in key.run(address, "sh -c 'dd if=/dev/zero of=/course/more bs=1M count=8 conv=fsync 2>&1 || echo full'")
            assert key.run(address, "echo fine > ~/fine && cat ~/fine") == "fine\n", "the machine's own disk takes what it writes"
            filler.unlink()
            wait_for("the folder to take it again", lambda: key.run(address, "dd if=/dev/zero of=/course/more bs=1M count=8 conv=fsync 2>/dev/null && echo took", check=False) == "took\n", 30, 1)
            assert set(errors_of_disks(server.folder)) == {0}
    finally:
        server.close()


def test_an_upload_leaves_the_host_what_machines_need_and_is_not_kept_when_it_may_not_end(tmp_path):
    server = Server()
    try:
        with small_disk(server, 12288):
            server.start()
            account = server.account(homes="keep")
            ec2, page = client(server, account), Page(server, account)
            key = Key(ec2, tmp_path)
            machine = ec2.run_instances(ImageId=image_id(ec2, "minimal"), InstanceType="t2.micro", KeyName=key.name, MinCount=1, MaxCount=1,
                                        BlockDeviceMappings=DISK)["Instances"][0]["InstanceId"]
            wait_state(ec2, machine, "running")
            ec2.stop_instances(InstanceIds=[machine])
            wait_state(ec2, machine, "stopped")
            files = Files(page, page.json("/api/v1/files")[0]["disk"])
            # 12 GiB: 3 GiB are for what machines may have in memory, or less where that is less, and at most 1 more for uploads.
            body = os.urandom(64 * MIB)
            begun = files.begin("large", 512 * MIB)
            assert begun.status == 201, begun.body
            where = begun.headers["location"]
            assert files.patch(where, 0, body).status == 204

            connection = page.connect(120)
            connection.putrequest("PATCH", where)
            for name, value in page.fields(Tus_Resumable="1.0.0", Upload_Offset=str(len(body)), Content_Type="application/offset+octet-stream",
                                           Content_Length=str(448 * MIB)).items():
                connection.putheader(name, value)
            connection.endheaders()
            connection.send(body[:16 * MIB])
            wait_for("some of it to have come", lambda: files.offset(where) > len(body))
            s = os.statvfs(server.state)
            subprocess.run(["fallocate", "-l", str(s.f_bavail * s.f_frsize - 300 * MIB), server.state / "filler"], check=True)
            with contextlib.suppress(OSError):  # the answer comes before the end
                for _ in range(27):
                    connection.send(body[:16 * MIB])
            answer = connection.getresponse()
            said = answer.read().decode()
            assert answer.status == 507 and "almost full" in said and "operator" in said, (answer.status, said)
            connection.close()
            assert page.ask("HEAD", where, Tus_Resumable="1.0.0").status == 404, "nothing of it is kept"
            assert "large" not in files.names()
            refused = files.begin("small", MIB)
            assert refused.status == 507 and "almost full" in refused.body.decode(), refused.body
            (server.state / "filler").unlink()
            files.upload("small", body[:MIB])
            assert files.get("small").body == body[:MIB]
    finally:
        server.close()


def test_it_is_stopped_with_the_server_away_and_the_ledger_learns_it_later(tmp_path):
    server = Server()
    try:
        with small_disk(server, 12288):
            server.start()
            account = server.account()
            ec2 = client(server, account)
            key = Key(ec2, tmp_path)
            made = ec2.run_instances(ImageId=image_id(ec2, "minimal"), InstanceType="t2.micro", KeyName=key.name, MinCount=1, MaxCount=1,
                                     BlockDeviceMappings=DISK)
            writer = made["Instances"][0]["InstanceId"]
            wait_state(ec2, writer, "running")
            address = instance(ec2, writer)["PublicIpAddress"]
            key.wait(address, 60)
            os.kill(server.server_pid(), 19)  # SIGSTOP: it answers nobody
            s = os.statvfs(server.state)
            subprocess.run(["fallocate", "-l", str(s.f_bavail * s.f_frsize - 4000 * MIB), server.state / "filler"], check=True)
            key.run(address, "nohup sh -c 'cat /dev/zero > big' >/dev/null 2>&1 &", check=False)
            final = server.state / "host/log" / writer
            wait_for("the supervisor to halt it", lambda: '"message":"halt"' in final.read_text() and "host-disk" in final.read_text(), 120)
            os.kill(server.server_pid(), 18)
            wait_for("the server to know", lambda: state(ec2, writer) == "stopped", 120)
            assert "disk was almost full" in instance(ec2, writer)["StateReason"]["Message"]
            figures = server.call("account", "show", account["account_id"])
            assert float(figures["held"]) == 0, figures
    finally:
        server.close()
