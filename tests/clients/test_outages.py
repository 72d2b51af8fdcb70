"""What the platform broke: who lost how long and what was given back, for the operator and as CSV."""
import csv
import datetime
import io
import subprocess
from decimal import Decimal

import pytest
from support.aws import client, image_id, wait_state
from support.server import BIN, Server, wait_for

from conftest import IMAGE


@pytest.fixture(scope="module")
def broken():
    """A server whose machines are gone with it, as after a power cut: two ran, one was stopped."""
    with Server.fake(IMAGE) as made:
        made.call("course", "create", "by the hour", "--plan", "per-hour")
        made.call("course", "create", "other")
        ada, alan = made.account("Ada", course="by the hour"), made.account("Alan", course="other")
        machines = {}
        for account, names in ((ada, ("web", "stopped")), (alan, ("lab",))):
            ec2 = client(made, account)
            for name in names:
                machines[name] = ec2.run_instances(ImageId=image_id(ec2, "minimal"), InstanceType="t2.medium", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
                wait_state(ec2, machines[name], "running")
        ec2 = client(made, ada)
        ec2.stop_instances(InstanceIds=[machines["stopped"]])
        wait_state(ec2, machines["stopped"], "stopped")
        made.kill()
        made.start()
        wait_for("both machines to be known as lost", lambda: len(made.call("outages")["rows"]) == 2, 90)
        yield made, machines, ada["account_id"]


def test_each_machine_that_was_lost_is_a_row_and_what_was_stopped_is_none(broken):
    server, machines, ada = broken
    answer = server.call("outages")
    assert {row["instance_id"] for row in answer["rows"]} == {machines["web"], machines["lab"]}
    for row in answer["rows"]:
        assert row["from"] <= row["until"] and row["lost_s"] >= 0 and row["type"] == "t2.medium" and row["host"].startswith("h-")
    assert answer["sum"]["outages"] == 2 and answer["sum"]["accounts"] == 2
    assert sum(host["outages"] for host in answer["hosts"]) == 2


def test_what_was_given_back_is_the_correction_of_the_ledger(broken):
    server, machines, ada = broken
    (row,) = server.call("outages", "by the hour")["rows"]
    assert row["name"] == "Ada" and row["account_id"] == ada
    back = [line for line in server.call("statement", ada)["lines"] if line["what"] == "given back after a fault"]
    assert [(line["item"], line["in"]) for line in back] == [(machines["web"], row["given_back"])]
    assert Decimal(row["given_back"]) > Decimal("0.045")  # all but some seconds of the hour
    assert server.call("ledger", "verify")["ok"]


def test_outages_since_a_moment_and_of_a_course_and_wrong_words(broken):
    server, machines, ada = broken
    assert len(server.call("outages", "--since", "1d")["rows"]) == 2
    later = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)).strftime("%Y-%m-%d %H:%MZ")
    assert server.call("outages", "--since", later)["rows"] == []
    assert server.refused("outages", "no such course")["code"] == "NoSuchCourse"
    assert server.refused("outages", "--since", "900d")["code"] == "InvalidTime"


def test_outages_as_csv_and_in_words(broken):
    server, machines, ada = broken
    words = [BIN / "stipend", "--state", server.state, "outages", "by the hour"]
    rows = list(csv.DictReader(io.StringIO(subprocess.run([*words, "--csv"], capture_output=True, text=True, timeout=60, check=True).stdout, newline="")))
    assert [(row["instance_id"], row["name"], row["course"]) for row in rows] == [(machines["web"], "Ada", "by the hour")]
    shown = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True).stdout
    assert "In all: outages 1, accounts 1" in shown and machines["web"] in shown
