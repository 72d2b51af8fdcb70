"""A server whose machines are ports of its one name, with scripted machines whose addresses are of this computer."""
import contextlib
import socket
import time

from support.aws import wait_state
from support.server import Server
from support.tls import certificate, settings
from support.upstream import Upstream

IMAGE = {"ami_id": "ami-0123456789abcdef0", "name": "minimal", "min_disk_gib": 1, "jupyter": True}


def free_range(count):
    """FIRST-LAST of so many ports that are free together."""
    for first in range(21000, 29000, count):
        with contextlib.ExitStack() as stack:
            try:
                for port in range(first, first + count):
                    stack.enter_context(socket.create_server(("127.0.0.1", port)))
            except OSError:
                continue
            return first, first + count - 1
    raise AssertionError("no free ports")


@contextlib.contextmanager
def by_port(folder, count=8):
    first, last = free_range(count)
    cert, key = certificate(folder, names="stipend.test localhost")
    # A range of its own, so that servers of other tests do not meet it at port 8888.
    octet = 32 + int(time.monotonic() * 10) % 64
    server = Server.fake(IMAGE, settings(cert, key) + f'machine_ports = "{first}-{last}"\n[network]\nprivate = "127.{octet}.0.0/16"\npublic = "127.{octet + 64}.0.0/16"\n')
    server.scheme, server.certificate, server.ports = "https", cert, range(first, last + 1)
    with server:
        yield server


def launch(server, aws, upstreams, name):
    """A running machine with an upstream of that name: its id."""
    machine = aws.run_instances(ImageId=IMAGE["ami_id"], InstanceType="t2.nano", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    wait_state(aws, machine, "running")
    upstreams.append(Upstream(server.call("instance", "show", machine)["private_address"], name))
    return machine


def url(server, machine):
    return server.call("instance", "url", machine)["url"]
