"""A teacher gives back what was charged, with a reason that everybody reads who reads the statement."""
import csv
import io
import subprocess
from decimal import Decimal

import pytest
from support.aws import client, image_id, wait_state
from support.server import BIN, Server, wait_for

from conftest import IMAGE


@pytest.fixture(scope="module")
def fake():
    with Server.fake(IMAGE) as made:
        yield made


@pytest.fixture
def used(fake):
    """An account and its machine that ran and was terminated, so that all is posted."""
    account = fake.account("Ada", credit="5")
    ec2 = client(fake, account)
    machine = ec2.run_instances(ImageId=image_id(ec2, "minimal"), InstanceType="m4.large", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    wait_state(ec2, machine, "running")
    ec2.terminate_instances(InstanceIds=[machine])
    wait_state(ec2, machine, "terminated")
    wait_for("the run to be settled", lambda: "run" not in fake.call("instance", "show", machine))
    return account["account_id"], machine


def test_a_refund_is_a_line_of_the_statement_with_its_reason_and_machine(fake, used):
    account, machine = used
    before = Decimal(fake.call("account", "show", account)["available"])
    given = fake.call("refund", account, "0.001", "--reason", "the network was down", "--instance", machine)
    assert Decimal(given["available"]) > before
    said = f"the network was down ({machine})"
    assert given["reason"] == said
    lines = [line for line in fake.call("statement", account)["lines"] if line["what"] == "refund"]
    assert [(line["in"], line["reason"]) for line in lines] == [("0.001", said)]
    text = subprocess.run([BIN / "stipend", "--state", fake.state, "statement", account, "--csv"], capture_output=True, text=True, timeout=60, check=True).stdout
    rows = [row for row in csv.DictReader(io.StringIO(text, newline="")) if row["what"] == "refund"]
    assert [(row["in"], row["reason"]) for row in rows] == [("0.001", said)]
    shown = subprocess.run([BIN / "stipend", "--state", fake.state, "statement", account], capture_output=True, text=True, timeout=60, check=True).stdout
    assert f"refund: {said}" in shown
    assert [grant["source"] for grant in fake.call("grants", "--account", account, "--source", "refund")] == ["refund"]
    assert fake.call("ledger", "verify")["ok"]


def test_a_refund_is_never_more_than_was_charged(fake, used):
    account, machine = used
    charged = Decimal(fake.call("account", "show", account)["charged"])
    assert fake.refused("refund", account, str(charged + Decimal("0.01")), "--reason", "why")["code"] == "MoreThanCharged"
    fake.call("refund", account, str(charged), "--reason", "why")
    error = fake.refused("refund", account, "0.000001", "--reason", "why")
    assert error["code"] == "MoreThanCharged" and "were refunded" in error["message"]


def test_a_refund_without_a_reason_or_of_anothers_machine_is_refused(fake, used):
    account, machine = used
    assert fake.refused("refund", account, "0.001", "--reason", " ")["code"] == "InvalidReason"
    assert fake.refused("refund", account, "0", "--reason", "why")["code"] == "InvalidAmount"
    assert fake.refused("refund", account, "0.001", "--reason", "why", "--instance", "i-1")["code"] == "InvalidId"
    other = fake.account("Alan", credit="5")["account_id"]
    assert fake.refused("refund", other, "0.001", "--reason", "why", "--instance", machine)["code"] == "InvalidInstanceID.NotFound"
