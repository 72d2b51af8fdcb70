"""boto3 clients and ssh for an account of a test server."""
import os
import pathlib
import subprocess

import boto3
from botocore.config import Config

from .server import wait_for


def client(server, account, service="ec2", **settings):
    return boto3.client(service, endpoint_url=server.endpoint, region_name="us-east-1",
                        aws_access_key_id=account["access_key_id"], aws_secret_access_key=account["secret_access_key"],
                        config=Config(retries={"max_attempts": 1, "mode": "standard"}, connect_timeout=5, read_timeout=60, **settings))


def image_id(ec2, name):
    images = ec2.describe_images()["Images"]
    return next(i["ImageId"] for i in images if i["Name"] == name)


def instance(ec2, instance_id):
    return ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]


def state(ec2, instance_id):
    return instance(ec2, instance_id)["State"]["Name"]


def wait_state(ec2, instance_id, wanted, seconds=60):
    return wait_for(f"{instance_id} to be {wanted}", lambda: state(ec2, instance_id) == wanted, seconds)


class Key:
    """A key pair made by the server, its private half in a file."""

    def __init__(self, ec2, folder, name="k"):
        self.name = name
        self.path = pathlib.Path(folder) / f"{name}.pem"
        material = ec2.create_key_pair(KeyName=name)["KeyMaterial"]
        with os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(material)

    def command(self, address, *words, options=()):
        return ["ssh", "-i", str(self.path), "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes",
                "-o", "ConnectTimeout=5", "-o", "LogLevel=ERROR", *options, f"ubuntu@{address}", *words]

    def run(self, address, command, seconds=30, check=True):
        done = subprocess.run(self.command(address, command), capture_output=True, text=True, timeout=seconds)
        if check:
            assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout

    def wait(self, address, seconds=30):
        """Until the machine answers ssh."""
        return wait_for(f"ssh to {address}", lambda: "in" in self.run(address, "echo in", check=False), seconds)
