"""Room on a host that fits a part of a class: nobody is over-committed, who waits is served in turn, and nothing costs while waiting."""
import pathlib
import sqlite3

import pytest

from conftest import IMAGE
from errors import refused
from support.aws import client
from support.console import Console
from support.server import Server, wait_for
from support.storm import CAPACITY, press, storm

FITS, STUDENTS = 5, 16
HOST = f"memory_reserve_mib = 0\nfake_cpus = 2\nfake_memory_mib = {FITS * 4096 + 1000}\n"


@pytest.fixture
def small():
    """A host with room for five t2.medium."""
    with Server.fake(IMAGE, HOST) as made:
        yield made


def begun_at_once(server):
    """The most machines that had a run at any commit, by the audit rows alone."""
    database = next(pathlib.Path(server.state).rglob("stipend.db"))
    rows = sqlite3.connect(f"file:{database}?mode=ro", uri=True).execute("SELECT action, target FROM audits ORDER BY number").fetchall()
    runs, most = set(), 0
    for action, target in rows:
        if action in ("start", "launch"):
            runs.add(target)
        if action in ("stopped", "terminated"):
            runs.discard(target)
        most = max(most, len(runs))
    return most


def running(server):
    return {i["instance_id"] for i in server.call("instance", "list") if i["state"] in ("pending", "running", "stopping", "shutting-down")}


def launch_press(server, console, n):
    return press(server, console, "POST", "/instances", {"image": IMAGE["ami_id"], "type": "t2.medium", "name": f"m{n}"}, Idempotency_Key=f"k{n}")


def test_a_class_that_presses_at_once_is_served_in_turn(small):
    accounts = [small.account(name=f"Student {n}", credit="5") for n in range(STUDENTS)]
    consoles = [Console(small, account) for account in accounts]
    answers = storm(small.port, [launch_press(small, console, n) for n, console in enumerate(consoles)])
    assert sorted(status for status, _, _ in answers) == [201] * FITS + [202] * (STUDENTS - FITS), answers
    line = small.call("queue")
    assert [place["position"] for place in line] == list(range(1, STUDENTS - FITS + 1))
    assert len(running(small)) == FITS and small.call("status")["waiting"] == STUDENTS - FITS

    # Who waits pays nothing, sees the rank, and is the same place on a second press.
    waits = next(n for n, (status, _, _) in enumerate(answers) if status == 202)
    (place,) = consoles[waits].ask("GET", "/queue")
    assert place["line"].startswith("You are ") and place["wait"], place
    wallet = consoles[waits].ask("GET", "/wallet")
    assert (wallet["used"], wallet["set_aside"], wallet["kept_for_disks"]) == ("0.00", "0.00", "0.00"), wallet
    status, again, _ = storm(small.port, [launch_press(small, consoles[waits], waits)])[0]
    assert status == 202 and place["id"] in again

    # A restart loses no place. (The pretended host ends with the server, and its machines with it: five turns.)
    wait_for("all that fit to run", lambda: [i["state"] for i in small.call("instance", "list")].count("running") == FITS)
    small.stop()
    small.start()
    wait_for("the next five to start", lambda: small.call("status")["waiting"] == len(line) - FITS)
    assert [p["place"] for p in small.call("queue")] == [p["place"] for p in line[FITS:]]

    # Each machine that ends makes room for the next in line.
    for _ in range(3):
        first = small.call("queue")[0]
        before = running(small)
        small.call("instance", "stop", sorted(before)[0])
        wait_for("the next in line to start", lambda: small.call("queue")[0]["place"] != first["place"])
        started = {i["account_id"] for i in small.call("instance", "list") if i["instance_id"] in running(small) - before}
        assert started == {first["account_id"]}
    assert begun_at_once(small) == FITS

    # Cancel: by its person, and by the operator.
    mine = small.call("queue")[-1]
    console = consoles[next(n for n, a in enumerate(accounts) if a["account_id"] == mine["account_id"])]
    console.ask("POST", f"/queue/{mine['place']}/cancel", {})
    small.call("queue", "--cancel", small.call("queue")[0]["place"])
    assert len(small.call("queue")) == STUDENTS - 2 * FITS - 3 - 2


def test_the_api_stays_aws(small):
    ec2 = client(small, small.account(name="Ada"))
    made = ec2.run_instances(ImageId=IMAGE["ami_id"], InstanceType="t2.medium", MinCount=1, MaxCount=FITS + 3)["Instances"]
    assert len(made) == FITS
    with refused(CAPACITY, 500, message="0.4 CPUs are needed and 0 are free"):
        ec2.run_instances(ImageId=IMAGE["ami_id"], InstanceType="t2.medium", MinCount=1, MaxCount=1)
    with refused(CAPACITY, 500, message="4 vCPUs and the host 2"):
        ec2.run_instances(ImageId=IMAGE["ami_id"], InstanceType="t2.xlarge", MinCount=1, MaxCount=1)
    assert small.call("queue") == []


def test_shares_and_class_hours(small):
    small.call("course", "create", "CS 101")
    ada = client(small, small.account(name="Ada"))
    ben = client(small, small.account(name="Ben", course="CS 101"))
    assert small.call("course", "room", "CS 101", "--share", "40")["share_percent"] == 40
    assert len(ada.run_instances(ImageId=IMAGE["ami_id"], InstanceType="t2.medium", MinCount=1, MaxCount=5)["Instances"]) == 3
    with refused(CAPACITY, 500, message="kept for other courses"):
        ada.run_instances(ImageId=IMAGE["ami_id"], InstanceType="t2.medium", MinCount=1, MaxCount=1)
    assert len(ben.run_instances(ImageId=IMAGE["ami_id"], InstanceType="t2.medium", MinCount=1, MaxCount=5)["Instances"]) == 2
    assert small.call("room")["broken_reservations"] == []

    small.call("course", "room", "CS 101", "--share", "0")
    hours = small.call("course", "hours", "CS 101", "--add", "2031-12-01 09:55/11:30 t2.medium 4", "--zone", "Europe/Berlin")["class_hours"]
    assert hours == [{"from": "2031-12-01T08:55:00.000Z", "to": "2031-12-01T10:30:00.000Z", "type": "t2.medium", "machines": 4}]
    assert small.refused("course", "hours", "CS 101", "--add", "2031-12-02 09:55/11:30 t2.medium 6")["code"] == "TooMuchKept"
    assert small.refused("course", "hours", "CS 101", "--add", "tomorrow")["code"] == "InvalidClassHours"
    assert small.refused("course", "room", "CS 101", "--share", "half")["code"] == "InvalidShare"
    assert small.call("course", "hours", "CS 101", "--remove", "2031-12-01 09:55", "--zone", "Europe/Berlin")["class_hours"] == []
