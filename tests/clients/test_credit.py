"""Credit with terms, codes that members enter, emergency credit: over the pages' API and the operator's command line."""
import csv
import io
import itertools
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from conftest import IMAGE
from support.server import BIN, Server
from support.session import Refused, Session, refused

numbers = itertools.count()


@pytest.fixture
def course(server):
    if not hasattr(server, "call"):
        pytest.skip("needs the operator's command line")
    name = f"credit {next(numbers)}"
    server.call("course", "create", name)
    return name


def person(server, course, name, credit="1", role="student"):
    made = server.call("account", "create", "--course", course, "--name", name, "--credit", credit, "--role", role)
    session = Session.signed_in(server, made["sign_in_url"])
    session.id = made["account_id"]
    return session


@pytest.fixture
def teacher(server, course):
    return person(server, course, "Grace", "0", "teacher")


def left(session):
    return Decimal(session.get("/wallet")["left"])


def made_codes(server, course, *words):
    return [code["printed"] for code in server.call("course", "credit-codes", course, *words)["codes"]]


def in_days(days):
    return (datetime.now(timezone.utc) + timedelta(days=days)).strftime("%Y-%m-%d %H:%M")


def test_a_member_enters_a_code_once_and_sees_what_it_gave(server, course):
    ada, ben = person(server, course, "Ada"), person(server, course, "Ben")
    (code,) = made_codes(server, course, "--amount", "5", "--uses", "2", "--label", "midterm", "--grant-days", "7", "--types", "t2.micro,t2.medium")
    given = ada.post("/credit/redeem", {"code": f" {code.lower().replace('-', ' ')} "})
    assert (given["amount_shown"], given["source"], given["types"]) == ("$5.00", "code", ["t2.medium", "t2.micro"])
    assert left(ada) == 6
    with refused("CreditCodeTaken"):
        ada.post("/credit/redeem", {"code": code})
    newest = ada.get("/credit")["grants"][0]
    assert newest["reason"] == "midterm" and newest["expires"][:10] == in_days(7)[:10]
    ben.post("/credit/redeem", {"code": code})
    with refused("CreditCodeUsedUp"):
        person(server, course, "Cleo").post("/credit/redeem", {"code": code})
    rows = server.call("grants", "--course", course, "--source", "code")
    assert {row["account_id"] for row in rows} == {ada.id, ben.id} and {row["code"] for row in rows} == {code.replace("-", "")}
    kinds = [entry["kind"] for entry in server.call("ledger", "--account", ada.id)]
    assert kinds == ["grant", "grant"]


def test_codes_that_are_over_or_of_another_course_are_refused_in_their_words(server, course):
    ada = person(server, course, "Ada")
    other = course + " other"
    server.call("course", "create", other)
    (theirs,) = made_codes(server, other, "--amount", "5")
    with pytest.raises(Refused) as of_another:
        ada.post("/credit/redeem", {"code": theirs})
    with pytest.raises(Refused) as of_nobody:
        ada.post("/credit/redeem", {"code": "ABCD-EFGH-JKMN"})
    assert of_another.value.answer["title"] == of_nobody.value.answer["title"] and of_another.value.status == 404
    (code,) = made_codes(server, course, "--amount", "5")
    server.call("course", "credit-codes", course, "--end", code)
    with refused("CreditCodeRevoked"):
        ada.post("/credit/redeem", {"code": code})
    batch = made_codes(server, course, "--amount", "5", "--count", "3", "--label", "week 1")
    assert server.call("course", "credit-codes", course, "--end-label", "week 1") == {"ended": 3}
    with refused("CreditCodeRevoked"):
        ada.post("/credit/redeem", {"code": batch[2]})
    assert {code["state"] for code in server.call("course", "credit-codes", course, "--list")["codes"]} == {"ended"}
    assert left(ada) == 1


def test_wrong_codes_are_limited_per_account_and_right_ones_cost_no_try(server, course):
    ada, ben = person(server, course, "Ada"), person(server, course, "Ben")
    codes = made_codes(server, course, "--amount", "1", "--count", "12")
    for code in codes:
        ada.post("/credit/redeem", {"code": code})
    (code,) = made_codes(server, course, "--amount", "1")
    for _ in range(10):
        with refused("CreditCodeUnknown"):
            ada.post("/credit/redeem", {"code": "ABCD-EFGH-JKMN"})
    with refused("TooManyGuesses"):
        ada.post("/credit/redeem", {"code": code})
    ben.post("/credit/redeem", {"code": code})


