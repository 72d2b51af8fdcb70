"""AWS Budgets with boto3 and both AWS CLIs: budgets on the live ledger, their mails at a real SMTP server, actions that stop machines."""
import datetime
import decimal
import json
import os
import pathlib
import subprocess
import sys
import time

import pytest
from botocore.exceptions import ClientError

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from errors import refused  # noqa: E402
from support.aws import client, instance, state, wait_state  # noqa: E402
from support.server import Server, wait_for  # noqa: E402
from support.smtp import Inbox  # noqa: E402

IMAGE = {"ami_id": "ami-0123456789abcdef0", "name": "minimal", "min_disk_gib": 8, "jupyter": False}
ROLE = "arn:aws:iam::123456789012:role/budgets"
CLIS = {"aws-cli 2": "/usr/bin/aws", "aws-cli 1": str(pathlib.Path(sys.executable).parent / "aws")}
HALF = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 50.0, "ThresholdType": "PERCENTAGE"}


def dollars(amount, comparison="GREATER_THAN"):
    return {"NotificationType": "ACTUAL", "ComparisonOperator": comparison, "Threshold": amount, "ThresholdType": "ABSOLUTE_VALUE"}


@pytest.fixture(scope="module")
def inbox():
    with Inbox() as made:
        yield made


@pytest.fixture(scope="module")
def fake(inbox):
    with Server.fake(IMAGE, inbox.settings) as made:
        yield made


@pytest.fixture
def ada(fake):
    return fake.account(name="Ada")


class Budgets:
    """A student's budgets, by boto3."""

    def __init__(self, server, account):
        self.aws, self.account = client(server, account, "budgets"), account["account_id"]
        self.ec2 = client(server, account)

    def __getattr__(self, name):
        call = getattr(self.aws, name)
        return lambda **words: call(AccountId=self.account, **words)

    def create(self, name="lab", limit="1", mails=(), notification=HALF, **more):
        budget = {"BudgetName": name, "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": limit, "Unit": "USD"}} | more
        told = [{"Notification": notification, "Subscribers": [{"SubscriptionType": "EMAIL", "Address": each} for each in mails]}] if mails else []
        return self.create_budget(Budget=budget, NotificationsWithSubscribers=told)

    def show(self, name="lab"):
        return self.describe_budget(BudgetName=name)["Budget"]

    def actual(self, name="lab"):
        return decimal.Decimal(self.show(name)["CalculatedSpend"]["ActualSpend"]["Amount"])

    def alarm(self, name="lab"):
        return self.describe_notifications_for_budget(BudgetName=name)["Notifications"][0]["NotificationState"]

    def launch(self, kind="m4.large"):
        machine = self.ec2.run_instances(ImageId=IMAGE["ami_id"], InstanceType=kind, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
        wait_state(self.ec2, machine, "running")
        return machine

    def action(self, machines, approval="AUTOMATIC", amount=0.001, mail="ada@example.edu", budget="lab"):
        return self.create_budget_action(
            BudgetName=budget, NotificationType="ACTUAL", ActionType="RUN_SSM_DOCUMENTS", ApprovalModel=approval, ExecutionRoleArn=ROLE,
            ActionThreshold={"ActionThresholdValue": amount, "ActionThresholdType": "ABSOLUTE_VALUE"},
            Definition={"SsmActionDefinition": {"ActionSubType": "STOP_EC2_INSTANCES", "Region": "us-east-1", "InstanceIds": machines}},
            Subscribers=[{"SubscriptionType": "EMAIL", "Address": mail}])["ActionId"]

    def status(self, action, budget="lab"):
        return self.describe_budget_action(BudgetName=budget, ActionId=action)["Action"]["Status"]

    def wait_status(self, action, wanted, budget="lab"):
        return wait_for(f"the action to be {wanted}", lambda: self.status(action, budget) == wanted, 30)

    def execute(self, action, what, budget="lab"):
        return self.execute_budget_action(BudgetName=budget, ActionId=action, ExecutionType=f"{what}_BUDGET_ACTION")


@pytest.fixture
def budgets(fake, ada):
    return Budgets(fake, ada)


def test_a_budget_is_answered_as_it_was_made(budgets):
    budgets.create(limit="100", CostFilters={"InstanceType": ["m4.large", "t2.micro"]}, CostTypes={"IncludeTax": False, "UseBlended": False},
                   TimePeriod={"Start": datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)})
    seen = budgets.show()
    assert seen["BudgetLimit"] == {"Amount": "100.0", "Unit": "USD"}
    assert (seen["BudgetType"], seen["TimeUnit"]) == ("COST", "MONTHLY")
    assert seen["CostFilters"] == {"InstanceType": ["m4.large", "t2.micro"]}
    assert seen["CostTypes"]["IncludeTax"] is False and seen["CostTypes"]["IncludeSubscription"] is True
    assert seen["TimePeriod"]["Start"].year == 2026 and seen["TimePeriod"]["End"].year == 2087
    assert seen["CalculatedSpend"]["ActualSpend"] == {"Amount": "0.0", "Unit": "USD"}
    assert "ForecastedSpend" not in seen["CalculatedSpend"], "there is no day of use yet"
    budgets.update_budget(NewBudget={"BudgetName": "lab", "BudgetType": "COST", "TimeUnit": "DAILY", "BudgetLimit": {"Amount": "12.5", "Unit": "USD"}})
    seen = budgets.show()
    assert (seen["BudgetLimit"]["Amount"], seen["TimeUnit"]) == ("12.5", "DAILY") and "CostFilters" not in seen
    budgets.delete_budget(BudgetName="lab")
    with refused("NotFoundException"):
        budgets.show()


