"""What a course allows its members and when it is free, as the operator sets it and AWS clients meet it."""
import datetime
import itertools

import pytest
from botocore.exceptions import ClientError
from support.aws import client, image_id, wait_state
from support.server import Server

from conftest import IMAGE

numbers = itertools.count()


@pytest.fixture(scope="module")
def fake():
    with Server.fake(IMAGE) as made:
        yield made


@pytest.fixture
def course():
    return f"course {next(numbers)}"


def launch(ec2, type_name, count=1):
    return ec2.run_instances(ImageId=image_id(ec2, "minimal"), InstanceType=type_name, MinCount=count, MaxCount=count)["Instances"]


def code_of(call):
    with pytest.raises(ClientError) as refused:
        call()
    return refused.value.response["Error"]["Code"], refused.value.response["Error"]["Message"]


def utc(**ahead):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**ahead)).strftime("%Y-%m-%d %H:%M")


def hours(begin, end):
    return f"{begin}/{end[11:]}"


def test_a_course_allows_some_types_and_so_many_machines_and_says_so(fake, course):
    account = fake.account(course=course)
    fake.call("course", "policy", course, "--types", "t2.micro,t2.medium", "--machines", "2", "--vcpus", "3", "--disk-gib", "24")
    ec2 = client(fake, account)
    code, message = code_of(lambda: launch(ec2, "m4.large"))
    assert code == "UnauthorizedOperation" and "t2.medium, t2.micro" in message, message
    launch(ec2, "t2.micro", 2)
    code, message = code_of(lambda: launch(ec2, "t2.micro"))
    assert code == "InstanceLimitExceeded" and "2 machines at once" in message, message
    shown = fake.call("course", "policy", course)
    assert (shown["types"], shown["machines"], shown["vcpus"], shown["disk_gib"]) == (["t2.medium", "t2.micro"], 2, 3, 24)
    fake.call("course", "policy", course, "--types", "none", "--machines", "none", "--vcpus", "none", "--disk-gib", "none")
    launch(ec2, "m4.large")


def test_after_the_course_nothing_starts_and_what_it_cost_stays(fake, course):
    account = fake.account(course=course)
    ec2 = client(fake, account)
    fake.call("course", "policy", course, "--ends", utc(minutes=-1), "--zone", "UTC")
    code, message = code_of(lambda: launch(ec2, "t2.micro"))
    assert code == "OperationNotPermitted" and "ended on" in message, message
    fake.call("course", "policy", course, "--ends", "never")
    launch(ec2, "t2.micro")


def test_in_free_hours_a_machine_costs_nothing(fake, course):
    account = fake.account(course=course, credit="1")
    now, later = utc(minutes=-2), utc(minutes=50)
    if later[:10] != now[:10]:
        now, later = now[:10] + " 00:00", now[:10] + " 24:00"
    fake.call("course", "policy", course, "--free", hours(now, later), "--zone", "UTC")
    ec2 = client(fake, account)
    machine = launch(ec2, "m4.large")[0]["InstanceId"]
    wait_state(ec2, machine, "running")
    ec2.stop_instances(InstanceIds=[machine])
    wait_state(ec2, machine, "stopped")
    kinds = [entry["kind"] for entry in fake.call("ledger", "--account", account["account_id"])]
    assert "charge" not in kinds and kinds, kinds


@pytest.mark.parametrize("words", [["--types", "t9.none"], ["--machines", "-1"], ["--per-day", "-1"], ["--open", "sometimes"], ["--free", "2020-01-01 10:00/11:00"],
                                   ["--free-end", "maybe"], ["--ends", "tomorrow"]])
def test_a_rule_that_makes_no_sense_is_refused_and_changes_nothing(fake, course, words):
    fake.account(course=course)
    before = fake.call("course", "policy", course)
    assert fake.refused("course", "policy", course, *words)
    assert fake.call("course", "policy", course) == before
