"""Cost Explorer on the live ledger: what it says is what the statement says, to the nano-dollar, at every moment."""
import json
import os
import subprocess
import threading
import time
from decimal import Decimal

import pytest
from errors import refused
from support import aws
from support.costs import COMPUTE, METRICS, OTHER, amount, charged, cost, day, explorer, groups, month, next_month, settled, today
from test_cli import CLIS


def test_costs_are_the_statements_to_the_nano_dollar(server, account):
    settled(server, account)
    ce = explorer(server, account)
    sums = server.call("statement", account["account_id"])["sums"]
    machines, disks = Decimal(sums["machines"]), Decimal(sums["disks"])
    assert machines > 0 and disks > 0
    assert cost(ce) == machines + disks == charged(server, account)
    assert groups(ce, "DIMENSION:SERVICE") == {COMPUTE: machines, OTHER: disks}
    assert groups(ce, "DIMENSION:USAGE_TYPE", "DIMENSION:OPERATION", granularity="DAILY") == {
        ("BoxUsage:t2.medium", "RunInstances"): machines, ("EBS:VolumeUsage.gp2", "CreateVolume-Gp2"): disks}
    hourly = {"Start": f"{day(-1)}T00:00:00Z", "End": f"{day(1)}T00:00:00Z"}
    assert groups(ce, "DIMENSION:INSTANCE_TYPE", period=hourly, granularity="HOURLY") == {"t2.medium": machines, "NoInstanceType": disks}
    answer = ce.get_cost_and_usage(TimePeriod=month(), Granularity="MONTHLY", Metrics=METRICS, GroupBy=[{"Type": "DIMENSION", "Key": "SERVICE"}])
    assert answer["GroupDefinitions"] == [{"Type": "DIMENSION", "Key": "SERVICE"}]
    by_service = {group["Keys"][0]: group["Metrics"] for group in answer["ResultsByTime"][0]["Groups"]}
    assert all(by_service[COMPUTE][name] == {"Amount": str(by_service[COMPUTE]["UnblendedCost"]["Amount"]), "Unit": "USD"} for name in METRICS if "Cost" in name)
    run = next(e for e in server.call("ledger", "--account", account["account_id"]) if e["kind"] == "charge")
    hours = amount(by_service[COMPUTE], "UsageQuantity")
    assert by_service[COMPUTE]["UsageQuantity"]["Unit"] == "Hrs" and abs(hours - Decimal(run["to_s"] - run["from_s"]) / 3600) < Decimal("1e-9")
    assert abs(amount(by_service[COMPUTE], "NormalizedUsageAmount") - 2 * hours) < Decimal("1e-6")
    assert by_service[OTHER]["UsageQuantity"]["Unit"] == "GB-Mo" and amount(by_service[OTHER], "UsageQuantity") > 0


def test_what_accrues_is_in_it_at_once(server, account, running):
    machine = running()[0]
    ce = explorer(server, account)
    for _ in range(5):
        before = charged(server, account)
        seen = cost(ce)
        assert before <= seen <= charged(server, account), machine
        time.sleep(0.5)
    assert seen > 0
    answer = ce.get_cost_and_usage(TimePeriod={"Start": day(-3), "End": day(1)}, Granularity="DAILY", Metrics=["UnblendedCost"])
    results = answer["ResultsByTime"]
    assert [result["TimePeriod"]["Start"] for result in results] == [day(-3), day(-2), day(-1), day(0)]
    assert [result["Estimated"] for result in results] == [False, False, False, True]
    assert [amount(result["Total"]) for result in results[:3]] == [0, 0, 0] and results[0]["Groups"] == []
    aws.client(server, account).terminate_instances(InstanceIds=[machine])


