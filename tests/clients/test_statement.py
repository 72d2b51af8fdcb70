"""What an account was given and charged in a month: on the command line, as CSV and for the page. And what homework costs."""
import csv
import datetime
import io
import json
import subprocess
import urllib.error
from decimal import Decimal

import pytest
from support import aws
from support.console import Console
from support.server import BIN, wait_for

MONTH = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m")


def text(server, *words):
    done = subprocess.run([BIN / "stipend", "--state", server.state, *words], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def table(server, *words):
    return list(csv.DictReader(io.StringIO(text(server, "statement", *words, "--csv"), newline="")))


def refused(server, *words):
    done = subprocess.run([BIN / "stipend", "--state", server.state, *words], capture_output=True, text=True, timeout=60)
    assert done.returncode != 0, done.stdout
    return done.stderr


@pytest.fixture
def course(server, request):
    name = f"Statements of {request.node.name}"
    server.call("course", "create", name)
    return name


def used(server, account):
    """A machine that ran and was terminated, so that all is posted."""
    ec2 = aws.client(server, account)
    image = ec2.describe_images()["Images"][0]["ImageId"]
    machine = ec2.run_instances(ImageId=image, InstanceType="t2.medium", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    aws.wait_state(ec2, machine, "running")
    ec2.terminate_instances(InstanceIds=[machine])
    aws.wait_state(ec2, machine, "terminated")
    wait_for("the run to be settled", lambda: "run" not in server.call("instance", "show", machine))
    return machine


def test_every_line_counts_to_the_nano_dollar(server, course):
    account = server.account("Ada", credit="5", course=course)
    number = account["account_id"]
    machine = used(server, account)
    server.call("grant", "--account", number, "--amount=-1.25", "--reason", "back")
    server.call("grant", "--account", number, "--amount", "0.5", "--reason", "for the lab")
    rows = table(server, number, "--month", MONTH)
    assert rows[0]["what"] == "opening balance" and Decimal(rows[0]["balance"]) == 0
    balance = Decimal(0)
    for row in rows[1:-1]:
        balance += Decimal(row["in"] or 0) - Decimal(row["out"] or 0)
        assert Decimal(row["balance"]) == balance, row
    assert Decimal(rows[-1]["balance"]) == balance and rows[-1]["what"] == "closing balance"
    charged = next(row for row in rows if row["what"] == "machine")
    assert (charged["item"], charged["type"], charged["price list"]) == (machine, "t2.medium", "2026") and charged["from"] < charged["until"]
    assert Decimal(charged["out"]) == Decimal(charged["price per hour"]) * 60 / 3600 // Decimal("1e-9") * Decimal("1e-9")  # the minimum
    assert [Decimal(row["out"]) for row in rows if row["what"] == "credit taken back"] == [Decimal("1.25")]
    assert Decimal(server.call("account", "show", number)["balance"]) == balance
    assert [row["reason"] for row in rows if row["what"] == "credit given"][1:] == ["for the lab"]
    sums = server.call("statement", number)["sums"]
    assert Decimal(sums["given"]) - Decimal(sums["taken_back"]) - Decimal(sums["machines"]) - Decimal(sums["disks"]) == balance == Decimal(sums["closing"])
    shown = text(server, "statement", number)
    assert "Closing balance" in shown and "machine t2.medium" in shown and "$0.0464/h (2026)" in shown


def test_a_month_without_entries_and_wrong_words(server, account):
    number = account["account_id"]
    assert [row["what"] for row in table(server, number, "--month", "2019-01")] == ["opening balance", "closing balance"]
    later = table(server, number, "--month", "2199-01")
    assert [Decimal(row["balance"]) for row in later] == [100, 100]  # what was given opens it
    assert "Nothing was posted" in text(server, "statement", number, "--month", "2019-01")
    assert "months are like 2026-11" in refused(server, "statement", number, "--month", "11/2026")
    assert "there is no account" in refused(server, "statement", "000000000001")
    assert "say whose" in refused(server, "statement")


def test_a_course_is_the_sum_of_its_members_and_names_are_no_formulas(server, course):
    first = server.account("=HYPERLINK(1)", credit="5", course=course)
    second = server.account("Bob", credit="7.5", course=course)
    used(server, first)
    rows = table(server, "--course", course)
    assert sum(row["account"] == "account" for row in rows) == 0  # the names of the columns come once
    assert {row["name"] for row in rows} == {"'=HYPERLINK(1)", "Bob"}
    closing = {row["account"]: Decimal(row["balance"]) for row in rows if row["what"] == "closing balance"}
    assert closing[second["account_id"]] == Decimal("7.5")
    found = server.call("statement", "--course", course)
    assert Decimal(found["sums"]["closing"]) == sum(closing.values())
    assert not any(cell.startswith(("-", "+", "=", "@")) for row in rows for cell in row.values())
    assert "All" in text(server, "statement", "--course", course)
    server.call("account", "erase", first["account_id"])
    rows = table(server, "--course", course)
    assert {row["name"] for row in rows if row["account"] == first["account_id"]} == {""}


def test_long_statements_come_in_pages_that_join(server, account):
    number = account["account_id"]
    for i in range(520):
        subprocess.run([BIN / "stipend", "--state", server.state, "grant", "--account", number, "--amount", "0.01", "--reason", str(i)],
                       check=True, capture_output=True)
    rows = table(server, number)
    numbers = [int(row["entry"]) for row in rows if row["entry"]]
    assert len(numbers) == 521 and numbers == sorted(set(numbers))
    assert [row["what"] for row in rows].count("opening balance") == [row["what"] for row in rows].count("closing balance") == 1
    assert len(server.call("statement", number)["lines"]) == 521
    page = Console(server, account).ask("GET", f"/statement?month={MONTH}")
    assert len(page["lines"]) == 500 and page["lines_in_all"] == 521
    rest = Console(server, server.account("other")).ask  # somebody else sees none of it
    with pytest.raises(urllib.error.HTTPError) as error:
        rest("GET", f"/statement?account={number}")
    assert error.value.code == 403


def test_the_page_shows_students_their_own_and_staff_the_course(server, course):
    teacher = server.call("account", "create", "--course", course, "--name", "Grace", "--role", "teacher", "--credit", "0")
    student = server.account("Ada", credit="5", course=course)
    elsewhere = server.account("Eve")
    staff = Console(server, teacher)
    of_course = staff.ask("GET", f"/statements?month={MONTH}")
    assert {row["account"] for row in of_course["rows"]} == {teacher["account_id"], student["account_id"]} and of_course["next"] is None
    seen = staff.ask("GET", f"/statement?account={student['account_id']}&csv=1")
    assert seen["sums"]["closing"] == "5.00" and seen["csv"].count("\r\n") == 3
    own = Console(server, student)
    assert own.ask("GET", "/statement")["sums"] == seen["sums"]
    for ask, path, code in ((own.ask, "/statements", 403), (staff.ask, f"/statement?account={elsewhere['account_id']}", 404),
                            (own.ask, "/statement?month=may", 400), (own.ask, "/statement?after=x", 400), (own.ask, "/statement?account=1", 400)):
        with pytest.raises(urllib.error.HTTPError) as error:
            ask("GET", path)
        assert error.value.code == code, path


def test_the_wallet_says_how_long_disks_are_kept(server, account):
    console = Console(server, account)
    assert console.ask("GET", "/wallet")["disks_kept_until"] is None
    ec2 = aws.client(server, account)
    image = ec2.describe_images()["Images"][0]["ImageId"]
    machine = ec2.run_instances(ImageId=image, InstanceType="t2.medium", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    aws.wait_state(ec2, machine, "running")
    wallet = console.ask("GET", "/wallet")
    shown = server.call("account", "show", account["account_id"])
    assert wallet["disks_kept_until"] > wallet["lasts_until"] and shown["disks_kept_until"][:10] == wallet["disks_kept_until"][:10]
    assert ", if its machines stop now" in text(server, "account", "show", account["account_id"])


def plan(*words):
    done = subprocess.run([BIN / "stipend", "--state", "/nowhere", "plan", *words], capture_output=True, text=True, timeout=30)
    return done.returncode, done.stdout, done.stderr


def test_what_homework_costs_needs_no_server():
    words = ("--type", "t2.medium", "--hours", "6", "--students", "120", "--catalogue", "2017", "--starts", "4")
    code, out, _ = plan(*words, "--json")
    planned = json.loads(out)
    assert code == 0 and planned["per_second"]["machine"] == "0.282" and planned["per_hour"]["machine"] == "0.376"
    disk = Decimal(planned["disk_price_per_hour"]) * 336
    assert Decimal(planned["per_hour"]["disk"]) == disk
    assert Decimal(planned["per_hour"]["class_cost"]) == 120 * (Decimal("0.376") + disk)
    code, out, _ = plan(*words)
    assert code == 0 and "PER SECOND" in out and "Cost, 120 students" in out


@pytest.mark.parametrize("words, says", [
    (("--type", "t9.huge", "--hours", "6"), "no instance type"), (("--type", "t2.medium", "--hours", "0"), "--hours must be hours"),
    (("--type", "t2.medium", "--hours", "1e9"), "--hours must be hours"), (("--type", "t2.medium", "--hours", "6", "--students", "0"), "whole number from 1"),
    (("--type", "t2.medium", "--hours", "0.001", "--starts", "30"), "for a second at least"), (("--type", "t2.medium", "--hours", "6", "--catalogue", "1999"), "price list")])
def test_a_plan_refuses_what_it_cannot_count(words, says):
    code, _, err = plan(*words)
    assert code == 1 and says in err


def test_a_forecast_needs_a_course_and_a_moment_to_come(server, course):
    server.account("Ada", credit="5", course=course)
    tomorrow = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)).strftime("%Y-%m-%d %H:%MZ")
    seen = server.call("course", "forecast", course, "--until", tomorrow)
    assert [m["left"] for m in seen["members"]] == ["5.00"] and seen["run_out"] == {"low": 0, "middle": 0, "high": 0}
    assert "0 of 1 will run out before" in text(server, "course", "forecast", course, "--until", tomorrow)
    assert "a moment to come" in refused(server, "course", "forecast", course, "--until", "2020-01-01 00:00Z")
    assert "is no time" in refused(server, "course", "forecast", course, "--until", "Friday")
    assert "there is no course" in refused(server, "course", "forecast", "nowhere", "--until", tomorrow)
