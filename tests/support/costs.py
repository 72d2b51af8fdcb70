"""Costs as Cost Explorer tells them, and what to compare them with."""
import datetime
import time
from decimal import Decimal

from . import aws
from .server import wait_for

UTC = datetime.timezone.utc
COMPUTE, OTHER = "Amazon Elastic Compute Cloud - Compute", "EC2 - Other"
METRICS = ["AmortizedCost", "BlendedCost", "NetAmortizedCost", "NetUnblendedCost", "NormalizedUsageAmount", "UnblendedCost", "UsageQuantity"]


def today():
    return datetime.datetime.now(UTC).date()


def day(offset):
    return str(today() + datetime.timedelta(days=offset))


def next_month(date):
    return (date.replace(day=1) + datetime.timedelta(days=32)).replace(day=1)


def month():
    """From the first of this month until the end of today."""
    return {"Start": str(today().replace(day=1)), "End": day(1)}


def explorer(server, account):
    return aws.client(server, account, "ce")


def amount(metrics, metric="UnblendedCost"):
    return Decimal(metrics[metric]["Amount"])


def cost(ce, period=None, **more):
    answer = ce.get_cost_and_usage(**({"TimePeriod": period or month(), "Granularity": "MONTHLY", "Metrics": ["UnblendedCost"]} | more))
    return sum(amount(result["Total"]) for result in answer["ResultsByTime"])


def groups(ce, *by, period=None, granularity="MONTHLY", metric="UnblendedCost", **more):
    """{keys: amount} over all periods; a key is a text when there is one group."""
    answer = ce.get_cost_and_usage(TimePeriod=period or month(), Granularity=granularity, Metrics=[metric],
                                   GroupBy=[dict(zip(("Type", "Key"), group.split(":", 1))) for group in by], **more)
    found = {}
    for result in answer["ResultsByTime"]:
        assert result["Total"] == {}
        for group in result["Groups"]:
            keys = tuple(group["Keys"]) if len(by) > 1 else group["Keys"][0]
            found[keys] = found.get(keys, 0) + amount(group["Metrics"], metric)
    return found


def charged(server, account):
    """Of the account's first $100."""
    return Decimal(100) - Decimal(server.call("account", "show", account["account_id"])["balance"])


def settled(server, account, kind="t2.medium", **more):
    """A machine that ran, was terminated and is posted."""
    ec2 = aws.client(server, account)
    image = ec2.describe_images()["Images"][0]["ImageId"]
    machine = ec2.run_instances(ImageId=image, InstanceType=kind, MinCount=1, MaxCount=1, **more)["Instances"][0]["InstanceId"]
    aws.wait_state(ec2, machine, "running")
    time.sleep(1.1)  # a disk costs from its first whole second on
    ec2.terminate_instances(InstanceIds=[machine])
    aws.wait_state(ec2, machine, "terminated")
    wait_for("the run to be settled", lambda: "run" not in server.call("instance", "show", machine))
    return machine
