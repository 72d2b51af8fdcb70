"""`stipend ledger verify`: beside the running server and without it, and after somebody edited the database."""
import json
import sqlite3
import subprocess

import pytest

from conftest import IMAGE
from support.aws import client
from support.server import BIN, Server


@pytest.fixture
def own():
    """A server of its own, with a machine that ran."""
    with Server.fake(IMAGE) as made:
        account = made.account(name="Ada")
        ec2 = client(made, account)
        image = ec2.describe_images()["Images"][0]["ImageId"]
        machine = ec2.run_instances(ImageId=image, InstanceType="t2.micro", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
        ec2.get_waiter("instance_running").wait(InstanceIds=[machine], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        ec2.stop_instances(InstanceIds=[machine])
        ec2.get_waiter("instance_stopped").wait(InstanceIds=[machine], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        ec2.start_instances(InstanceIds=[machine])
        ec2.get_waiter("instance_running").wait(InstanceIds=[machine], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        yield made


def verify(server):
    done = subprocess.run([BIN / "stipend", "--state", server.state, "ledger", "verify", "--json"], capture_output=True, text=True, timeout=90)
    assert done.stderr == ""
    answer = json.loads(done.stdout)
    assert done.returncode == (0 if answer["ok"] else 1)
    return answer


def failed(answer):
    return {check["check"]: " ".join(check["findings"]) for check in answer["checks"] if not check["ok"]}


def edit(server, sql):
    with sqlite3.connect(server.state / "server" / "stipend.db", timeout=10) as database:
        assert database.execute(sql).rowcount > 0
    database.close()


def test_a_ledger_is_right_beside_its_server_and_without_it(own):
    served = verify(own)
    assert served["ok"] and served["served"] and served["entries"] >= 3, served
    assert "memory" in {check["check"] for check in served["checks"]}
    own.stop()
    alone = verify(own)
    assert alone["ok"] and not alone["served"] and alone["entries"] >= served["entries"], alone
    own.start()  # what was read as root is still the server's
    assert verify(own)["served"]


def test_the_command_says_in_words_what_it_looked_at_and_what_fails(own):
    words = [BIN / "stipend", "--state", own.state, "ledger", "verify"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=90)
    assert done.returncode == 0 and "ok      chain" in done.stdout and "checks hold." in done.stdout, done.stdout
    edit(own, "UPDATE entries SET amount = amount + 1 WHERE number = 1")
    done = subprocess.run(words, capture_output=True, text=True, timeout=90)
    assert done.returncode == 1 and "FAILED  chain" in done.stdout and "entry 1 was changed" in done.stdout, done.stdout
    listed = subprocess.run([BIN / "stipend", "--state", own.state, "ledger"], capture_output=True, text=True, timeout=90)
    assert listed.returncode == 0 and "grant" in listed.stdout


def test_an_edited_amount_a_deleted_entry_and_an_edited_grant_are_found_in_a_running_server(own):
    edit(own, "UPDATE entries SET amount = amount - 1 WHERE number = 2")
    found = failed(verify(own))
    assert "entry 2" in found["chain"], found
    edit(own, "UPDATE entries SET amount = amount + 1 WHERE number = 2")
    assert verify(own)["ok"]
    edit(own, "UPDATE grants SET spent = spent - 1 WHERE spent > 0")
    assert set(failed(verify(own))) == {"grants"}
    edit(own, "DELETE FROM entries WHERE number = 2")
    found = failed(verify(own))
    assert "entry 2 is missing" in found["numbers"] and "entry 3" in found["chain"], found


def test_a_ledger_that_lost_its_end_is_not_what_the_server_remembers(own):
    edit(own, "DELETE FROM entries WHERE number = (SELECT max(number) FROM entries)")
    assert "the file does not have it" in failed(verify(own))["memory"]


def test_where_there_is_no_ledger_it_says_how_to_get_one(tmp_path):
    done = subprocess.run([BIN / "stipend", "--state", tmp_path / "none", "ledger", "verify"], capture_output=True, text=True, timeout=90)
    assert done.returncode == 1 and "serve" in done.stderr, done.stderr