def test_no_posting_is_counted_twice_or_lost(server, account):
    """While machines come and go, each answer lies between what the account showed before and after."""
    ended = threading.Event()

    def come_and_go():
        while not ended.is_set():
            settled(server, account, kind="t2.nano")
    worker = threading.Thread(target=come_and_go)
    worker.start()
    try:
        ce, staff_tags = explorer(server, account), [{"Type": "TAG", "Key": "none"}]
        asked = 0
        end = time.monotonic() + 8
        while time.monotonic() < end:
            for by in ({}, {"GroupBy": staff_tags}):
                before = charged(server, account)
                answer = ce.get_cost_and_usage(TimePeriod=month(), Granularity="MONTHLY", Metrics=["UnblendedCost"], **by)
                seen = sum(amount(r["Total"]) if not by else sum(amount(g["Metrics"]) for g in r["Groups"]) for r in answer["ResultsByTime"])
                assert before <= seen <= charged(server, account), by
                asked += 1
                time.sleep(0.1)  # within what an account may ask in a second
    finally:
        ended.set()
        worker.join()
    assert asked > 10 and seen > Decimal("0.0001")


def test_filters_and_tags(server, account):
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "lab", "Value": "Week 1"}]}]
    settled(server, account, TagSpecifications=tags)
    settled(server, account, kind="t2.small")
    ce = explorer(server, account)
    by_type = groups(ce, "DIMENSION:INSTANCE_TYPE")
    every = sum(by_type.values())

    def is_(key, *values, options=None, what="Dimensions"):
        return {what: {"Key": key, "Values": list(values)} | ({"MatchOptions": options} if options else {})}
    for expression, wanted in [
            (is_("INSTANCE_TYPE", "t2.medium"), by_type["t2.medium"]), ({"Not": is_("INSTANCE_TYPE", "t2.medium")}, every - by_type["t2.medium"]),
            (is_("INSTANCE_TYPE", "t2.", options=["STARTS_WITH"]), every - by_type["NoInstanceType"]),
            (is_("INSTANCE_TYPE", "T2.MEDIUM", options=["EQUALS", "CASE_INSENSITIVE"]), by_type["t2.medium"]),
            (is_("USAGE_TYPE", "Volume", options=["CONTAINS"]), by_type["NoInstanceType"]),
            ({"Or": [is_("INSTANCE_TYPE", "t2.medium"), is_("INSTANCE_TYPE", "t2.small")]}, every - by_type["NoInstanceType"]),
            ({"And": [is_("SERVICE", COMPUTE), {"Not": is_("INSTANCE_TYPE", "t2.medium")}]}, by_type["t2.small"]),
            (is_("RECORD_TYPE", "Refund"), 0), (is_("LINKED_ACCOUNT", account["account_id"]), every), (is_("AZ", "us-east-1a"), every - by_type["NoInstanceType"]),
            (is_("lab", "Week 1", what="Tags"), by_type["t2.medium"]), (is_("lab", "", what="Tags"), every - by_type["t2.medium"]),
            ({"Tags": {"Key": "lab", "MatchOptions": ["ABSENT"]}}, every - by_type["t2.medium"]), (is_("REGION", "eu-west-1"), 0)]:
        assert cost(ce, Filter=expression) == wanted, expression
    assert groups(ce, "TAG:lab") == {"lab$Week 1": by_type["t2.medium"], "lab$": every - by_type["t2.medium"]}
    assert groups(ce, "TAG:lab", "DIMENSION:AZ")[("lab$", "NoAZ")] == by_type["NoInstanceType"]
    assert ce.get_tags(TimePeriod=month())["Tags"] == ["lab"]
    values = ce.get_tags(TimePeriod=month(), TagKey="lab")
    assert sorted(values["Tags"]) == ["", "Week 1"] and values["TotalSize"] == values["ReturnSize"] == 2


