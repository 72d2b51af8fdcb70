"""The student's command line: AWS CLI 2 of Debian and CLI 1 of PyPI, unchanged."""
import json
import os
import pathlib
import subprocess
import sys

import pytest

CLIS = {"aws-cli 2": "/usr/bin/aws", "aws-cli 1": str(pathlib.Path(sys.executable).parent / "aws")}


@pytest.fixture(params=CLIS)
def aws(request, server, account, tmp_path):
    def run(*words, fails=None, output="json"):
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "AWS_PAGER": "", "AWS_DEFAULT_REGION": "us-east-1",
                       "AWS_ACCESS_KEY_ID": account["access_key_id"], "AWS_SECRET_ACCESS_KEY": account["secret_access_key"],
                       "AWS_EC2_METADATA_DISABLED": "true"}
        done = subprocess.run([CLIS[request.param], "--endpoint-url", server.endpoint, "--output", output, *words],
                              capture_output=True, text=True, env=environment, timeout=120, cwd=tmp_path)
        if fails:
            assert done.returncode != 0 and fails in done.stderr, (words, done.stdout, done.stderr)
            return done.stderr
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return json.loads(done.stdout) if output == "json" and done.stdout.strip() else done.stdout.strip()

    return run


def test_a_students_session(aws, account, tmp_path):
    assert aws("sts", "get-caller-identity")["Account"] == account["account_id"]
    image = aws("ec2", "describe-images", "--query", "Images[0].ImageId", output="text")
    key = aws("ec2", "create-key-pair", "--key-name", "lab", "--query", "KeyMaterial", output="text")
    assert key.startswith("-----BEGIN RSA PRIVATE KEY-----")
    made = aws("ec2", "run-instances", "--image-id", image, "--instance-type", "t2.medium", "--key-name", "lab",
               "--tag-specifications", "ResourceType=instance,Tags=[{Key=Name,Value=lab 1}]", "--user-data", "#!/bin/sh\necho hi")
    machine = made["Instances"][0]["InstanceId"]
    aws("ec2", "wait", "instance-running", "--instance-ids", machine)
    seen = aws("ec2", "describe-instances", "--filters", "Name=tag:Name,Values=lab*", "--query",
               "Reservations[].Instances[].[InstanceId,State.Name,KeyName]", output="text")
    assert seen.split() == [machine, "running", "lab"]
    aws("ec2", "describe-instance-status", "--instance-ids", machine)
    assert machine in aws("ec2", "describe-instances", output="table")
    aws("ec2", "stop-instances", "--instance-ids", machine)
    aws("ec2", "wait", "instance-stopped", "--instance-ids", machine)
    aws("ec2", "modify-instance-attribute", "--instance-id", machine, "--instance-type", "Value=t2.small")
    aws("ec2", "start-instances", "--instance-ids", machine)
    aws("ec2", "create-tags", "--resources", machine, "--tags", "Key=Course,Value=ml")
    assert {t["Key"] for t in aws("ec2", "describe-tags")["Tags"]} == {"Name", "Course"}
    aws("ec2", "terminate-instances", "--instance-ids", machine)
    aws("ec2", "wait", "instance-terminated", "--instance-ids", machine)


def test_errors_read_as_at_aws(aws):
    aws("ec2", "stop-instances", "--instance-ids", "i-0123456789abcdef0",
        fails="An error occurred (InvalidInstanceID.NotFound) when calling the StopInstances operation: "
              "The instance ID 'i-0123456789abcdef0' does not exist")
    aws("ec2", "run-instances", "--image-id", "ami-0123456789abcdef1", fails="InvalidAMIID.NotFound")
    aws("ec2", "describe-instances", "--dry-run", fails="DryRunOperation")
    aws("ec2", "create-vpc", "--cidr-block", "10.0.0.0/16", fails="InvalidAction")


def test_lists(aws):
    assert aws("ec2", "describe-volumes")["Volumes"] == []
    assert aws("ec2", "describe-key-pairs")["KeyPairs"] == []
    assert len(aws("ec2", "describe-availability-zones")["AvailabilityZones"]) == 2
    assert aws("ec2", "describe-instance-types", "--instance-types", "t2.micro")["InstanceTypes"][0]["VCpuInfo"]["DefaultVCpus"] == 1
    assert len(aws("ec2", "describe-subnets")["Subnets"]) == 2
    assert aws("ec2", "describe-security-groups")["SecurityGroups"][0]["GroupName"] == "default"
