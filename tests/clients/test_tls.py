"""The server reached by a name over TLS: console, AWS API and machines' own origins, with the `fake` provider."""
import http.client
import json
import os
import socket
import ssl
import subprocess

import boto3
import pytest
from botocore.exceptions import SSLError
from support.aws import wait_state
from support.server import BIN, Server
from support.tls import certificate, settings

pytestmark = pytest.mark.skipif("STIPEND_ENDPOINT" in os.environ, reason="needs a server of its own")

IMAGE = {"ami_id": "ami-0123456789abcdef0", "name": "minimal", "min_disk_gib": 1, "jupyter": True}


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    cert, key = certificate(tmp_path_factory.mktemp("tls"))
    server = Server.fake(IMAGE, settings(cert, key))
    server.scheme, server.certificate = "https", cert
    with server:
        yield server


@pytest.fixture(scope="module")
def student(secured):
    return secured.account()


def ec2(server, account, verify):
    return boto3.client("ec2", endpoint_url=server.endpoint, region_name="us-east-1", verify=str(verify) if verify else None,
                        aws_access_key_id=account["access_key_id"], aws_secret_access_key=account["secret_access_key"])


def get(server, url):
    """One GET of a URL whose name no resolver knows; the certificate must cover that name."""
    assert url.startswith("https://")
    name, _, path = url.removeprefix("https://").partition("/")
    host = name.partition(":")[0]
    connection = http.client.HTTPSConnection(host, server.port)
    context = ssl.create_default_context(cafile=server.certificate)
    connection.sock = context.wrap_socket(socket.create_connection(("127.0.0.1", server.port), 5), server_hostname=host)
    connection.request("GET", "/" + path, headers={"Host": name})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def test_aws_calls_are_served_to_who_trusts_the_certificate_only(secured, student):
    assert ec2(secured, student, secured.certificate).describe_images()["Images"]
    with pytest.raises(SSLError):
        ec2(secured, student, None).describe_images()


def test_plain_http_gets_nothing_on_the_port(secured):
    connection = http.client.HTTPConnection("127.0.0.1", secured.port, timeout=5)
    with pytest.raises((http.client.HTTPException, OSError)):
        connection.request("GET", "/healthz")
        connection.getresponse()
    assert get(secured, f"https://stipend.test:{secured.port}/healthz").status == 200


def test_links_carry_the_name_and_a_machines_origin_is_below_it(secured, student):
    origin = f"stipend.test:{secured.port}"
    assert secured.call("status")["console"] == f"https://{origin}/"
    assert student["sign_in_url"].startswith(f"https://{origin}/sign-in#")
    assert get(secured, f"https://{origin}/").status == 200
    aws = ec2(secured, student, secured.certificate)
    machine = aws.run_instances(ImageId=IMAGE["ami_id"], InstanceType="t2.nano", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    wait_state(aws, machine, "running")
    url = secured.call("instance", "url", machine)["url"]
    assert url.startswith(f"https://{machine}.{origin}/.stipend/enter?ticket=")
    entered = get(secured, url)
    cookie = entered.getheader("Set-Cookie")
    assert entered.status in (302, 303)
    assert cookie.startswith("__Host-stipend-machine=") and "Secure" in cookie and "HttpOnly" in cookie
    assert get(secured, url).status != entered.status  # a ticket is spent once


def test_a_key_that_does_not_fit_or_is_missing_is_refused_by_name(secured, tmp_path):
    cert, _ = certificate(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    _, key = certificate(other)
    for wrong, named in ((settings(cert, key), key), (settings(cert, tmp_path / "none.pem"), "none.pem"),
                         (f'[server]\ntls_certificate = "{cert}"\n', "tls_key")):
        server = Server.fake(IMAGE, wrong)
        try:
            said = server.fails()
            assert str(named) in said and "Traceback" not in said, said
        finally:
            server.close()


def test_beyond_this_computer_it_wants_a_certificate_and_a_name(tmp_path):
    cert, key = certificate(tmp_path)
    for wrong, cure in (("", "tls_certificate"), (settings(cert, key, ""), "[server] name")):
        server = Server.fake(IMAGE, wrong)
        server.listen = "0.0.0.0:0"
        try:
            assert cure in server.fails()
        finally:
            server.close()


def test_doctor_tells_what_a_certificate_and_a_name_lack(tmp_path):
    cert, key = certificate(tmp_path)

    def found(name):
        config = tmp_path / "doctor.toml"
        config.write_text('[compute]\nprovider = "fake"\n' + settings(cert, key, name))
        done = subprocess.run([BIN / "stipend", "--state", tmp_path / "state", "doctor", "--config", config, "--json"], capture_output=True, text=True)
        return {row["check"]: row for row in json.loads(done.stdout)}

    of_a_stranger = found("other.test")
    assert of_a_stranger["certificate"]["level"] == "fail" and "*.other.test" in of_a_stranger["certificate"]["cure"]
    assert of_a_stranger["names"]["level"] == "fail" and "*.other.test" in of_a_stranger["names"]["cure"]
    expiring = found("stipend.test")["certificate"]
    assert expiring["level"] == "warn" and "expires" in expiring["sentence"] and "renew" in expiring["cure"]