def test_costs_of_single_machines_and_disks(server, account):
    machines = [settled(server, account), settled(server, account)]
    ce, every = explorer(server, account), {"Not": {"Dimensions": {"Key": "RECORD_TYPE", "Values": ["Credit"]}}}

    def by_resource(**more):
        answer = ce.get_cost_and_usage_with_resources(**({"TimePeriod": {"Start": day(-1), "End": day(1)}, "Granularity": "DAILY", "Filter": every,
                                                          "GroupBy": [{"Type": "DIMENSION", "Key": "RESOURCE_ID"}]} | more))
        return {group["Keys"][0]: amount(group["Metrics"]) for result in answer["ResultsByTime"] for group in result["Groups"]}
    found = by_resource()
    ledger = {}
    for entry in server.call("ledger", "--account", account["account_id"]):
        if entry["kind"] in ("charge", "storage"):
            ledger[entry["subject"]] = ledger.get(entry["subject"], 0) + Decimal(entry["amount"])
    assert found == ledger and set(machines) < set(found) and any(key.startswith("vol-") for key in found)
    assert by_resource(Filter={"Dimensions": {"Key": "RESOURCE_ID", "Values": [machines[0]]}}) == {machines[0]: ledger[machines[0]]}
    with refused("ValidationException", message="14 days"):
        by_resource(TimePeriod={"Start": day(-20), "End": day(1)})


def test_values_of_dimensions(server, account):
    settled(server, account)
    ce = explorer(server, account)

    def values(dimension, **more):
        answer = ce.get_dimension_values(TimePeriod=month(), Dimension=dimension, **more)
        assert answer["ReturnSize"] == len(answer["DimensionValues"])
        return [row["Value"] for row in answer["DimensionValues"]]
    assert values("SERVICE") == [COMPUTE, OTHER]
    assert values("INSTANCE_TYPE") == ["NoInstanceType", "t2.medium"] and values("REGION") == ["us-east-1"]
    assert values("USAGE_TYPE", SearchString="boxusage") == ["BoxUsage:t2.medium"]
    assert values("SERVICE", SortBy=[{"Key": "UnblendedCost", "SortOrder": "DESCENDING"}]) == [COMPUTE, OTHER]
    assert values("SERVICE", SortBy=[{"Key": "UnblendedCost", "SortOrder": "ASCENDING"}]) == [OTHER, COMPUTE]
    assert values("SERVICE", Context="RESERVATIONS") == []
    assert values("SERVICE", Filter={"Dimensions": {"Key": "SERVICE", "Values": [OTHER]}}) == [OTHER]
    first = ce.get_dimension_values(TimePeriod=month(), Dimension="SERVICE", SortBy=[{"Key": "UnblendedCost"}], MaxResults=1)
    assert first["TotalSize"] == 2 and first["ReturnSize"] == 1
    again = {"TimePeriod": month(), "SortBy": [{"Key": "UnblendedCost"}], "MaxResults": 1, "NextPageToken": first["NextPageToken"]}
    second = ce.get_dimension_values(Dimension="SERVICE", **again)
    assert {first["DimensionValues"][0]["Value"], second["DimensionValues"][0]["Value"]} == {COMPUTE, OTHER} and "NextPageToken" not in second
    with refused("InvalidNextTokenException"):
        ce.get_dimension_values(Dimension="REGION", **again)


def test_staff_see_the_accounts_of_their_course_and_nobody_elses(server):
    course = "Costs of a course"
    server.call("course", "create", course, "--homes", "machine")  # no disk goes on costing
    grace = server.call("account", "create", "--course", course, "--name", "Grace", "--role", "teacher", "--credit", "5")
    ada, alan = (server.account(name, course=course) for name in ("Ada", "Alan"))
    elsewhere = server.account("Edsger")
    for account in (ada, alan, elsewhere):
        settled(server, account)
    of = {account["account_id"]: charged(server, account) for account in (ada, alan)}
    staff = explorer(server, grace)
    assert groups(staff, "DIMENSION:LINKED_ACCOUNT") == of
    assert cost(staff) == sum(of.values())
    assert cost(staff, Filter={"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": [ada["account_id"]]}}) == of[ada["account_id"]]
    answer = staff.get_cost_and_usage(TimePeriod=month(), Granularity="MONTHLY", Metrics=["UnblendedCost"],
                                      GroupBy=[{"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"}])
    assert {row["Value"]: row["Attributes"]["description"] for row in answer["DimensionValueAttributes"]} == {
        ada["account_id"]: "Ada", alan["account_id"]: "Alan"}
    assert groups(explorer(server, ada), "DIMENSION:LINKED_ACCOUNT") == {ada["account_id"]: of[ada["account_id"]]}
    named = staff.get_dimension_values(TimePeriod=month(), Dimension="LINKED_ACCOUNT")["DimensionValues"]
    assert [row["Attributes"]["description"] for row in sorted(named, key=lambda row: row["Attributes"]["description"])] == ["Ada", "Alan"]


