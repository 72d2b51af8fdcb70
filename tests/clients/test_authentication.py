"""Who gets in: signatures, clocks, presigned links; and what strangers and tamperers are told."""
import datetime
import http.client
import urllib.parse
import xml.etree.ElementTree as xml

import boto3
import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from errors import refused
from support.aws import client

FORM = "application/x-www-form-urlencoded; charset=utf-8"


class Signed:
    """A signed request that a test may spoil before it is sent."""

    def __init__(self, server, account, form, service="ec2", region="us-east-1", at=None, query=False):
        credentials = Credentials(account["access_key_id"], account["secret_access_key"])
        self.server = server
        if query:
            self.request = AWSRequest(method="GET", url=f"{server.endpoint}/?{form}")
            signer = SigV4QueryAuth(credentials, service, region, expires=60)
        else:
            self.request = AWSRequest(method="POST", url=server.endpoint + "/", data=form, headers={"Content-Type": FORM})
            signer = SigV4Auth(credentials, service, region)
        with pytest.MonkeyPatch.context() as patch:
            if at:
                self.at(patch, at)
            signer.add_auth(self.request)
        self.method, self.url, self.body = self.request.method, self.request.url, self.request.body
        self.headers = dict(self.request.headers.items())

    @staticmethod
    def at(patch, when):
        import botocore.auth as auth
        if hasattr(auth, "get_current_datetime"):
            patch.setattr(auth, "get_current_datetime", lambda *a, **k: when)
            return

        class Clock(datetime.datetime):
            @classmethod
            def utcnow(cls):
                return when.replace(tzinfo=None)

        patch.setattr(auth.datetime, "datetime", Clock)

    def send(self):
        parts = urllib.parse.urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            try:
                connection.request(self.method, target, body=self.body, headers=self.headers)
            except (BrokenPipeError, ConnectionResetError):
                pass  # refused before the whole body was sent; the answer is there to read
            answer = connection.getresponse()
            return answer, answer.read().decode()
        finally:
            connection.close()

    def refusal(self):
        answer, text = self.send()
        code = next((e.text for e in xml.fromstring(text).iter() if e.tag.rpartition("}")[2] == "Code"), None)
        return answer.status, code


WHO = "Action=GetCallerIdentity&Version=2011-06-15"
LIST = "Action=DescribeInstances&Version=2016-11-15"


def test_the_caller_is_the_account_of_the_key(server, ada):
    who = client(server, ada, "sts").get_caller_identity()
    assert who["Account"] == ada["account_id"] and who["Arn"] == f"arn:aws:iam::{ada['account_id']}:root"


def test_answers_carry_date_and_request_id_and_cannot_act_as_a_page(server, ada):
    answer, text = Signed(server, ada, LIST).send()
    assert answer.status == 200
    assert answer.headers["x-amzn-RequestId"] in text
    sent = datetime.datetime.strptime(answer.headers["Date"], "%a, %d %b %Y %H:%M:%S GMT")
    assert abs(sent - datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)) < datetime.timedelta(seconds=30)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_presigned_link_works_and_ends(server, ada):
    assert Signed(server, ada, WHO, "sts", query=True).send()[0].status == 200
    long_ago = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=5)
    answer, _ = Signed(server, ada, WHO, "sts", query=True, at=long_ago).send()
    assert answer.status in (400, 403)
    sts = client(server, ada, "sts")
    url = sts.generate_presigned_url("get_caller_identity", HttpMethod="GET")
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
    connection.request("GET", f"/?{parts.query}")
    answer = connection.getresponse()
    assert answer.status == 200 and ada["account_id"] in answer.read().decode()


@pytest.mark.parametrize("service, code, status", [("ec2", "AuthFailure", 401), ("sts", "InvalidClientTokenId", 403)])
def test_an_unknown_key(server, ada, service, code, status):
    stranger = dict(ada, access_key_id="AKIA" + "Q" * 16)
    with refused(code, status):
        call = client(server, stranger, service)
        call.describe_instances() if service == "ec2" else call.get_caller_identity()


@pytest.mark.parametrize("service, code, status", [("ec2", "AuthFailure", 401), ("sts", "SignatureDoesNotMatch", 403)])
def test_a_wrong_secret(server, ada, service, code, status):
    liar = dict(ada, secret_access_key="x" * 40)
    with refused(code, status):
        call = client(server, liar, service)
        call.describe_instances() if service == "ec2" else call.get_caller_identity()


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_skewed_clock(server, ada, minutes):
    when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
    status, code = Signed(server, ada, LIST, at=when).refusal()
    assert (status, code) == (400, "RequestExpired")


def test_what_is_altered_after_signing(server, ada):
    body = Signed(server, ada, LIST)
    body.body = body.body + "&MaxResults=5" if isinstance(body.body, str) else body.body + b"&MaxResults=5"
    target = Signed(server, ada, LIST, query=True)
    target.url = target.url.replace("DescribeInstances", "DescribeKeyPairs")
    date = Signed(server, ada, LIST)
    date.headers["X-Amz-Date"] = "20170101T000000Z"
    for spoiled in (body, target):
        assert spoiled.refusal() == (401, "AuthFailure")
    assert date.refusal()[0] in (400, 401, 403)


def test_another_region_or_service_in_the_scope(server, ada):
    assert Signed(server, ada, LIST, region="eu-west-1").refusal() == (401, "AuthFailure")
    assert Signed(server, ada, WHO, service="sts", region="eu-west-1").refusal()[0] == 403


def test_no_signature_and_a_broken_one(server, ada):
    unsigned = Signed(server, ada, LIST)
    del unsigned.headers["Authorization"]
    assert unsigned.refusal() == (403, "MissingAuthenticationToken")
    broken = Signed(server, ada, LIST)
    broken.headers["Authorization"] = "AWS4-HMAC-SHA256 Credential=x"
    assert broken.refusal() == (400, "IncompleteSignature")


def test_a_session_token_is_nobodys(server, ada):
    ec2 = boto3.client("ec2", endpoint_url=server.endpoint, region_name="us-east-1", aws_access_key_id=ada["access_key_id"],
                       aws_secret_access_key=ada["secret_access_key"], aws_session_token="token")
    with refused("AuthFailure", 401):
        ec2.describe_instances()


def test_what_is_not_served_says_so(server, ada):
    with refused("InvalidAction", message="The action CreateVpc is not valid for this web service."):
        client(server, ada).create_vpc(CidrBlock="10.0.0.0/16")
    with refused("InvalidAction"):
        client(server, ada, "sts").get_session_token()
    unsigned = Signed(server, ada, "Action=CreateVpc&Version=2016-11-15")
    del unsigned.headers["Authorization"]
    assert unsigned.refusal() == (403, "MissingAuthenticationToken")


def test_limits_of_a_request(server, ada):
    many = Signed(server, ada, LIST + "".join(f"&Filter.{i}.Name=x" for i in range(1, 20_001)))
    assert many.refusal()[0] == 400
    huge = Signed(server, ada, LIST + "&Filter.1.Name=" + "x" * (2 << 20))
    assert huge.send()[0].status in (400, 413)
    values = [{"Name": "instance-id", "Values": [f"i-{i}" for i in range(201)]}]
    with refused("FilterLimitExceeded"):
        client(server, ada).describe_instances(Filters=values)
    with refused("InvalidParameterValue"):
        client(server, ada).describe_instances(InstanceIds=[f"i-{i:017x}" for i in range(1001)])
