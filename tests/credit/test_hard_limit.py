"""The credit is a hard limit on real machines: warned, hooked, stopped inside the time paid for; nothing lost."""
import os
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from botocore.exceptions import ClientError

from support import aws
from support.server import wait_for
from support.wallet import TYPE, Student

PRICE = Decimal("0.0464")
SHORT = "0.0010"  # about 77 s of a t2.medium


def mark_hook(student, address):
    student.key.run(address, "printf '#!/bin/sh\\necho $1 > /var/hooked\\n' | sudo tee /etc/stipend-stop.d/mark >/dev/null && "
                             "sudo chmod +x /etc/stipend-stop.d/mark && sync")


def start(student, machine):
    student.ec2.start_instances(InstanceIds=[machine])
    aws.wait_state(student.ec2, machine, "running")
    return aws.instance(student.ec2, machine)["PublicIpAddress"]


def check_stopped_by_credit(student, machine):
    student.wait_settled(machine, 150)
    found = aws.instance(student.ec2, machine)
    assert found["State"]["Name"] == "stopped"
    figures = student.check_never_overspent()
    charges = [e for e in student.server.call("ledger", "--account", student.id)
               if e["kind"] == "charge" and e["subject"] == machine and e["generation"] == 2]
    assert charges, "the run was charged"
    assert figures["held"] == 0
    # Nothing is stranded: what is left buys no start.
    assert figures["available"] < PRICE * 60 / 3600, figures


def check_files_after_top_up(student, machine, hooked=True):
    student.server.call("grant", "--account", student.id, "--amount", "1", "--reason", "top-up")
    address = start(student, machine)
    student.key.wait(address)
    assert student.key.run(address, "cat kept.txt").strip() == "kept"
    if hooked:
        assert student.key.run(address, "cat /var/hooked").strip() == "credit"
    student.ec2.stop_instances(InstanceIds=[machine])
    student.wait_settled(machine)


def test_out_of_credit_warns_hooks_and_stops_inside_paid_time_and_keeps_the_files(shared_server, tmp_path):
    student = Student(shared_server, tmp_path, course="homes", homes="keep")  # one file in its home, one on its root disk
    machine = student.machine()
    student.leave_available(SHORT)
    address = start(student, machine)
    student.key.wait(address)
    mark_hook(student, address)
    warned = student.key.run(address, "for i in $(seq 50); do cat /run/stipend/notice.json 2>/dev/null && break; sleep 0.2; done")
    assert "credit" in warned
    student.check_never_overspent()
    check_stopped_by_credit(student, machine)
    assert sorted(v["Attachments"][0]["Device"] for v in student.ec2.describe_volumes()["Volumes"]) == ["/dev/sda1", "/dev/sdh"]
    check_files_after_top_up(student, machine)


def test_what_cannot_be_carried_is_refused_with_the_figures(shared_server, tmp_path):
    student = Student(shared_server, tmp_path)
    machine = student.machine()
    student.leave_available("0.0005")
    with pytest.raises(ClientError) as refused:
        student.ec2.start_instances(InstanceIds=[machine])
    assert refused.value.response["Error"]["Code"] == "InsufficientCredit"
    said = refused.value.response["Error"]["Message"]
    assert re.search(r"needs at least \$0\.0007\d+ for its first 60 seconds", said), said
    assert re.search(rf"account {student.id} has \$0\.000(5|499)\d* available", said), said
    student.check_never_overspent()


def test_two_launches_race_for_the_last_cents_and_one_wins(shared_server, tmp_path):
    student = Student(shared_server, tmp_path)
    machines = [student.machine(), student.machine()]
    student.leave_available(SHORT)

    def attempt(machine):
        try:
            aws.client(shared_server, student.account).start_instances(InstanceIds=[machine])
            return "started"
        except ClientError as error:
            return error.response["Error"]["Code"]

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(attempt, machines))
    assert answers == ["InsufficientCredit", "started"]
    student.check_never_overspent()
    for machine in machines:
        student.wait_settled(machine, 150)
    student.check_never_overspent()


@pytest.mark.parametrize("back", ["before the end", "after the end"])
def test_a_killed_server_stops_nobody_late_and_charges_once(own_server, tmp_path, back):
    student = Student(own_server, tmp_path)
    machine = student.machine()
    student.leave_available(SHORT)
    start(student, machine)
    own_server.kill()
    time.sleep(5 if back == "before the end" else 90)
    own_server.start()
    check_stopped_by_credit(student, machine)
    check_files_after_top_up(student, machine, hooked=False)


def test_a_killed_stipend_host_comes_back_and_the_machine_still_ends_in_time(own_server, tmp_path):
    student = Student(own_server, tmp_path)
    machine = student.machine()
    student.leave_available(SHORT)
    start(student, machine)
    os.kill(own_server.host_pid(), signal.SIGKILL)
    check_stopped_by_credit(student, machine)
    check_files_after_top_up(student, machine, hooked=False)


def test_machines_go_on_through_a_restart_of_the_server_without_a_gap_in_metering(own_server, tmp_path):
    student = Student(own_server, tmp_path)
    made = student.ec2.run_instances(ImageId=aws.image_id(student.ec2, "minimal"), InstanceType=TYPE, KeyName=student.key.name,
                                     MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    aws.wait_state(student.ec2, made, "running")
    address = aws.instance(student.ec2, made)["PublicIpAddress"]
    student.key.wait(address)
    booted = student.key.run(address, "cat /proc/sys/kernel/random/boot_id; stat -c %Y /proc/1")
    began = time.monotonic()
    own_server.stop()
    time.sleep(5)
    own_server.start()
    assert student.key.run(address, "cat /proc/sys/kernel/random/boot_id; stat -c %Y /proc/1") == booted
    ran = student.run(made)
    assert ran["generation"] == 1
    student.ec2.stop_instances(InstanceIds=[made])
    student.wait_settled(made)
    lasted = time.monotonic() - began
    charge = [e for e in own_server.call("ledger", "--account", student.id) if e["kind"] == "charge"]
    assert sum(e["to_s"] - e["from_s"] for e in charge) >= 5
    assert max(e["to_s"] for e in charge) <= lasted + 60
    student.check_never_overspent()


def test_stop_keeps_the_disk_start_gives_another_address_and_terminate_deletes(shared_server, tmp_path):
    student = Student(shared_server, tmp_path)
    machine = student.machine()
    volume = aws.instance(student.ec2, machine)["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    assert list(shared_server.state.rglob(f"{volume}*"))
    first = start(student, machine)
    student.key.wait(first)
    assert student.key.run(first, "nproc").strip() == "2"
    assert 3900 <= int(student.key.run(first, "free -m | awk '/Mem:/{print $2}'")) <= 4100
    student.ec2.stop_instances(InstanceIds=[machine])
    aws.wait_state(student.ec2, machine, "stopped")
    assert "PublicIpAddress" not in aws.instance(student.ec2, machine)
    second = start(student, machine)
    assert second != first
    student.key.wait(second)
    assert student.key.run(second, "cat kept.txt").strip() == "kept"
    student.ec2.terminate_instances(InstanceIds=[machine])
    aws.wait_state(student.ec2, machine, "terminated")
    wait_for("the disk's bytes to go", lambda: not list(shared_server.state.rglob(f"{volume}*")), 60)
    student.check_never_overspent()
