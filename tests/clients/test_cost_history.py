"""Costs of days gone by and to come, and of servers elsewhere: Cost Explorer on servers with a clock or a region of their own."""
import datetime
import json
import os
from decimal import Decimal

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from conftest import IMAGE
from errors import refused
from support import aws
from support.clock import LIBRARIES, WallClock
from support.costs import OTHER, amount, charged, day, explorer, groups, month
from support.server import Server, wait_for


def test_a_forecast_needs_history_and_a_time_to_come(server, account):
    ce = explorer(server, account)

    def forecast(start, end, metric="UNBLENDED_COST", granularity="DAILY"):
        return ce.get_cost_forecast(TimePeriod={"Start": start, "End": end}, Metric=metric, Granularity=granularity)
    with refused("DataUnavailableException", message="Insufficient amount of historical data"):
        forecast(day(0), day(7))
    for arguments, says in [((day(-1), day(7)), "later than the current date"), ((day(7), day(7)), "before end date"),
                            ((day(0), day(7), "USAGE_QUANTITY"), "metrics of a cost forecast"), ((day(0), day(200)), "3 months"),
                            ((day(0), day(7), "UNBLENDED_COST", "HOURLY"), "by the day or the month")]:
        with refused("ValidationException", message=says):
            forecast(*arguments)


def test_billing_is_asked_for_in_any_region_and_names_the_servers(server):
    """Some clients sign billing for us-east-1 whatever they are told; nothing else is taken."""
    if "STIPEND_ENDPOINT" in os.environ:
        pytest.skip("needs a server of another region")
    with Server.fake(IMAGE, settings='[server]\nregion = "eu-central-1"\n') as elsewhere:
        account = elsewhere.account("Ada", homes="machine")

        def client(service, region):
            return boto3.client(service, endpoint_url=elsewhere.endpoint, region_name=region, aws_access_key_id=account["access_key_id"],
                                aws_secret_access_key=account["secret_access_key"], config=Config(retries={"max_attempts": 1}))
        ec2 = client("ec2", "eu-central-1")
        ec2.run_instances(ImageId=IMAGE["ami_id"], InstanceType="t2.medium", MinCount=1, MaxCount=1)
        wait_for("the machine to cost", lambda: Decimal(elsewhere.call("account", "show", account["account_id"])["balance"]) < 100)
        for region in ("us-east-1", "eu-central-1"):
            found = groups(client("ce", region), "DIMENSION:USAGE_TYPE", "DIMENSION:REGION")
            assert ("EUC1-BoxUsage:t2.medium", "eu-central-1") in found
            product = json.loads(client("pricing", region).get_products(ServiceCode="AmazonEC2", MaxResults=1)["PriceList"][0])
            assert product["product"]["attributes"]["location"] == "EU (Frankfurt)"
            assert client("freetier", region).get_free_tier_usage()["freeTierUsages"] == []
        for service, region in (("ce", "eu-west-1"), ("ec2", "us-east-1")):
            with pytest.raises(ClientError) as error:
                client(service, region).get_tags(TimePeriod=month()) if service == "ce" else client(service, region).describe_regions()
            assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] in (401, 403)


@pytest.fixture
def past(monkeypatch):
    """A server whose wall clock begins some days ago and can be moved; clients sign by it."""
    if not LIBRARIES or "STIPEND_ENDPOINT" in os.environ:
        pytest.skip("needs a server of its own under libfaketime")
    import botocore.auth
    real = botocore.auth.get_current_datetime
    with_clock = Server.fake(IMAGE)
    clock = WallClock(with_clock.folder)
    clock.server = with_clock
    clock.set(-6 * 86_400)
    with_clock.environment = clock.environment()
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *a, **k: real(*a, **k) + datetime.timedelta(seconds=clock.offset_s))
    try:
        with_clock.start()
        yield clock
    finally:
        with_clock.close()


def posted_days(server, account):
    return {e["at"] for e in server.call("ledger", "--account", account["account_id"]) if e["kind"] == "storage" and "T00:00:00.000Z" in e["at"]}


def test_days_go_by(past):
    """A disk that costs the same each day: the days add up, and the forecast goes on with it."""
    server = past.server
    ada = server.account("Ada")
    ec2 = aws.client(server, ada)
    machine = ec2.run_instances(ImageId=ec2.describe_images()["Images"][0]["ImageId"], InstanceType="t2.medium", MinCount=1, MaxCount=1)
    aws.wait_state(ec2, machine["Instances"][0]["InstanceId"], "running")
    ec2.stop_instances(InstanceIds=[machine["Instances"][0]["InstanceId"]])
    aws.wait_state(ec2, machine["Instances"][0]["InstanceId"], "stopped")
    for passed in range(1, 7):
        past.jump(86_400)
        wait_for(f"midnight {passed} to be posted", lambda n=passed: len(posted_days(server, ada)) >= n, 30)
    ce = explorer(server, ada)
    period = {"Start": day(-6), "End": day(1)}
    for by in (["DIMENSION:SERVICE"], ["DIMENSION:SERVICE", "TAG:none"]):  # the same from the days as from the entries
        before = charged(server, ada)
        assert before <= sum(groups(ce, *by, period=period, granularity="DAILY").values()) <= charged(server, ada), by
    results = ce.get_cost_and_usage(TimePeriod=period, Granularity="DAILY", Metrics=["UnblendedCost", "UsageQuantity"],
                                    Filter={"Dimensions": {"Key": "SERVICE", "Values": [OTHER]}})["ResultsByTime"]
    disk = Decimal("0.8") / 730 * 24  # 8 GiB at $0.10
    for result in results[1:-1]:
        assert abs(amount(result["Total"]) - disk) < Decimal("1e-6") and abs(amount(result["Total"], "UsageQuantity") - Decimal(8 * 24) / 730) < Decimal("1e-6")
    ahead = ce.get_cost_forecast(TimePeriod={"Start": day(1), "End": day(4)}, Metric="UNBLENDED_COST", Granularity="DAILY", PredictionIntervalLevel=95,
                                 Filter={"Dimensions": {"Key": "SERVICE", "Values": [OTHER]}})
    assert len(ahead["ForecastResultsByTime"]) == 3 and ahead["Total"]["Unit"] == "USD"
    for result in ahead["ForecastResultsByTime"]:
        low, mean, high = (Decimal(result[name]) for name in ("PredictionIntervalLowerBound", "MeanValue", "PredictionIntervalUpperBound"))
        assert low <= mean <= high and disk * Decimal("0.8") < mean <= disk
    hours = groups(ce, "DIMENSION:SERVICE", period={"Start": f"{day(-3)}T00:00:00Z", "End": f"{day(-2)}T00:00:00Z"}, granularity="HOURLY")
    whole = groups(ce, "DIMENSION:SERVICE", period={"Start": day(-3), "End": day(-2)}, granularity="DAILY")
    assert hours == whole and len(hours) == 1