def test_the_spend_is_that_of_this_second(fake, budgets, ada):
    budgets.create("all")
    budgets.create("large", CostFilters={"InstanceType": ["m4.large"]})
    budgets.create("micro", CostFilters={"InstanceType": ["t2.micro"]})
    budgets.create("hours", BudgetType="USAGE", BudgetLimit={"Amount": "10", "Unit": "Hrs"})
    assert budgets.actual("all") == 0
    machine = budgets.launch()
    wait_for("the first charge", lambda: budgets.actual("all") > 0)
    first = budgets.actual("large")
    assert first >= decimal.Decimal("0.001666666"), "a minute of $0.10 an hour, though it ran some seconds"
    assert budgets.actual("micro") == 0
    assert decimal.Decimal("0.016") < budgets.actual("hours") < decimal.Decimal("0.03")
    budgets.ec2.stop_instances(InstanceIds=[machine])
    wait_state(budgets.ec2, machine, "stopped")
    # What is posted and what accrues is, together, what the account was charged.
    before, seen, after = charged(fake, ada), budgets.actual("all"), charged(fake, ada)
    assert before <= seen <= after
    listed = budgets.describe_budgets()["Budgets"]
    assert [each["BudgetName"] for each in listed] == ["all", "hours", "large", "micro"]
    history = budgets.describe_budget_performance_history(BudgetName="all")["BudgetPerformanceHistory"]
    assert decimal.Decimal(history["BudgetedAndActualAmountsList"][-1]["ActualAmount"]["Amount"]) >= seen


def charged(server, account):
    return decimal.Decimal(server.call("account", "show", account["account_id"])["charged"])


# The task of a course of 2017: "set a billing alarm at $X".
def test_a_billing_alarm_reaches_the_mailbox(fake, budgets, ada, inbox):
    budgets.create("Billing alarm", mails=["billing@example.edu"], notification=dollars(0.001))
    assert budgets.alarm("Billing alarm") == "OK"
    budgets.launch()
    mail = inbox.wait("billing@example.edu")[0]
    assert mail.sender == "stipend@stipend.test" and mail["From"] == "stipend@stipend.test"
    assert mail["Subject"] == "Budget Billing alarm: your alert threshold has been reached"
    text = mail.get_content()
    for part in ("Billing alarm", ada["account_id"], "$1.00", "ACTUAL", "greater than $0.001", f"localhost:{fake.port}"):
        assert part in text, text
    assert budgets.alarm("Billing alarm") == "ALARM"
    time.sleep(7)
    assert len(inbox.to("billing@example.edu")) == 1, "once a period"
    listed = [each for each in fake.call("mail", "list")["mails"] if each["to"] == "billing@example.edu"]
    assert [(each["state"], each["tries"]) for each in listed] == [("sent", 1)]


