"""Access keys that members make for themselves on the page: they work with boto3 and the AWS CLI, two at most, and end when they should."""
import configparser
import itertools
import os
import subprocess
import sys

import boto3
import pytest
from botocore.config import Config

from errors import refused as aws_refused
from support.aws import client
from support.server import wait_for
from support.session import Refused, Session, refused

numbers = itertools.count()


@pytest.fixture
def course(server):
    if not hasattr(server, "call"):
        pytest.skip("needs the operator's command line")
    name = f"keys {next(numbers)}"
    server.call("course", "create", name)
    return name


@pytest.fixture
def teacher(server, course):
    return Session.signed_in(server, server.call("account", "create", "--course", course, "--name", "Grace", "--role", "teacher", "--credit", "0")["sign_in_url"])


@pytest.fixture
def ada(server, teacher):
    """Of a roster: has no key yet."""
    text, send = f"identifier,credit\nada-{next(numbers)},10\n".encode(), {"Content-Type": "application/octet-stream"}
    digest = teacher.post("/class/roster", text, send)["digest"]
    teacher.post(f"/class/roster?digest={digest}", text, send)
    (link,) = teacher.post("/class/sign-in-links", {"query": {"state": "invited", "find": "ada-"}})["links"]
    return Session.signed_in(server, link["url"])


def as_account(made):
    return {"access_key_id": made["id"], "secret_access_key": made["secret"]}


def caller(server, made):
    return client(server, as_account(made), "sts").get_caller_identity()["Account"]


def test_a_key_made_on_the_page_signs_for_its_member_with_the_lines_as_they_are(server, ada, tmp_path):
    assert ada.get("/access-keys") == {"keys": [], "most": 2}
    made = ada.post("/access-keys")
    assert made["endpoint"] == server.endpoint and len(made["secret"]) == 40
    file = tmp_path / "config"
    file.write_text(made["lines"])
    profile = configparser.ConfigParser()
    profile.read(file)
    assert dict(profile["profile stipend"]) == {"aws_access_key_id": made["id"], "aws_secret_access_key": made["secret"], "region": "us-east-1",
                                                "endpoint_url": server.endpoint}
    environment = {**os.environ, "AWS_CONFIG_FILE": str(file), "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent"}
    script = "import boto3; print(boto3.Session(profile_name='stipend').client('ec2').describe_instances()['Reservations'])"
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n", done.stderr
    account = ada.get("/session")["account"]
    assert caller(server, made) == account
    (key,) = ada.get("/access-keys")["keys"]
    assert (key["id"], key["active"]) == (made["id"], True) and key["used"] >= key["created"]
    assert "secret" not in key
    ec2 = client(server, as_account(made))
    image = ec2.describe_images()["Images"][0]["ImageId"]
    assert ec2.run_instances(ImageId=image, InstanceType="t2.micro", MinCount=1, MaxCount=1)["Instances"]
    assert [m["type"] for m in ada.get("/instances")] == ["t2.micro"]


def test_the_commands_of_the_page_write_the_same_profile(ada, tmp_path):
    made = ada.post("/access-keys")
    environment = {**os.environ, "AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
                   "PATH": f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-e", "-c", made["commands"]], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    session = subprocess.run([sys.executable, "-c", "import boto3; print(boto3.Session(profile_name='stipend').client('sts').get_caller_identity()['Account'])"],
                             env=environment, capture_output=True, text=True, timeout=60)
    assert session.stdout.strip() == ada.get("/session")["account"], session.stderr


def test_two_keys_at_most_and_each_is_switched_off_on_and_deleted(server, ada):
    first, second = ada.post("/access-keys"), ada.post("/access-keys")
    with refused("LimitExceeded"):
        ada.post("/access-keys")
    ada.post(f"/access-keys/{first['id']}/deactivate")
    with aws_refused("InvalidClientTokenId", 403):
        caller(server, first)
    assert caller(server, second) == ada.get("/session")["account"]
    with refused("LimitExceeded"):
        ada.post("/access-keys")
    ada.post(f"/access-keys/{first['id']}/activate")
    assert caller(server, first)
    ada.post(f"/access-keys/{first['id']}/delete")
    with aws_refused("InvalidClientTokenId", 403):
        caller(server, first)
    with refused("NoSuchAccessKey"):
        ada.post(f"/access-keys/{first['id']}/activate")
    assert [key["id"] for key in ada.get("/access-keys")["keys"]] == [second["id"]]
    assert ada.post("/access-keys")["id"] not in (first["id"], second["id"])


def test_a_suspended_member_makes_none_and_what_was_switched_off_stays_so(server, teacher, ada):
    on, off = ada.post("/access-keys"), ada.post("/access-keys")
    ada.post(f"/access-keys/{off['id']}/deactivate")
    one = {"accounts": [ada.get("/session")["account"]]}
    teacher.post("/class/act", {"act": "suspend", **one})
    assert len(ada.get("/access-keys")["keys"]) == 2
    for path in ("", f"/{off['id']}/activate", f"/{on['id']}/delete"):
        with refused("AccountSuspended"):
            ada.post("/access-keys" + path)
    with aws_refused("InvalidClientTokenId", 403):
        caller(server, on)
    teacher.post("/class/act", {"act": "unsuspend", **one})
    assert caller(server, on)
    with aws_refused("InvalidClientTokenId", 403):
        caller(server, off)


def test_keys_are_for_their_own_member_and_for_the_consoles_page_only(server, teacher, ada):
    made = ada.post("/access-keys")
    for verb in ("activate", "deactivate", "delete"):
        with refused("NoSuchAccessKey"):
            teacher.post(f"/access-keys/{made['id']}/{verb}")
        with refused("NoSuchAccessKey"):
            ada.post(f"/access-keys/..%2f{made['id']}/{verb}")
    with refused("PassRefused"):
        Session(server).get("/access-keys")
    for headers in ({"X-Stipend-Csrf": None}, {"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        with pytest.raises(Refused) as error:
            ada.post("/access-keys", {}, headers)
        assert error.value.status == 403
    assert made["secret"] not in server.log.read_text() and len(ada.get("/access-keys")["keys"]) == 1


def test_the_last_use_outlives_the_server(server, ada):
    made = ada.post("/access-keys")
    wrong = boto3.client("sts", endpoint_url=server.endpoint, region_name="us-east-1", aws_access_key_id=made["id"], aws_secret_access_key="x" * 40,
                         config=Config(retries={"max_attempts": 1}))
    with aws_refused("SignatureDoesNotMatch", 403):
        wrong.get_caller_identity()
    assert ada.get("/access-keys")["keys"][0]["used"] is None, "a wrong signature is no use"
    caller(server, made)
    used = ada.get("/access-keys")["keys"][0]["used"]
    assert used
    server.stop()
    server.start()
    assert wait_for("the page", lambda: ada.get("/access-keys"))["keys"][0]["used"] == used
