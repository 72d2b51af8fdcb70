"""A server whose pretended host has room for one t2.medium, a course link that opens one, and an occupant who has it."""
import time

from support.aws import client, wait_state
from support.server import Server
from support.session import Session
from support.upstream import Upstream

IMAGE = {"ami_id": "ami-0123456789abcdef0", "name": "minimal", "description": "with Jupyter", "min_disk_gib": 8, "jupyter": True,
         "created": "2026-01-01T00:00:00Z"}
REPOSITORY = "https://git.example.org/teacher/labs"


class FullHost:
    def __init__(self):
        # Addresses of this computer, in a range of its own, so that something can answer in the place of a machine's Jupyter.
        octet = 32 + int(time.monotonic() * 10) % 64
        self.server = Server.fake(IMAGE, f'memory_reserve_mib = 0\nfake_cpus = 2\nfake_memory_mib = 5096\n'
                                         f'[network]\nprivate = "127.{octet}.0.0/16"\npublic = "127.{octet + 64}.0.0/16"\n')
        self.upstreams = []

    def __enter__(self):
        try:
            return self.begin()
        except BaseException:
            self.server.close()
            raise

    def begin(self):
        self.server.start()
        self.server.call("course", "create", "CS 101")
        teacher = self.account("Grace", "--role", "teacher")
        self.link = Session.signed_in(self.server, teacher["sign_in_url"]).post(
            "/class/links", {"title": "Lab 1", "image": IMAGE["name"], "type": "t2.medium", "repository": REPOSITORY, "path": "labs/lab1.ipynb"})
        self.occupant = client(self.server, self.account("Otto"))
        return self

    def __exit__(self, *_):
        for upstream in self.upstreams:
            upstream.close()
        self.server.close()

    def account(self, name, *more, credit="10"):
        return self.server.call("account", "create", "--course", "CS 101", "--name", name, "--credit", credit, *more)

    def occupy(self):
        self.occupied = self.occupant.run_instances(ImageId=IMAGE["ami_id"], InstanceType="t2.medium", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
        wait_state(self.occupant, self.occupied, "running")

    def leave(self):
        wait_state(self.occupant, self.occupied, "running")
        self.occupant.stop_instances(InstanceIds=[self.occupied])

    def jupyter(self, machine):
        """Something answers in the place of the machine's Jupyter."""
        self.upstreams.append(Upstream(self.server.call("instance", "show", machine)["private_address"], "lab"))
        return self.upstreams[-1]