def test_an_action_stops_the_machine_and_is_reversed(budgets, inbox):
    machine, other = budgets.launch(), budgets.launch("t2.micro")
    budgets.create()
    action = budgets.action([machine], mail="action@example.edu")
    wait_state(budgets.ec2, machine, "stopped")
    budgets.wait_status(action, "EXECUTION_SUCCESS")
    seen = instance(budgets.ec2, machine)
    assert "budget 'lab'" in seen["StateReason"]["Message"] and seen["StateTransitionReason"].startswith("Budget action ("), seen
    assert state(budgets.ec2, other) == "running"
    inbox.wait("action@example.edu")
    budgets.execute(action, "REVERSE")
    wait_state(budgets.ec2, machine, "running")
    budgets.wait_status(action, "REVERSE_SUCCESS")
    time.sleep(7)
    assert state(budgets.ec2, machine) == "running", "what a person reversed is not stopped again in the period"
    history = budgets.describe_budget_action_histories(BudgetName="lab", ActionId=action)["ActionHistories"]
    assert [(each["EventType"], each["Status"]) for each in history] == [
        ("SYSTEM", "REVERSE_SUCCESS"), ("EXECUTE_ACTION", "REVERSE_IN_PROGRESS"), ("SYSTEM", "EXECUTION_SUCCESS"), ("SYSTEM", "EXECUTION_IN_PROGRESS"),
        ("CREATE_ACTION", "STANDBY")]
    budgets.execute(action, "RESET")
    wait_state(budgets.ec2, machine, "stopped")


def test_an_action_waits_for_approval(budgets, inbox):
    machine = budgets.launch()
    budgets.create()
    action = budgets.action([machine], approval="MANUAL", mail="approve@example.edu")
    budgets.wait_status(action, "PENDING")
    assert state(budgets.ec2, machine) == "running"
    assert action in inbox.wait("approve@example.edu")[0].get_content()
    budgets.execute(action, "APPROVE")
    wait_state(budgets.ec2, machine, "stopped")
    budgets.wait_status(action, "EXECUTION_SUCCESS")
    with refused("InvalidParameterException"):
        budgets.execute(action, "APPROVE")
    assert budgets.delete_budget_action(BudgetName="lab", ActionId=action)["Action"]["ActionId"] == action
    with refused("NotFoundException"):
        budgets.status(action)


def test_actions_are_listed_and_changed(budgets):
    machine = budgets.launch()
    budgets.create("one")
    budgets.create("two")
    first, second = budgets.action([machine], amount=900, budget="one"), budgets.action([machine], amount=900, budget="two")
    assert [each["ActionId"] for each in budgets.describe_budget_actions_for_budget(BudgetName="one")["Actions"]] == [first]
    assert {(each["BudgetName"], each["ActionId"]) for each in budgets.describe_budget_actions_for_account()["Actions"]} == {("one", first), ("two", second)}
    changed = budgets.update_budget_action(BudgetName="one", ActionId=first, ApprovalModel="MANUAL")
    assert (changed["OldAction"]["ApprovalModel"], changed["NewAction"]["ApprovalModel"]) == ("AUTOMATIC", "MANUAL")