def at_once(tries):
    """What each answers: "ok" or the code of its refusal."""
    def one(session, code):
        try:
            session.post("/credit/redeem", {"code": code})
            return "ok"
        except Refused as refusal:
            return refusal.code

    with ThreadPoolExecutor(len(tries)) as pool:
        return Counter(pool.map(lambda t: one(*t), tries))


def test_of_many_at_once_the_uses_of_a_code_go_to_as_many_and_each_member_has_it_once(server, course):
    people = [person(server, course, f"Student {i}") for i in range(8)]
    (code,) = made_codes(server, course, "--amount", "5", "--uses", "3")
    assert at_once([(session, code) for session in people]) == {"ok": 3, "CreditCodeUsedUp": 5}
    assert sum(left(session) for session in people) == 8 + 3 * 5
    (code,) = made_codes(server, course, "--amount", "5", "--uses", "100")
    assert at_once([(people[0], code)] * 8) == {"ok": 1, "CreditCodeTaken": 7}


def test_wrong_codes_at_the_same_time_are_no_more_than_one_after_another(server, course):
    ada = person(server, course, "Ada")
    assert at_once([(ada, "ABCD-EFGH-JKMN")] * 30) == {"CreditCodeUnknown": 10, "TooManyGuesses": 20}


@pytest.mark.parametrize("body", [b"", b"[]", b'{"code": 7}', b"{"])
def test_a_body_without_a_code_is_told_so(server, course, body):
    with refused("MissingCode"):
        person(server, course, "Ada").post("/credit/redeem", body)


def test_codes_what_they_gave_and_the_emergency_total_outlive_a_restart():
    with Server.fake(IMAGE) as own:
        own.call("course", "create", "CS 101")
        own.call("course", "policy", "CS 101", "--emergency", "2", "--emergency-total", "2")
        ada, ben = person(own, "CS 101", "Ada"), person(own, "CS 101", "Ben")
        used, fresh = made_codes(own, "CS 101", "--amount", "5", "--count", "2", "--uses", "2", "--grant-days", "7", "--types", "t2.micro", "--label", "lab")
        ada.post("/credit/emergency")
        ada.post("/credit/redeem", {"code": used})
        before = own.call("grants", "--course", "CS 101"), own.call("course", "credit-codes", "CS 101", "--list")["codes"]
        own.stop()
        own.start()
        ada, ben = ada.begin(), ben.begin()
        assert (own.call("grants", "--course", "CS 101"), own.call("course", "credit-codes", "CS 101", "--list")["codes"]) == before
        for refusal, path, code in (("CreditCodeTaken", "/credit/redeem", used), ("EmergencyTaken", "/credit/emergency", "")):
            with refused(refusal):
                ada.post(path, {"code": code})
        with refused("EmergencyUsedUp"):
            ben.post("/credit/emergency")
        ben.post("/credit/redeem", {"code": fresh})
        assert (left(ada), left(ben)) == (8, 6)


def test_codes_are_printed_as_csv_and_as_cards(server, course):
    def printed(*words):
        done = subprocess.run([BIN / "stipend", "--state", server.state, "course", "credit-codes", course, *words], capture_output=True, text=True, timeout=60, check=True)
        return done.stdout

    rows = list(csv.DictReader(io.StringIO(printed("--amount", "5", "--count", "120", "--csv"))))
    assert len({row["code"] for row in rows}) == 120 and {row["amount"] for row in rows} == {"5.00"}
    page = printed("--amount", "5", "--count", "3", "--label", "<b>", "--cards")
    assert page.count("<div>") == 3 and "&lt;b&gt;" in page
    assert server.refused("course", "credit-codes", course, "--amount", "5", "--count", "2001")["code"] == "InvalidCount"
    assert server.refused("course", "credit-codes", course, "--amount", "5", "--expires", "soon")["code"] == "InvalidExpiry"
    assert server.refused("course", "credit-codes", course)["code"] == "InvalidArgument"


