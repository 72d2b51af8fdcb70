"""What happens inside a machine and is told to its person: memory that was full, a disk that fills. Real machines."""
import json
import os
import pathlib

import pytest
from support.aws import Key, client, image_id, instance, wait_state
from support.console import Console
from support.server import IMAGES, Server, wait_for

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="real machines need root"),
    pytest.mark.skipif("STIPEND_ENDPOINT" in os.environ, reason="needs the machines of this host"),
]


@pytest.fixture(scope="module")
def real():
    assert (IMAGES / "minimal.json").exists(), f"no image in {IMAGES}: run `make image-minimal`"
    with Server() as made:
        yield made


class Machine:
    def __init__(self, server, folder, **course):
        account = server.account(**course)
        self.ec2 = client(server, account)
        self.console = Console(server, account)
        self.key = Key(self.ec2, folder)
        made = self.ec2.run_instances(ImageId=image_id(self.ec2, "minimal"), InstanceType="t2.nano", KeyName=self.key.name,
                                      MinCount=1, MaxCount=1)
        self.id = made["Instances"][0]["InstanceId"]
        self.entered()

    def entered(self):
        wait_state(self.ec2, self.id, "running")
        self.address = instance(self.ec2, self.id)["PublicIpAddress"]
        self.key.wait(self.address, 60)

    def run(self, command, **more):
        return self.key.run(self.address, command, 120, **more)

    def notices(self):
        return {n["kind"]: n["text"] for n in self.console.machine(self.id)["notices"]}


def test_full_memory_ends_a_program_not_ssh_and_is_told_in_words(real, tmp_path):
    machine = Machine(real, tmp_path)
    assert machine.notices() == {}
    assert machine.run("cat /proc/self/oom_score_adj; cat /proc/1/oom_score_adj; cat /proc/$(pgrep -of 'sshd.*listener')/oom_score_adj").split() == ["700", "0", "0"]
    assert "137" in machine.run("tail /dev/zero; echo $?")
    told = wait_for("the page to say so", lambda: machine.notices().get("memory"))
    assert told.startswith("Memory was full: 512 MiB.") and "A t2.micro has 1 GiB, for $" in told, told
    inside = wait_for("the machine to be told", lambda: machine.run("cat /run/stipend/memory.json", check=False))
    assert json.loads(inside)["text"].startswith("Stipend: memory was full: 512 MiB.")
    # A server and a stipend-host that were started anew say the same and nothing more.
    real.stop()
    real.start()
    assert machine.console.machine(machine.id)["notices"][0]["text"] == told
    supervisor = (real.state / "host/log" / machine.id).read_text()
    assert supervisor.count('"message":"notice"') == 1, supervisor
    # They belong to the run.
    machine.ec2.stop_instances(InstanceIds=[machine.id])
    wait_state(machine.ec2, machine.id, "stopped")
    assert machine.notices()["memory"] == told
    machine.ec2.start_instances(InstanceIds=[machine.id])
    machine.entered()
    assert machine.notices() == {}
    machine.ec2.terminate_instances(InstanceIds=[machine.id])


def test_a_disk_that_fills_is_told_and_no_longer_once_there_is_room(real, tmp_path):
    machine = Machine(real, tmp_path)
    machine.run("avail=$(df --output=avail -m / | tail -1); fallocate -l $((avail * 95 / 100))M big; df /")
    told = wait_for("the page to say so", lambda: machine.notices().get("disk"), 60)
    assert told.startswith("The disk is 9") and "Delete what you no longer need" in told, told
    inside = wait_for("the machine to be told", lambda: machine.run("cat /run/stipend/disk.json", check=False))
    assert "% full" in json.loads(inside)["text"]
    machine.run("rm big; sync")
    wait_for("the page to say nothing", lambda: machine.notices() == {}, 60)
    machine.ec2.terminate_instances(InstanceIds=[machine.id])


def test_a_home_that_fills_is_named_beside_the_machines_own_disk(real, tmp_path):
    machine = Machine(real, tmp_path, course="kept", homes="keep")
    machine.run("avail=$(df --output=avail -m ~ | tail -1); fallocate -l $((avail * 95 / 100))M big")
    told = wait_for("the page to say so", lambda: machine.notices().get("home"), 60)
    assert told.startswith("Your home is 9") and "Delete what you no longer need" in told, told
    assert set(machine.notices()) == {"home"}
    inside = wait_for("the machine to be told", lambda: machine.run("cat /run/stipend/home.json || cat /run/stipend/disk.json", check=False))
    assert "% full" in json.loads(inside)["text"]
    machine.run("rm big; sync")
    wait_for("the page to say nothing", lambda: machine.notices() == {}, 60)
    machine.ec2.terminate_instances(InstanceIds=[machine.id])


def test_notice_refuses_what_it_does_not_know():
    import subprocess  # the program of the image, on its own
    program = pathlib.Path(__file__).resolve().parents[2] / "images/minimal/files/usr/lib/stipend/notice"
    for words in (["disk", "1"], ["home", "1", "2"], ["memory"], ["x"], ["memory", "4;reboot"]):
        done = subprocess.run(["bash", program, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 2 and "usage" in done.stderr, words
