"""A `stipend serve` of its own for the benchmarks: the server of the tests, with what measuring needs."""
import http.client
import json
import os
import pathlib
import socket
import sys

from measure import ROOT

sys.path.insert(0, str(ROOT / "tests"))
from support.server import Server  # noqa: E402

IMAGES = pathlib.Path(os.environ.get("STIPEND_TEST_IMAGES", ROOT / "var/images"))
FAKE_IMAGE = "ami-0123456789abcdef0"
# One account is the whole load, and has more machines than a host has addresses.
WIDE = '[limits]\ncommands_per_second = 1000000\ncommands_burst = 1000000\n[network]\nprivate = "127.96.0.0/14"\npublic = "127.100.0.0/14"\n'


def scripted(settings=WIDE):
    """A server that is whole (signatures, durable SQLite) but for its machines: `fake` ones that answer like real ones."""
    server = Server(provider="fake", settings=settings)
    server.images = server.folder / "images"
    server.images.mkdir()
    (server.images / "bench.json").write_text(json.dumps({"ami_id": FAKE_IMAGE, "name": "bench", "min_disk_gib": 1, "jupyter": True}))
    (server.images / "bench.erofs").touch()
    return server


def real():
    """A server with real machines; None and why, where they cannot run."""
    if os.geteuid() != 0:
        return None, "needs root"
    if not (IMAGES / "course-python.json").exists():
        return None, "needs the course image: make image-course"
    return Server(images=IMAGES), ""


def credentials(account):
    return account["access_key_id"], account["secret_access_key"]


def ami(name):
    """Id of a built image."""
    return json.loads((IMAGES / f"{name}.json").read_text())["ami_id"]


class _Socket(http.client.HTTPConnection):
    """HTTP over the operator's socket."""

    def __init__(self, path):
        super().__init__("localhost")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(str(self.path))


def class_of(server, count, credit):
    """Credentials of so many new accounts; as `stipend account create`, without a process for each."""
    server.call("course", "create", "bench", "--homes", "machine")
    connection = _Socket(server.state / "admin" / "admin.sock")
    found = []
    for number in range(count):
        wish = {"course": "bench", "name": f"Student {number}", "credit": credit}
        connection.request("POST", "/admin/account.create", json.dumps(wish), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status == 200, text
        found.append(credentials(json.loads(text)))
    connection.close()
    return found
