"""A course with a free tier, as AWS had one in 2017: credit for one type, each month, on the statement and the page."""
import datetime
from decimal import Decimal

import pytest
from support.aws import client, image_id, wait_state
from support.console import Console
from support.server import Server, wait_for

from conftest import IMAGE


@pytest.fixture(scope="module")
def fake():
    with Server.fake(IMAGE) as made:
        made.call("course", "create", "of 2017", "--plan", "per-hour", "--catalogue", "2017")
        made.call("course", "policy", "of 2017", "--free-tier", "t2.micro:750:12")
        yield made


def tiers(fake, account):
    return fake.call("grants", "--account", account, "--source", "free-tier")


def test_a_new_account_has_its_hours_until_the_month_is_over(fake):
    account = fake.account("Ada", credit="5", course="of 2017")["account_id"]
    (grant,) = tiers(fake, account)
    now = datetime.datetime.now(datetime.timezone.utc)
    assert grant["amount"] == "9.00" and grant["types"] == "t2.micro"
    assert grant["expires"] == (now.replace(day=28) + datetime.timedelta(days=4)).strftime("%Y-%m-01T00:00:00.000Z")
    (line,) = [line for line in fake.call("statement", account)["lines"] if line["what"] == "free tier"]
    assert line["in"] == "9.00" and line["reason"] == f"750 h of t2.micro in {now.strftime('%B %Y')}"


def test_it_is_no_part_of_what_is_left(fake):
    account = fake.account("Alan", credit="5", course="of 2017")
    shown = fake.call("account", "show", account["account_id"])
    assert (shown["available"], shown["some_types_only"]) == ("14.00", "9.00")
    wallet = Console(fake, account).ask("GET", "/wallet")
    assert (wallet["left"], wallet["granted"]) == ("5.00", "5.00")


def test_a_machine_of_the_type_is_paid_by_it_and_another_is_not(fake):
    account = fake.account("Edsger", credit="5", course="of 2017")
    number = account["account_id"]
    ec2 = client(fake, account)
    for type_name in ("t2.micro", "t2.medium"):
        machine = ec2.run_instances(ImageId=image_id(ec2, "minimal"), InstanceType=type_name, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
        wait_state(ec2, machine, "running")
        ec2.terminate_instances(InstanceIds=[machine])
        wait_state(ec2, machine, "terminated")
        wait_for("the run to be settled", lambda: "run" not in fake.call("instance", "show", machine))
    (grant,) = tiers(fake, number)
    assert Decimal(grant["amount"]) - Decimal(grant["remaining"]) == Decimal("0.012")
    assert fake.call("ledger", "verify")["ok"]


def test_members_of_before_get_it_and_a_wrong_rule_is_refused(fake):
    fake.call("course", "create", "late")
    account = fake.account("Grace", credit="1", course="late")["account_id"]
    assert tiers(fake, account) == []
    shown = fake.call("course", "policy", "late", "--free-tier", "t2.micro:100:3")
    assert shown["free_tier"] == {"type": "t2.micro", "hours": 100, "months": 3}
    wait_for("the guard to give it", lambda: tiers(fake, account), 90, 1)
    assert fake.call("course", "policy", "late", "--free-tier", "none")["free_tier"] is None
    assert len(tiers(fake, account)) == 1
    for wrong in ("t2.micro", "t2.micro:750", "t2.micro:x:12", "t9.none:750:12", "t2.micro:750:0", "t2.micro:100000:1"):
        assert fake.refused("course", "policy", "late", "--free-tier", wrong)["code"] == "InvalidPolicy", wrong


def test_get_free_tier_usage_counts_the_hours_that_were_used(fake):
    account = fake.account("Edsger", credit="5", course="of 2017")
    ec2, free = client(fake, account), client(fake, account, "freetier")
    (row,) = free.get_free_tier_usage()["freeTierUsages"]
    assert (row["actualUsageAmount"], row["limit"]) == (0, 750) and row["service"] == "Amazon Elastic Compute Cloud"
    machine = ec2.run_instances(ImageId=image_id(ec2, "minimal"), InstanceType="t2.micro", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    wait_state(ec2, machine, "running")
    ec2.stop_instances(InstanceIds=[machine])
    wait_state(ec2, machine, "stopped")
    (row,) = free.get_free_tier_usage()["freeTierUsages"]
    assert row["actualUsageAmount"] == 1  # the hour that began
