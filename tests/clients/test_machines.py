"""Real machines of the `minimal` image: what RunInstances promises is what ssh finds. Needs root and the image."""
import os
import subprocess

import pytest
from support.aws import Key, client, image_id, instance, wait_state
from support.server import IMAGES, Server, wait_for

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="real machines need root"),
    pytest.mark.skipif("STIPEND_ENDPOINT" in os.environ, reason="ssh needs the machines of this host"),
]


@pytest.fixture(scope="module")
def real():
    assert (IMAGES / "minimal.json").exists(), f"no image in {IMAGES}: run `make image-minimal`"
    with Server() as made:
        yield made


@pytest.fixture(scope="module")
def student(real):
    return client(real, real.account())


@pytest.fixture(scope="module")
def image(student):
    return image_id(student, "minimal")


def launch(ec2, image, key, **more):
    wanted = {"ImageId": image, "InstanceType": "t2.small", "KeyName": key.name, "MinCount": 1, "MaxCount": 1} | more
    made = ec2.run_instances(**wanted)["Instances"][0]["InstanceId"]
    wait_state(ec2, made, "running")
    return instance(ec2, made)


def test_a_made_key_opens_a_machine_of_its_types_size(student, image, tmp_path):
    key = Key(student, tmp_path, "made")
    machine = launch(student, image, key, BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 9}}],
                     UserData="#!/bin/sh\necho ran > /var/tmp/user-data\n")
    key.wait(machine["PublicIpAddress"])
    run = lambda words: key.run(machine["PublicIpAddress"], words).strip()  # noqa: E731
    assert run("id -un") == "ubuntu"
    assert run("hostname") == machine["PrivateDnsName"].partition(".")[0]
    assert run("nproc") == "1"
    assert "lxcfs /proc/meminfo" in run("cat /proc/mounts"), "no lxcfs on this computer: `stipend doctor` says why"
    assert 1900 <= int(run("free -m | awk '/^Mem/ {print $2}'")) <= 2100
    assert 8.0 <= int(run("df -k / | awk 'NR==2 {print $2}'")) / 2**20 <= 9.5
    assert machine["PrivateIpAddress"] in run("hostname -I")
    wait_for("user data to have run", lambda: key.run(machine["PublicIpAddress"], "cat /var/tmp/user-data", check=False).strip() == "ran")
    assert student.get_console_output(InstanceId=machine["InstanceId"])["Output"]


def test_a_calls_request_id_is_in_the_servers_log_and_in_the_supervisors(real, student, image):
    call = student.run_instances(ImageId=image, InstanceType="t2.nano", MinCount=1, MaxCount=1)
    made = call["Instances"][0]["InstanceId"]
    wait_state(student, made, "running")
    end = student.terminate_instances(InstanceIds=[made])
    wait_state(student, made, "terminated")
    supervisor = (real.state / "host/log" / made).read_text()
    for answer in (call, end):
        request = answer["ResponseMetadata"]["RequestId"]
        assert f'"request":"{request}"' in real.log.read_text()
        assert f'"request":"{request}"' in supervisor


def test_stop_keeps_the_disk_and_start_gives_another_address(student, image, tmp_path):
    subprocess.run(["ssh-keygen", "-q", "-N", "", "-t", "ed25519", "-f", tmp_path / "own"], check=True)
    student.import_key_pair(KeyName="own", PublicKeyMaterial=(tmp_path / "own.pub").read_bytes())
    key = Key.__new__(Key)
    key.name, key.path = "own", tmp_path / "own"
    machine = launch(student, image, key)
    key.wait(machine["PublicIpAddress"])
    key.run(machine["PublicIpAddress"], "echo kept > ~/work")
    student.stop_instances(InstanceIds=[machine["InstanceId"]])
    wait_state(student, machine["InstanceId"], "stopped")
    assert "PublicIpAddress" not in instance(student, machine["InstanceId"])
    student.start_instances(InstanceIds=[machine["InstanceId"]])
    wait_state(student, machine["InstanceId"], "running")
    again = instance(student, machine["InstanceId"])
    assert again["PublicIpAddress"] != machine["PublicIpAddress"] and again["PrivateIpAddress"] == machine["PrivateIpAddress"]
    key.wait(again["PublicIpAddress"])
    assert key.run(again["PublicIpAddress"], "cat ~/work") == "kept\n"
    student.terminate_instances(InstanceIds=[machine["InstanceId"]])
    wait_state(student, machine["InstanceId"], "terminated")
    assert student.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [machine["InstanceId"]]}])["Volumes"] == []