def test_credit_with_an_expiry_and_types_is_given_and_shown(server, course, teacher):
    ada = person(server, course, "Ada")
    server.call("grant", "--account", ada.id, "--amount", "2", "--reason", "lab", "--expires", in_days(3), "--zone", "UTC", "--types", "t2.micro")
    teacher.post("/class/act", {"act": "grant", "accounts": [ada.id], "amount": "3", "text": "page", "expires":
                                (datetime.now(timezone.utc) + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%S.000Z"), "types": "t2.micro, t2.medium"})
    newest, second, first = ada.get("/credit")["grants"]
    assert (newest["types"], newest["reason"]) == (["t2.medium", "t2.micro"], "page")
    assert second["types"] == ["t2.micro"] and second["expires"].startswith(in_days(3)[:10])
    assert first["expires"] is None and first["types"] == []
    assert [grant["reason"] for grant in teacher.post("/class/member", {"account": ada.id})["grants"]][:2] == ["page", "lab"]
    assert server.refused("grant", "--account", ada.id, "--amount", "2", "--reason", "x", "--expires", "2020-01-01 00:00")["code"] == "InvalidExpiry"
    assert server.refused("grant", "--account", ada.id, "--amount", "2", "--reason", "x", "--types", "t9.none")["code"] == "InvalidInstanceType"
    with refused("InvalidExpiry"):
        teacher.post("/class/act", {"act": "grant", "accounts": [ada.id], "amount": "3", "expires": "Friday"})


def test_everyone_under_two_dollars_is_shown_first_and_given_to_in_one_step(server, course):
    ada, ben, cleo = person(server, course, "Ada", "1"), person(server, course, "Ben", "1.99"), person(server, course, "Cleo", "2")
    wish = ("grant", "--course", course, "--under", "2", "--amount", "5", "--reason", "until Friday", "--expires", in_days(5), "--zone", "UTC")
    shown = server.call(*wish)
    assert ({m["account_id"] for m in shown["members"]}, shown["sum"], shown["given"]) == ({ada.id, ben.id}, "10.00", False)
    assert (left(ada), left(ben)) == (1, Decimal("1.99"))
    assert server.call(*wish, "--confirm")["given"] is True
    assert (left(ada), left(ben), left(cleo)) == (6, Decimal("6.99"), 2)
    assert server.refused(*wish, "--confirm")["code"] == "NobodyFound"
    assert server.refused("grant", "--course", course, "--amount", "5", "--reason", "x")["code"] == "InvalidArgument"
    assert server.refused("grant", "--course", course, "--account", ada.id, "--amount", "5", "--reason", "x")["code"] == "InvalidArgument"
    server.call("grant", "--course", course, "--everybody", "--amount", "1", "--reason", "x", "--confirm")
    assert left(cleo) == 3


def test_emergency_credit_is_offered_to_who_has_less_taken_once_and_seen_by_staff(server, course, teacher):
    ada, ben = person(server, course, "Ada", "1"), person(server, course, "Ben", "3")
    assert ada.get("/credit")["emergency_shown"] is None
    with refused("EmergencyNotOffered"):
        ada.post("/credit/emergency")
    assert server.refused("course", "policy", course, "--emergency", "2")["code"] == "InvalidPolicy"
    policy = server.call("course", "policy", course, "--emergency", "2", "--emergency-total", "3", "--machines", "4")
    assert (policy["emergency"], policy["emergency_total"], policy["machines"]) == ("2.00", "3.00", 4)
    assert (ada.get("/credit")["emergency_shown"], ben.get("/credit")["emergency_shown"]) == ("$2.00", None)
    assert ada.post("/credit/emergency")["source"] == "emergency"
    assert left(ada) == 3 and ada.get("/credit")["emergency_shown"] is None
    with refused("EmergencyTaken"):
        ada.post("/credit/emergency")
    with refused("EmergencyNotNeeded|EmergencyUsedUp"):
        ben.post("/credit/emergency")
    assert server.call("course", "policy", course)["emergency_given"] == "2.00"
    assert [row["account_id"] for row in server.call("grants", "--course", course, "--source", "emergency")] == [ada.id]
    assert teacher.post("/class/member", {"account": ada.id})["grants"][0]["source"] == "emergency"


def test_staff_makes_ends_and_sees_codes_on_the_class_page_and_members_do_not(server, course, teacher):
    ada = person(server, course, "Ada")
    wish = {"amount": "5", "count": 3, "uses": 1, "days": 14, "credit_days": 0, "label": "lab 1", "types": ""}
    made = teacher.post("/class/credit-codes", wish)
    assert len(made) == 3 and {code["state"] for code in made} == {"usable"}
    ada.post("/credit/redeem", {"code": made[0]["printed"]})
    teacher.post("/class/credit-codes/end", {"codes": [made[1]["code"]]})
    states = {code["code"]: code["state"] for code in teacher.get("/class/credit-codes")}
    assert [states[code["code"]] for code in made] == ["used-up", "ended", "usable"]
    with refused("StaffOnly"):
        ada.get("/class/credit-codes")
    with refused("StaffOnly"):
        ada.post("/class/credit-codes", wish)
    with refused("InvalidUses"):
        teacher.post("/class/credit-codes", {**wish, "uses": 0})
