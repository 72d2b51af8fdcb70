"""boto3 and both AWS CLIs against a server of its own, whose machines are scripted: nothing here needs a real one.

The suite runs against any server: STIPEND_ENDPOINT names it, STIPEND_ACCOUNTS a JSON file with a list of at least
eight unused accounts as `stipend account create --json` prints them.
"""
import itertools
import json
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.aws import client  # noqa: E402
from support.server import Server  # noqa: E402

IMAGE = {"ami_id": "ami-0123456789abcdef0", "name": "minimal", "description": "a bare Debian", "min_disk_gib": 8,
         "jupyter": False, "created": "2026-01-01T00:00:00Z"}


class Elsewhere:
    """A server that somebody else started."""

    def __init__(self, endpoint, accounts):
        self.endpoint = endpoint
        self.accounts = iter(json.loads(pathlib.Path(accounts).read_text()))

    def account(self, name, credit="100"):
        return next(self.accounts)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    if "STIPEND_ENDPOINT" in os.environ:
        yield Elsewhere(os.environ["STIPEND_ENDPOINT"], os.environ["STIPEND_ACCOUNTS"])
        return
    with Server.fake(IMAGE) as made:
        yield made


numbers = itertools.count()


@pytest.fixture
def account(server):
    """A student with $100, seen by nobody else."""
    return server.account(name=f"Student {next(numbers)}")


@pytest.fixture(scope="session")
def ada(server):
    """For tests that only read, or that clean up."""
    return server.account(name="Ada")


@pytest.fixture
def ec2(server, account):
    return client(server, account)


@pytest.fixture
def launch(ec2):
    """launch(InstanceType=…) -> the new machines' ids; the first image, t2.medium, one of them unless said."""
    image = ec2.describe_images()["Images"][0]["ImageId"]

    def run(**more):
        wanted = {"ImageId": image, "InstanceType": "t2.medium", "MinCount": 1, "MaxCount": 1} | more
        return [i["InstanceId"] for i in ec2.run_instances(**wanted)["Instances"]]

    return run


@pytest.fixture
def running(ec2, launch):
    def run(**more):
        ids = launch(**more)
        ec2.get_waiter("instance_running").wait(InstanceIds=ids, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        return ids

    return run
