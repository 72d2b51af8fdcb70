"""Prices that change: a course's own list, from an instant on, as the operator sets it and AWS clients meet it."""
import datetime
import itertools
import json
import subprocess

import pytest
from support.aws import client, image_id, wait_state
from support.console import Console
from support.server import BIN, Server, wait_for

from conftest import IMAGE

numbers = itertools.count()


@pytest.fixture(scope="module")
def fake():
    with Server.fake(IMAGE) as made:
        yield made


@pytest.fixture
def course(fake):
    name = f"course {next(numbers)}"
    fake.call("course", "create", name)
    return name


def utc(**ahead):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**ahead)).strftime("%Y-%m-%d %H:%M")


def list_of(fake, path, edition, change=lambda types: None, of="2026"):
    """A price list in a file, as a teacher makes one: printed, edited."""
    printed = fake.call("catalogue", "show", of)
    printed["edition"] = edition
    printed["source"] = "a letter of the dean"
    change({one["name"]: one for one in printed["types"]})
    path.write_text(json.dumps(printed, indent=2))
    return path


def launched(ec2, type_name):
    return ec2.run_instances(ImageId=image_id(ec2, "minimal"), InstanceType=type_name, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]


def spoken(fake, *arguments):
    """What `stipend catalogue` says to people."""
    return subprocess.run([BIN / "stipend", "--state", fake.state, "catalogue", *arguments], capture_output=True, text=True, timeout=30, check=True).stdout


def verified(fake):
    answer = fake.call("ledger", "verify")
    assert answer["ok"], [check for check in answer["checks"] if not check["ok"]]
    return {check["check"] for check in answer["checks"]}


def test_a_list_that_was_shown_edited_and_added_shows_the_same_again(fake, course, tmp_path):
    edition = f"same-{next(numbers)}"
    path = list_of(fake, tmp_path / "mine.json", edition)
    fake.call("catalogue", "add", course, path)
    assert fake.call("catalogue", "show", edition) == json.loads(path.read_text())
    listed = fake.call("catalogue", "list", course)
    assert listed["edition"] == "2026" and [step["state"] for step in listed["steps"]] == ["holds"]
    assert {one["edition"]: one["course"] for one in listed["editions"]} == {"2017": None, "2026": None, edition: course}
    again = fake.refused("catalogue", "add", course, path)
    assert again["code"] == "CatalogueExists" and "none is ever edited" in again["message"]


def test_what_a_list_does_not_say_of_snapshots_and_addresses_is_as_in_the_one_that_holds(fake, course, tmp_path):
    prices = {"snapshot_gib_month": "0.07", "address_hour": "0.01"}
    first, second = (f"copies-{next(numbers)}" for _ in range(2))
    path = list_of(fake, tmp_path / "first.json", first)
    path.write_text(json.dumps(json.loads(path.read_text()) | prices))
    fake.call("catalogue", "add", course, path)
    fake.call("catalogue", "use", course, first, "--from", "now")
    shorter = json.loads(path.read_text()) | {"edition": second}
    for name in prices:
        del shorter[name]
    path.write_text(json.dumps(shorter))
    added = fake.call("catalogue", "add", course, path)
    shown = fake.call("catalogue", "show", second)
    assert {name: shown[name] for name in prices} == {name: added[name] for name in prices} == prices
    words = spoken(fake, "show", second)
    assert "snapshot occupies" in words and "elastic address" in words


def test_what_starts_after_a_change_costs_the_new_price_and_what_runs_the_old(fake, course, tmp_path):
    account = fake.account(course=course)
    number = account["account_id"]
    ec2 = client(fake, account)
    old = launched(ec2, "t2.medium")
    wait_state(ec2, old, "running")
    edition = f"dear-{next(numbers)}"
    fake.call("catalogue", "add", course, list_of(fake, tmp_path / "dear.json", edition, lambda types: types["t2.medium"].update(price_per_hour="0.5")))
    used = fake.call("catalogue", "use", course, edition, "--from", "now")
    assert used["edition"] == edition and [step["state"] for step in used["steps"]] == ["over", "holds"]
    assert {one["name"]: one["catalogue"] for one in fake.call("course", "list")}[course] == edition
    shown = {one["name"]: one for one in Console(fake, account).ask("GET", "/types")}["t2.medium"]
    assert shown["price_per_hour"] == "0.50", shown
    new = launched(ec2, "t2.medium")
    wait_state(ec2, new, "running")
    ec2.terminate_instances(InstanceIds=[old, new])
    for machine in (old, new):
        wait_state(ec2, machine, "terminated")
        wait_for("the run to be settled", lambda: "run" not in fake.call("instance", "show", machine))
    lines = fake.call("statement", number)["lines"]
    runs = {line["item"]: (line["price_per_hour"], line["catalogue"]) for line in lines if line["what"] == "machine"}
    assert runs == {old: ("0.0464", "2026"), new: ("0.50", edition)}
    disks = [line["catalogue"] for line in lines if line["what"] == "disk"]
    assert set(disks) <= {"2026", edition}
    assert {"prices", "usage"} <= verified(fake)