USUAL = {"TimePeriod": {"Start": "2026-11-01", "End": "2026-11-02"}, "Granularity": "DAILY", "Metrics": ["UnblendedCost"]}


@pytest.mark.parametrize("change, says", [
    ({"TimePeriod": lambda: {"Start": day(0), "End": day(0)}}, "Start date (and hour) should be before end date (and hour)"),
    ({"TimePeriod": lambda: {"Start": day(-2), "End": str(next_month(next_month(today())))}}, "end date past the beginning of next month"),
    ({"TimePeriod": lambda: {"Start": day(-500), "End": day(0)}}, "14 months"),
    ({"TimePeriod": lambda: {"Start": "2026-02-30", "End": "2026-03-02"}}, "failed to satisfy constraint"),
    ({"TimePeriod": lambda: {"Start": "yesterday", "End": day(0)}}, "failed to satisfy constraint"),
    ({"TimePeriod": lambda: {"Start": day(-1) + "T01:00:00Z", "End": day(0)}}, "hours go with HOURLY"),
    ({"TimePeriod": lambda: {"Start": day(-20) + "T00:00:00Z", "End": day(0) + "T00:00:00Z"}, "Granularity": "HOURLY"}, "more than 14 days ago"),
    ({"TimePeriod": lambda: {"Start": day(-1) + "T00:30:00Z", "End": day(0) + "T00:00:00Z"}, "Granularity": "HOURLY"}, "full hour"),
    ({"Granularity": "WEEKLY"}, "Granularity"), ({"Metrics": []}, "at least one metric"), ({"Metrics": ["Cost"]}, "The metrics are"),
    ({"GroupBy": [{"Type": "DIMENSION", "Key": key} for key in ("SERVICE", "REGION", "AZ")]}, "at most two"),
    ({"GroupBy": [{"Type": "DIMENSION", "Key": "SERVICE"}] * 2}, "twice"), ({"GroupBy": [{"Type": "DIMENSION", "Key": "RESOURCE_ID"}]}, "GetCostAndUsageWithResources"),
    ({"GroupBy": [{"Type": "DIMENSION", "Key": "SCOPE"}]}, "not one that costs here have"),
    ({"GroupBy": [{"Type": "DIMENSION"}]}, "a Type and a Key"), ({"GroupBy": [{"Type": "COLOUR", "Key": "SERVICE"}]}, "GroupBy[0].Type"),
    ({"Filter": {}}, "at each level"), ({"Filter": {"And": [{"Dimensions": {"Key": "SERVICE", "Values": ["a"]}}]}}, "at least two"),
    ({"Filter": {"Dimensions": {"Key": "SERVICE", "Values": []}}}, "need Values"), ({"Filter": {"Tags": {"Values": ["a"]}}}, "need a Key"),
    ({"Filter": {"Dimensions": {"Key": "SERVICE", "Values": ["a"] * 1001}}}, "at most 1000 values"),
    ({"Filter": {"Dimensions": {"Key": "COLOUR", "Values": ["a"]}}}, "Dimensions.Key"),
    ({"Filter": {"Dimensions": {"Key": "SERVICE", "Values": ["a"], "MatchOptions": ["ABSENT"]}}}, "ABSENT"),
    ({"Filter": {"Tags": {"Key": "a", "Values": ["a"], "MatchOptions": ["CONTAINS", "STARTS_WITH"]}}}, "in one way"),
    ({"Filter": {"Not": {"Not": {"Tags": {"Key": "a", "Values": ["b"]}, "Dimensions": {"Key": "SERVICE", "Values": ["a"]}}}}}, "at each level")])