@pytest.mark.parametrize("kind, definition, says", [
    ("APPLY_IAM_POLICY", {"IamActionDefinition": {"PolicyArn": "arn:aws:iam::aws:policy/AWSDenyAll", "Roles": ["r"]}}, "no IAM"),
    ("APPLY_SCP_POLICY", {"ScpActionDefinition": {"PolicyId": "p-12345678", "TargetIds": ["123456789012"]}}, "no organization"),
    ("RUN_SSM_DOCUMENTS", {"SsmActionDefinition": {"ActionSubType": "STOP_RDS_INSTANCES", "Region": "us-east-1", "InstanceIds": ["i-0123456789abcdef0"]}}, "no RDS"),
    ("RUN_SSM_DOCUMENTS", {"SsmActionDefinition": {"ActionSubType": "STOP_EC2_INSTANCES", "Region": "eu-west-1", "InstanceIds": ["i-0123456789abcdef0"]}}, "only Region"),
    ("RUN_SSM_DOCUMENTS", {"SsmActionDefinition": {"ActionSubType": "STOP_EC2_INSTANCES", "Region": "us-east-1", "InstanceIds": ["i-0123456789abcdef0"]}}, "does not exist")])
def test_what_an_action_cannot_do_is_refused_by_name(budgets, kind, definition, says):
    budgets.create()
    with refused("InvalidParameterException", message=says):
        budgets.create_budget_action(BudgetName="lab", NotificationType="ACTUAL", ActionType=kind, ApprovalModel="AUTOMATIC", ExecutionRoleArn=ROLE,
                                     ActionThreshold={"ActionThresholdValue": 1, "ActionThresholdType": "ABSOLUTE_VALUE"}, Definition=definition,
                                     Subscribers=[{"SubscriptionType": "EMAIL", "Address": "ada@example.edu"}])


def test_notifications_and_subscribers(budgets):
    budgets.create(mails=["ada@example.edu", "alan@example.edu"])
    other = dollars(0.9)
    budgets.create_notification(BudgetName="lab", Notification=other, Subscribers=[{"SubscriptionType": "EMAIL", "Address": "ada@example.edu"}])
    listed = budgets.describe_notifications_for_budget(BudgetName="lab", MaxResults=1)
    more = budgets.describe_notifications_for_budget(BudgetName="lab", MaxResults=1, NextToken=listed["NextToken"])
    assert {each["Threshold"] for each in listed["Notifications"] + more["Notifications"]} == {50.0, 0.9} and "NextToken" not in more
    with refused("InvalidNextTokenException"):
        budgets.describe_notifications_for_budget(BudgetName="lab", NextToken="nonsense")
    with refused("DuplicateRecordException"):
        budgets.create_notification(BudgetName="lab", Notification=other, Subscribers=[{"SubscriptionType": "EMAIL", "Address": "ada@example.edu"}])
    budgets.update_notification(BudgetName="lab", OldNotification=other, NewNotification=dollars(0.8))
    by_budget = budgets.describe_budget_notifications_for_account()["BudgetNotificationsForAccount"]
    assert [(each["BudgetName"], len(each["Notifications"])) for each in by_budget] == [("lab", 2)]

    def addresses():
        return [each["Address"] for each in budgets.describe_subscribers_for_notification(BudgetName="lab", Notification=HALF)["Subscribers"]]

    assert addresses() == ["ada@example.edu", "alan@example.edu"]
    budgets.update_subscriber(BudgetName="lab", Notification=HALF, OldSubscriber={"SubscriptionType": "EMAIL", "Address": "alan@example.edu"},
                              NewSubscriber={"SubscriptionType": "EMAIL", "Address": "edsger@example.edu"})
    budgets.create_subscriber(BudgetName="lab", Notification=HALF, Subscriber={"SubscriptionType": "EMAIL", "Address": "grace@example.edu"})
    budgets.delete_subscriber(BudgetName="lab", Notification=HALF, Subscriber={"SubscriptionType": "EMAIL", "Address": "ada@example.edu"})
    assert addresses() == ["edsger@example.edu", "grace@example.edu"]
    budgets.delete_notification(BudgetName="lab", Notification=HALF)
    with refused("NotFoundException"):
        addresses()
    with refused("InvalidParameterException", message="SNS"):
        budgets.create_subscriber(BudgetName="lab", Notification=dollars(0.8),
                                  Subscriber={"SubscriptionType": "SNS", "Address": f"arn:aws:sns:us-east-1:{budgets.account}:alarms"})