def test_a_list_without_a_type_of_the_one_before_is_refused_and_the_type_is_named(fake, course, tmp_path):
    edition = f"fewer-{next(numbers)}"
    path = list_of(fake, tmp_path / "fewer.json", edition)
    fewer = json.loads(path.read_text())
    fewer["types"] = [one for one in fewer["types"] if one["name"] not in ("t2.nano", "m4.large")]
    path.write_text(json.dumps(fewer))
    fake.call("catalogue", "add", course, path)
    error = fake.refused("catalogue", "use", course, edition, "--from", "now")
    assert error["code"] == "InvalidPriceStep" and "m4.large, t2.nano" in error["message"]
    error = fake.refused("catalogue", "use", course, "2017", "--from", "now")
    assert "lacks types of 2026" in error["message"]


def test_a_change_that_has_not_begun_is_planned_shown_and_cancelled(fake, course, tmp_path):
    edition = f"later-{next(numbers)}"
    fake.call("catalogue", "add", course, list_of(fake, tmp_path / "later.json", edition))
    planned = fake.call("catalogue", "use", course, edition, "--from", utc(days=3), "--zone", "UTC")
    assert [(step["edition"], step["state"]) for step in planned["steps"]] == [("2026", "holds"), (edition, "planned")]
    error = fake.refused("catalogue", "use", course, "2026", "--from", planned["steps"][1]["from"][:16].replace("T", " "), "--zone", "UTC")
    assert error["code"] == "InvalidPriceStep" and "already" in error["message"]
    assert len(fake.call("catalogue", "cancel", course, edition)["steps"]) == 1
    assert fake.refused("catalogue", "cancel", course, edition)["code"] == "NoSuchPriceStep"


@pytest.mark.parametrize("edit, part", [
    (lambda j: j["types"][0].update(price_per_hour=0.5), "in quotes"),
    (lambda j: j["types"][0].update(price_per_hour="-1"), "above 0"),
    (lambda j: j["types"][0].update(price_per_hour="1000000000"), "at most 1000"),
    (lambda j: j["types"][0].update(price_per_hours="1"), 'has no "price_per_hours"'),
    (lambda j: j["types"][0].update(vcpus="4"), "whole number"),
    (lambda j: j["types"].append(dict(j["types"][0])), "is there twice"),
    (lambda j: j.update(types={}), "must be a list"),
    (lambda j: j.update(gp2_gib_month="11"), "gp2_gib_month"),
    (lambda j: j.update(snapshot_gib_month="11"), "snapshot_gib_month"),
    (lambda j: j.update(address_hour=0.005), "in quotes"),
    (lambda j: j.update(address_hour="-1"), "address_hour"),
    (lambda j: j.update(edition="my list"), "the name of an edition"),
    (lambda j: j.update(edition="2030"), "a year alone"),
    (lambda j: j.update(source=""), "source"),
    (lambda j: j.pop("edition"), '"edition" must be text'),
])
def test_a_wrong_file_is_refused_with_what_is_wrong(fake, course, tmp_path, edit, part):
    path = list_of(fake, tmp_path / "wrong.json", f"wrong-{next(numbers)}")
    wrong = json.loads(path.read_text())
    edit(wrong)
    path.write_text(json.dumps(wrong))
    error = fake.refused("catalogue", "add", course, path)
    assert part in error["message"], error
    assert error["code"] == "InvalidCatalogue"


def test_no_file_no_json_and_too_much_are_refused(fake, course, tmp_path):
    assert fake.refused("catalogue", "add", course, tmp_path / "none.json")["code"] == "NoSuchFile"
    assert fake.refused("catalogue", "add", course, tmp_path)["code"] == "NoSuchFile"
    (tmp_path / "text.json").write_text("prices go up")
    assert fake.refused("catalogue", "add", course, tmp_path / "text.json")["code"] == "InvalidCatalogue"
    (tmp_path / "large.json").write_text(" " * 100_000)
    assert fake.refused("catalogue", "add", course, tmp_path / "large.json")["code"] == "FileTooLarge"
    assert fake.refused("catalogue", "add", "no such course", list_of(fake, tmp_path / "mine.json", "mine"))["code"] == "NoSuchCourse"
    assert fake.refused("catalogue", "show", "none")["code"] == "NoSuchCatalogue"


def test_homework_is_planned_at_a_file_and_at_a_courses_own_list(fake, course, tmp_path):
    edition = f"plan-{next(numbers)}"
    path = list_of(fake, tmp_path / "plan.json", edition, lambda types: types["t2.medium"].update(price_per_hour="1"))
    by_file = fake.call("plan", "--type", "t2.medium", "--hours", "2", "--catalogue", path)
    assert by_file["per_second"]["machine"] == "2.00" and by_file["catalogue"] == edition
    fake.call("catalogue", "add", course, path)
    assert fake.call("plan", "--type", "t2.medium", "--hours", "2", "--catalogue", edition) == by_file
    nowhere = subprocess.run([BIN / "stipend", "--state", tmp_path / "none", "plan", "--type", "t2.medium", "--hours", "2", "--catalogue", "own", "--json"],
                             capture_output=True, text=True, timeout=30)
    assert json.loads(nowhere.stderr)["code"] == "NoSuchCatalogue" and ".json" in nowhere.stderr


def test_the_commands_speak_to_people(fake, course, tmp_path):
    edition = f"words-{next(numbers)}"
    fake.call("catalogue", "add", course, list_of(fake, tmp_path / "words.json", edition))
    assert "t2.medium" in spoken(fake, "show", edition) and "$0.0464" in spoken(fake, "show", edition)
    assert "a letter of the dean" in spoken(fake, "list")
    assert f"{course} sells at 2026." in spoken(fake, "use", course, edition, "--from", utc(days=1), "--zone", "UTC")
    assert "planned" in spoken(fake, "list", course)