def test_wrong_requests_say_what_would_be_right(server, ada, change, says):
    ce = aws.client(server, ada, "ce", parameter_validation=False)
    request = {key: value() if callable(value) else value for key, value in (USUAL | change).items()}
    if "TimePeriod" not in change:
        request["TimePeriod"] = {"Start": day(-1), "End": day(0)}
    with refused("ValidationException", message=says):
        ce.get_cost_and_usage(**request)


def test_a_token_of_another_request_is_refused(server, ada):
    ce = explorer(server, ada)
    for token in ("x", "A" * 200):
        with refused("InvalidNextTokenException"):
            ce.get_cost_and_usage(TimePeriod=month(), Granularity="DAILY", Metrics=["UnblendedCost"], NextPageToken=token)
        with refused("InvalidNextTokenException"):
            ce.get_tags(TimePeriod=month(), NextPageToken=token)


def test_an_account_has_one_billing_view(server, ada):
    ce, request = explorer(server, ada), {"TimePeriod": month(), "Granularity": "MONTHLY", "Metrics": ["UnblendedCost"]}
    assert ce.get_cost_and_usage(BillingViewArn=f"arn:aws:billing::{ada['account_id']}:billingview/primary", **request)["ResultsByTime"]
    with refused("ResourceNotFoundException"):
        ce.get_cost_and_usage(BillingViewArn="arn:aws:billing::123456789012:billingview/primary", **request)
    with refused("ResourceNotFoundException"):
        ce.get_tags(TimePeriod=month(), BillingViewArn=f"arn:aws:billing::{ada['account_id']}:billingview/custom-1")


@pytest.fixture(params=CLIS)
def cli(request, server, account, tmp_path):
    def run(*words, fails=None):
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "AWS_PAGER": "", "AWS_DEFAULT_REGION": "us-east-1",
                       "AWS_ACCESS_KEY_ID": account["access_key_id"], "AWS_SECRET_ACCESS_KEY": account["secret_access_key"],
                       "AWS_EC2_METADATA_DISABLED": "true"}
        done = subprocess.run([CLIS[request.param], "--endpoint-url", server.endpoint, "--output", "json", *words], capture_output=True, text=True,
                              env=environment, timeout=120, cwd=tmp_path)
        if fails:
            assert done.returncode != 0 and fails in done.stderr, (words, done.stdout, done.stderr)
            return None
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return json.loads(done.stdout)

    return run


def test_the_command_line_asks_as_on_aws(server, account, cli):
    settled(server, account)
    period = "Start={Start},End={End}".format(**month())
    answer = cli("ce", "get-cost-and-usage", "--time-period", period, "--granularity", "MONTHLY", "--metrics", "UnblendedCost", "UsageQuantity")
    assert amount(answer["ResultsByTime"][0]["Total"]) == charged(server, account)
    answer = cli("ce", "get-cost-and-usage", "--time-period", period, "--granularity", "DAILY", "--metrics", "BlendedCost", "--group-by",
                 "Type=DIMENSION,Key=SERVICE", "--filter", json.dumps({"Dimensions": {"Key": "SERVICE", "Values": [COMPUTE]}}))
    assert [group["Keys"] for group in answer["ResultsByTime"][-1]["Groups"]] == [[COMPUTE]]
    assert cli("ce", "get-dimension-values", "--time-period", period, "--dimension", "SERVICE")["TotalSize"] == 2
    assert cli("ce", "get-tags", "--time-period", period)["Tags"] == []
    cli("ce", "get-cost-forecast", "--time-period", f"Start={day(0)},End={day(5)}", "--granularity", "DAILY", "--metric", "UNBLENDED_COST",
        fails="An error occurred (DataUnavailableException) when calling the GetCostForecast operation: Insufficient amount")
    cli("ce", "get-cost-and-usage", "--time-period", f"Start={day(0)},End={day(0)}", "--granularity", "DAILY", "--metrics", "BlendedCost",
        fails="(ValidationException)")