def test_mail_goes_only_where_it_may(fake, budgets):
    with refused("InvalidParameterException", message="example.edu"):
        budgets.create(mails=["somebody@example.com"])
    own = fake.call("account", "create", "--course", "t", "--name", "Alan", "--credit", "1", "--mail", "alan@home.example.net")
    Budgets(fake, own).create(mails=["Alan@home.example.net"])
    staff = fake.call("account", "create", "--course", "t", "--name", "Grace", "--credit", "1", "--role", "teacher")
    Budgets(fake, staff).create(mails=["anybody@example.com"])


def test_another_accounts_budgets_are_nobodys_business(fake, budgets):
    budgets.create()
    alan = fake.account(name="Alan")
    with refused("AccessDeniedException"):
        client(fake, alan, "budgets").describe_budgets(AccountId=budgets.account)
    assert Budgets(fake, alan).describe_budgets()["Budgets"] == []


@pytest.mark.parametrize("change", [
    {"BudgetName": "a:b"}, {"BudgetType": "RI_UTILIZATION"}, {"BudgetLimit": {"Amount": "0", "Unit": "USD"}}, {"BudgetLimit": {"Amount": "1", "Unit": "EUR"}},
    {"BudgetLimit": {"Amount": "ten", "Unit": "USD"}}, {"CostFilters": {"TagKeyValue": ["user:team$a"]}}, {"CostFilters": {"AZ": ["us-east-1a"]}},
    {"CostFilters": {"Region": ["eu-west-1"]}}, {"PlannedBudgetLimits": {"1767225600": {"Amount": "1", "Unit": "USD"}}},
    {"TimePeriod": {"Start": datetime.datetime(2026, 2, 1), "End": datetime.datetime(2026, 1, 1)}},
    {"FilterExpression": {"Dimensions": {"Key": "SERVICE", "Values": ["x"]}}}, {"AutoAdjustData": {"AutoAdjustType": "FORECAST"}}])
def test_what_a_budget_cannot_be_is_refused(budgets, change):
    with pytest.raises(ClientError) as caught:
        budgets.create(**change)
    assert caught.value.response["Error"]["Code"] == "InvalidParameterException", caught.value.response
    assert budgets.describe_budgets()["Budgets"] == []


def test_pages_of_budgets(budgets):
    names = [f"b{i}" for i in range(5)]
    for name in names:
        budgets.create(name)
    seen = [each["BudgetName"] for page in budgets.aws.get_paginator("describe_budgets").paginate(AccountId=budgets.account, PaginationConfig={"PageSize": 2})
            for each in page["Budgets"]]
    assert seen == names


def test_tags(budgets):
    budgets.create_budget(Budget={"BudgetName": "lab", "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": "1", "Unit": "USD"}},
                          ResourceTags=[{"Key": "team", "Value": "a"}])
    arn = f"arn:aws:budgets::{budgets.account}:budget/lab"
    budgets.aws.tag_resource(ResourceARN=arn, ResourceTags=[{"Key": "lab", "Value": "1"}])
    assert budgets.aws.list_tags_for_resource(ResourceARN=arn)["ResourceTags"] == [{"Key": "lab", "Value": "1"}, {"Key": "team", "Value": "a"}]
    budgets.aws.untag_resource(ResourceARN=arn, ResourceTagKeys=["team"])
    assert budgets.aws.list_tags_for_resource(ResourceARN=arn)["ResourceTags"] == [{"Key": "lab", "Value": "1"}]
    with refused("AccessDeniedException"):
        budgets.aws.list_tags_for_resource(ResourceARN="arn:aws:budgets::123456789012:budget/lab")


