"""The class page's server side over HTTP: who may, what is done, and what is written about it where."""
import csv
import io
import itertools
import json
import re
import sqlite3
import threading
import time

import pytest

from support.aws import client, wait_state
from support.session import Refused, Session, refused

numbers = itertools.count()


@pytest.fixture
def course(server):
    if not hasattr(server, "call"):
        pytest.skip("needs the operator's command line")
    name = f"class {next(numbers)}"
    server.call("course", "create", name)
    return name


def person(server, course, name, role="student", credit="5"):
    return server.call("account", "create", "--course", course, "--name", name, "--credit", credit, "--role", role)


@pytest.fixture
def teacher(server, course):
    return Session.signed_in(server, person(server, course, "Grace", "teacher", "0")["sign_in_url"])


def members(console, **query):
    return console.post("/class/members", query)


def roster(teacher, text, **options):
    query = "&".join(f"{k}={v}" for k, v in options.items())
    return teacher.post(f"/class/roster?{query}", text.encode() if isinstance(text, str) else text, {"Content-Type": "application/octet-stream"})


def test_a_roster_is_previewed_confirmed_and_its_people_come_in(server, teacher):
    text = "name;identifier;section\nAda Lovelace;s1;A\nBen;s2;B\n".encode("utf-16")
    seen = roster(teacher, text, credit="20")
    assert (seen["new_count"], seen["wrong_count"]) == (2, 0)
    assert members(teacher)["counters"]["members"] == 1
    with refused("RosterChanged"):
        roster(teacher, text, credit="21", digest=seen["digest"])
    assert roster(teacher, text, credit="20", digest=seen["digest"]) == {"invited": 2, "changed": 0, "suspended": 0}
    made = teacher.post("/class/sign-in-links", {"query": {"state": "invited"}})
    rows = {r["identifier"]: r["sign-in link"] for r in csv.DictReader(io.StringIO(made["csv"]))}
    assert set(rows) == {"s1", "s2"} and [link["url"] for link in made["links"]] == list(rows.values())
    ada = Session.signed_in(server, rows["s1"])
    assert ada.get("/wallet")["left"] == "20.00"
    row = members(teacher, find="LOVE")["rows"][0]
    assert (row["name"], row["status"], row["left_shown"], row["seen"] is not None) == ("Ada Lovelace", "joined", "$20.00", True)
    assert members(teacher)["counters"]["invited"] == 1
    with refused("PassRefused"):
        Session.signed_in(server, rows["s1"])


BROKEN = {  # a line of a file of ten thousand, and what is said of each
    "A {i},s{i},not-a-mail,B": "is not a mail address",
    'A {i},"s{i},x,B': "there is text behind a closing quote",
    "A {i},s\u202e{i},x{i}@example.org,B": "(U+202E)",
    "A,s1,a@example.org,B": "is in line 2 already",
    "A {i},s{i},x{i}@example.org,B,1,2,3": "has 7 cells, the first line names 4",
}


@pytest.mark.parametrize("line", BROKEN)
def test_ten_thousand_broken_lines_are_told_one_by_one_the_first_of_them_shown(teacher, line):
    text = "name,identifier,mail,section\n" + "".join(line.replace("{i}", str(i)) + "\n" for i in range(10_000))
    begun = time.monotonic()
    seen = roster(teacher, text)
    assert time.monotonic() - begun < 5  # a tenth of a second where nothing else runs
    assert seen["wrong_count"] >= 9_999 and len(seen["wrong"]) == 500 and len(json.dumps(seen)) < 200_000
    lines = [wrong["line"] for wrong in seen["wrong"]]
    assert lines == sorted(lines) and set(lines) <= set(range(2, 503))
    assert all(BROKEN[line] in wrong["reason"] for wrong in seen["wrong"])
    with refused("RosterWrong"):
        roster(teacher, text, digest=seen["digest"])
    assert members(teacher)["counters"]["members"] == 1


def test_ten_thousand_members_are_imported_and_changed_while_others_are_answered(server, teacher):
    text = "name,identifier,mail,section\n" + "".join(f"Student {i},s{i},s{i}@example.org,S{i % 20}\n" for i in range(10_000))
    waits, over = [], threading.Event()

    def ask():
        other = Session(server)
        other.cookie = teacher.cookie
        while not over.wait(0.02):
            begun = time.monotonic()
            other.get("/session")
            waits.append(time.monotonic() - begun)

    asking = threading.Thread(target=ask)
    asking.start()
    begun = time.monotonic()
    try:
        assert roster(teacher, text, digest=roster(teacher, text)["digest"])["invited"] == 10_000
        changed = text.replace("Student", "Member")
        assert roster(teacher, changed, digest=roster(teacher, changed)["digest"])["changed"] == 10_000
    finally:
        over.set()
        asking.join()
    assert time.monotonic() - begun < 40, "two to five seconds where nothing else runs"
    assert waits and max(waits) < 2, "nobody waits for the whole of it"
    assert roster(teacher, changed)["unchanged"] == 10_000


