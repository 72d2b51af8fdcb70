"""The plain HTTP port beside TLS: leads to https, shows challenges, serves nothing else."""
import http.client
import os

import pytest
from support.acme import free_port
from support.server import Server
from support.tls import certificate, connect, settings

pytestmark = pytest.mark.skipif("STIPEND_ENDPOINT" in os.environ, reason="needs a server of its own")

IMAGE = {"ami_id": "ami-0123456789abcdef0", "name": "minimal", "min_disk_gib": 1, "jupyter": True}
MACHINE = "i-0123456789abcdef0.stipend.test"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    plain = free_port()
    server = Server.fake(IMAGE, settings(*certificate(tmp_path_factory.mktemp("tls"))) + f'http_listen = "127.0.0.1:{plain}"\n')
    server.scheme = "https"
    with server:
        server.plain = plain
        yield server


def ask(server, path="/", host="stipend.test", method="GET", body=None):
    connection = http.client.HTTPConnection("127.0.0.1", server.plain, timeout=10)
    connection.request(method, path, body=body, headers={"Host": host})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer, text


def test_browsers_are_led_to_the_same_page_over_tls(served):
    for host, origin in (("stipend.test", "stipend.test"), ("stipend.test:80", "stipend.test"), ("localhost", "stipend.test"), (MACHINE, MACHINE)):
        for method in ("GET", "HEAD"):
            answer, _ = ask(served, "/a%20b?c=d", host, method)
            assert answer.status == 308 and answer.getheader("Location") == f"https://{origin}:{served.port}/a%20b?c=d"
            assert answer.getheader("Set-Cookie") is None


@pytest.mark.parametrize(("path", "host", "method", "status"), [
    ("/", "evil.test", "GET", 421), ("/", "i-0.stipend.test", "GET", 421), ("/", "stipend.test", "POST", 403), ("/", "stipend.test", "PUT", 403),
    ("/.well-known/acme-challenge/none", "stipend.test", "GET", 404), ("/.well-known/acme-challenge/../../secret", "stipend.test", "GET", 404)])
def test_nothing_else_is_served(served, path, host, method, status):
    answer, text = ask(served, path, host, method, b"Action=CreateKeyPair&KeyName=k" if method == "POST" else None)
    assert answer.status == status and b"KeyMaterial" not in text


def test_the_console_tells_browsers_to_come_by_tls_only_and_machines_content_does_not(served):
    def header(host):
        with connect(served.port) as connection:
            connection.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            return b"".join(iter(lambda: connection.recv(65536), b"")).partition(b"\r\n\r\n")[0].lower()
    assert b"strict-transport-security: max-age=" in header("stipend.test")
    assert b"strict-transport-security" not in header(MACHINE)


def test_it_needs_tls():
    server = Server.fake(IMAGE, '[server]\nhttp_listen = "127.0.0.1:0"\n')
    try:
        assert "tls_certificate" in server.fails()
    finally:
        server.close()