@pytest.mark.parametrize("cli", CLIS)
def test_the_command_line_makes_a_budget(fake, ada, tmp_path, cli):
    def aws(*words):
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "AWS_PAGER": "", "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
                       "AWS_ACCESS_KEY_ID": ada["access_key_id"], "AWS_SECRET_ACCESS_KEY": ada["secret_access_key"]}
        done = subprocess.run([CLIS[cli], "--endpoint-url", fake.endpoint, "--output", "json", "budgets", *words, "--account-id", ada["account_id"]],
                              capture_output=True, text=True, env=environment, timeout=120, cwd=tmp_path)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return json.loads(done.stdout) if done.stdout.strip() else None

    aws("create-budget", "--budget", "BudgetName=lab,BudgetLimit={Amount=20,Unit=USD},TimeUnit=MONTHLY,BudgetType=COST", "--notifications-with-subscribers",
        "Notification={NotificationType=ACTUAL,ComparisonOperator=GREATER_THAN,Threshold=80},Subscribers=[{SubscriptionType=EMAIL,Address=ada@example.edu}]")
    shown = aws("describe-budgets")["Budgets"]
    assert [(each["BudgetName"], each["BudgetLimit"]["Amount"]) for each in shown] == [("lab", "20.0")]
    assert aws("describe-notifications-for-budget", "--budget-name", "lab")["Notifications"][0]["ThresholdType"] == "PERCENTAGE"
    aws("delete-budget", "--budget-name", "lab")
    assert aws("describe-budgets")["Budgets"] == []


def test_a_mail_waits_for_the_smtp_server_to_come_back(fake, budgets, inbox):
    inbox.stop()
    try:
        budgets.create(mails=["patient@example.edu"], notification=dollars(0.001))
        budgets.launch()
        waiting = wait_for("a try in vain", lambda: [each for each in fake.call("mail", "list", "--state", "waiting")["mails"] if each["tries"] > 0], 30)
        assert waiting[0]["to"] == "patient@example.edu" and waiting[0]["error"]
    finally:
        inbox.start()
    inbox.wait("patient@example.edu", seconds=60)
    wait_for("the outbox to be empty", lambda: fake.call("mail", "list")["waiting"] == 0)


def test_a_mail_that_is_refused_for_good_is_given_up(fake, budgets, inbox):
    inbox.refuse["nobody@example.edu"] = "550 5.1.1 no such user"
    budgets.create(mails=["nobody@example.edu"], notification=dollars(0.001))
    budgets.launch()
    failed = wait_for("it to be given up", lambda: [each for each in fake.call("mail", "list", "--state", "failed")["mails"] if each["to"] == "nobody@example.edu"], 30)
    assert failed[0]["tries"] == 1 and "550" in failed[0]["error"], failed


def test_a_server_that_is_killed_between_alarm_and_delivery_loses_and_doubles_nothing():
    with Inbox() as inbox, Server.fake(IMAGE, inbox.settings) as server:
        inbox.stop()
        ada = server.account(name="Ada")
        budgets = Budgets(server, ada)
        budgets.create(mails=["ada@example.edu"], notification=dollars(0.001))
        machine = budgets.launch()
        budgets.action([machine])
        wait_for("both mails", lambda: server.call("mail", "list")["waiting"] == 2, 30)
        server.kill()
        server.start()
        assert server.call("mail", "list")["waiting"] == 2
        budgets = Budgets(server, ada)
        wait_state(budgets.ec2, machine, "stopped")
        inbox.start()
        subjects = [mail["Subject"] for mail in inbox.wait("ada@example.edu", 2, seconds=60)]
        assert sorted(subjects) == ["Budget lab: an action runs", "Budget lab: your alert threshold has been reached"]
        time.sleep(7)
        assert len(inbox.mails) == 2 and len({mail["Message-ID"] for mail in inbox.mails}) == 2


def test_without_an_smtp_server_mails_wait_and_the_operator_is_told():
    with Server.fake(IMAGE) as server:
        ada = server.call("course", "create", "t") and server.call("account", "create", "--course", "t", "--name", "Ada", "--credit", "5", "--mail", "ada@example.edu")
        budgets = Budgets(server, ada)
        budgets.create(mails=["ada@example.edu"], notification=dollars(0.001))
        budgets.launch()
        listed = wait_for("the mail", lambda: (found := server.call("mail", "list"))["mails"] and found, 30)
        assert listed["smtp_configured"] is False and listed["mails"][0]["state"] == "waiting" and listed["mails"][0]["tries"] == 0
        assert server.call("status")["mail"] == {"smtp_configured": False, "waiting": 1, "failed": 0}