def test_students_visitors_and_foreign_pages_are_refused(server, course, teacher):
    ada = Session.signed_in(server, person(server, course, "Ada")["sign_in_url"])
    for path in ("members", "act", "sign-in-links", "member", "roster", "codes", "links"):
        with refused("StaffOnly"):
            ada.post(f"/class/{path}")
        with refused("PassRefused"):
            Session(server).post(f"/class/{path}")
    for headers in ({"X-Stipend-Csrf": None}, {"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        with pytest.raises(Refused) as error:
            teacher.post("/class/act", {"act": "suspend", "query": {}}, headers)
        assert error.value.status == 403
    assert members(teacher)["counters"]["suspended"] == 0
    other = f"{course} other"
    server.call("course", "create", other)
    stranger = person(server, other, "Chi")["account_id"]
    for act in ("stop", "suspend", "erase"):
        with refused("NoSuchAccount"):
            teacher.post("/class/act", {"act": act, "accounts": [stranger]})
    with refused("NoSuchAccount"):
        teacher.post("/class/member", {"account": stranger})
    with refused("NoSuchAccount"):
        teacher.post("/class/sign-in-links", {"accounts": [stranger]})


def test_staff_sees_stops_grants_moves_and_suspends(server, course, teacher):
    account = person(server, course, "Ada")
    ec2 = client(server, account)
    image = ec2.describe_images()["Images"][0]["ImageId"]
    made = ec2.run_instances(ImageId=image, InstanceType="t2.micro", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    wait_state(ec2, made, "running")
    page = members(teacher, state="running")
    assert (page["found"], page["found_machines"], page["counters"]["machines"]) == (1, 1, 1)
    assert page["rows"][0]["machines"][0]["id"] == made and page["rows"][0]["lasts_until"]
    one = {"accounts": [account["account_id"]]}
    seen = teacher.post("/class/member", {"account": account["account_id"]})
    assert seen["who"]["name"] == "Ada" and seen["instances"][0]["id"] == made
    for _ in range(2):  # a double click gives once
        teacher.post("/class/act", {"act": "grant", "amount": "7.50", "text": "homework 2", **one}, {"Idempotency-Key": "k1"})
    assert server.call("account", "show", account["account_id"])["granted"] == "12.50"
    teacher.post("/class/act", {"act": "section", "text": "B", **one})
    assert members(teacher, section="B")["found"] == 1 and members(teacher)["sections"] == ["B"]
    assert teacher.post("/class/act", {"act": "stop", "query": {}})["machines"] == 1
    wait_state(ec2, made, "stopped")
    teacher.post("/class/act", {"act": "suspend", **one})
    with pytest.raises(Exception, match="AuthFailure"):
        ec2.describe_instances()
    teacher.post("/class/act", {"act": "unsuspend", **one})
    assert ec2.describe_instances()["Reservations"]
    for wrong in ({"act": "grant", "amount": "lots"}, {"act": "dance"}):
        with refused("Invalid"):
            teacher.post("/class/act", {**wrong, **one})
    with refused("NobodyNamed"):
        teacher.post("/class/act", {"act": "stop", "accounts": []})
    with refused("NobodyNamed"):
        teacher.post("/class/act", {"act": "suspend", "query": {"find": "nobody at all"}})


def test_a_join_code_makes_a_member_who_can_come_back(server, course, teacher):
    code = teacher.post("/class/codes", {"credit": "10", "uses": 1, "days": 7, "section": "A"})
    assert code["url"].endswith("/join/" + code["code"])
    visitor = Session(server)
    offer = visitor.post("/join/peek", {"code": code["code"].lower()})
    assert (offer["course"], offer["teachers"], offer["credit_shown"]) == (course, ["Grace"], "$10.00")
    with refused("InvalidIdentifier"):
        visitor.post("/join", {"code": code["code"], "identifier": "a\r\nSet-Cookie: x=y"})
    joined = visitor.post("/join", {"code": code["code"], "identifier": "Ada"})
    assert visitor.begin().get("/session")["name"] == "Ada"
    assert Session.signed_in(server, joined["sign_in_url"]).get("/wallet")["left"] == "10.00"
    with refused("JoinCodeUsedUp"):
        Session(server).post("/join", {"code": code["code"], "identifier": "Ben"})
    more = teacher.post("/class/codes", {"credit": "10", "uses": 5, "days": 7})
    with refused("IdentifierTaken"):
        Session(server).post("/join", {"code": more["code"], "identifier": "ADA"})
    teacher.post("/class/codes/end", {"code": more["code"]})
    with refused("JoinCodeRevoked"):
        Session(server).post("/join/peek", {"code": more["code"]})
    url = visitor.post("/own-link")["url"]
    assert Session.signed_in(server, url).get("/session")["name"] == "Ada"


def test_a_course_link_is_no_way_out_and_only_for_members(server, course, teacher):
    with refused("NoJupyter"):
        teacher.post("/class/links", {"title": "Lab", "image": "minimal", "type": "t2.micro"})
    for repository in ("http://x.org/a", "https://x.org/a?b", "https://u@x.org/a", "//x.org/a", "javascript:alert(1)"):
        with pytest.raises(Refused):
            teacher.post("/class/links", {"title": "Lab", "image": "minimal", "type": "t2.micro", "repository": repository})
    with refused("NoSuchLink"):
        teacher.get("/go/nonesuch00")
    with refused("NoSuchLink"):
        teacher.get("/go/..%2f..%2fsession")
    with refused("PassRefused"):
        Session(server).get("/go/nonesuch00")
    assert teacher.get("/go") == []


def test_neither_names_nor_secrets_are_in_audit_ledger_or_log(server, course, teacher):
    text = "name,identifier,mail\nQuirinus Xylander,qx-77,quirinus@xylander.example\n"
    roster(teacher, text, digest=roster(teacher, text)["digest"])
    url = teacher.post("/class/sign-in-links", {"query": {"find": "quirinus"}})["links"][0]["url"]
    account = members(teacher, find="xyland")["rows"][0]["account"]
    student = Session.signed_in(server, url)
    code = teacher.post("/class/codes", {"credit": "1", "uses": 1, "days": 1})["code"]
    Session(server).post("/join", {"code": code, "identifier": "pseudonym-4711"})
    teacher.post("/class/act", {"act": "grant", "amount": "1", "text": "for Quirinus", "accounts": [account]})
    secrets = [url.rsplit("#", 1)[1], student.cookie.split("=", 1)[1], student.csrf, code]
    people = ["Quirinus", "Xylander", "qx-77", "pseudonym-4711"]
    log = server.log.read_text()
    with sqlite3.connect(f"file:{server.state}/server/stipend.db?mode=ro", uri=True) as database:
        audits = "\n".join(map(str, database.execute("SELECT * FROM audits")))
        entries = "\n".join(map(str, database.execute("SELECT * FROM entries")))
        persons = "\n".join(map(str, database.execute("SELECT * FROM persons")))
    assert "Quirinus" in persons
    for word in secrets + people:
        for where, content in (("log", log), ("audit", audits), ("ledger", entries)):
            assert word not in content, (where, word)
    staff = teacher.get("/session")["account"]
    for action in ("grant", "new-sign-in-link", "create-account"):
        assert re.search(rf"'{staff}', 'console', '[0-9a-f]+', '{action}', '{account}'", audits), action
    teacher.post("/class/act", {"act": "erase", "accounts": [account]})
    with refused("PassRefused"):
        student.get("/session")
    row = members(teacher, find=account)["rows"][0]
    assert (row["name"], row["identifier"], row["status"]) == ("", "", "erased")
    server.stop()
    server.start()  # the log written ahead is emptied
    assert b"Xylander" not in b"".join(path.read_bytes() for path in (server.state / "server").glob("stipend.db*"))


def test_wrong_codes_are_counted_and_right_ones_are_not(server, course, teacher):
    """Last: its address may not guess any more."""
    code = teacher.post("/class/codes", {"credit": "1", "uses": 100, "days": 1})["code"]
    for i in range(25):
        Session(server).post("/join/peek", {"code": code})
    seen = set()
    for i in range(25):
        with pytest.raises(Refused) as error:
            Session(server).post("/join/peek", {"code": f"WRNG{'ABCDEFGHJ'[i % 9]}KMNP"})
        seen.add((error.value.status, error.value.code))
    assert seen == {(404, "JoinCodeUnknown"), (429, "TooManyGuesses")}
