"""Rosters, join codes, course links and members, as an operator has them on the command line."""
import csv
import io
import subprocess

import pytest

from support.server import BIN


def run(server, *words, check=True):
    done = subprocess.run([BIN / "stipend", "--state", server.state, *words], capture_output=True, timeout=90)
    if check:
        assert done.returncode == 0, done.stderr.decode()
    return done


@pytest.fixture
def course(server, request):
    if not hasattr(server, "call"):
        pytest.skip("needs the operator's command line")
    server.call("course", "create", request.node.name)
    return request.node.name


def write(folder, text, encoding="utf-8"):
    path = folder / "roster.csv"
    path.write_bytes(text.encode(encoding))
    return path


def members(server, course):
    return {a["identifier"]: a for a in server.call("account", "list") if a["course"] == course}


def test_a_roster_is_shown_first_and_imported_when_confirmed(server, course, tmp_path):
    file = write(tmp_path, "Name;Identifier;Section\nZoë Lovelace;s1;A\nBen;s2;B\n", "cp1252")
    shown = run(server, "roster", "import", file, "--course", course, "--credit", "20").stdout.decode()
    assert "2 new" in shown and "Nothing has changed" in shown and "Zoë Lovelace" in shown
    assert members(server, course) == {}
    assert server.call("roster", "import", file, "--course", course, "--credit", "20", "--confirm") == {"invited": 2, "changed": 0, "suspended": 0}
    after = members(server, course)
    assert after["s1"]["name"] == "Zoë Lovelace" and after["s1"]["status"] == "invited" and after["s1"]["available"] == "20.00"
    assert server.call("roster", "import", file, "--course", course, "--credit", "20")["unchanged"] == 2


def test_wrong_lines_are_told_by_line_and_stop_the_import(server, course, tmp_path):
    file = write(tmp_path, "name,identifier,mail\nAda,s1,ada@example.org\nBen,s1,nonsense\n\"Chi,s3,\nDan\u202e,s4,\n")
    wrong = server.call("roster", "import", file, "--course", course)["wrong"]
    assert [(w["line"], w["column"]) for w in wrong] == [(3, "identifier"), (3, "mail"), (4, ""), (5, "name")]
    assert run(server, "roster", "import", file, "--course", course, "--confirm", check=False).returncode != 0
    assert members(server, course) == {}
    assert server.call("roster", "import", file, "--course", course, "--confirm", "--skip-wrong")["invited"] == 1


def test_an_export_reads_back_and_protects_spreadsheets(server, course, tmp_path):
    file = write(tmp_path, "name,identifier,mail,section\n=HYPERLINK(1),-5,ada@example.org,+A\n\"O'Hara, \"\"B\"\"\",@x,,\n")
    server.call("roster", "import", file, "--course", course, "--confirm")
    out = run(server, "roster", "export", "--course", course).stdout.decode()
    rows = list(csv.reader(io.StringIO(out)))
    assert sorted(r[0] for r in rows[1:]) == ["'=HYPERLINK(1)", "O'Hara, \"B\""]
    assert {r[1] for r in rows[1:]} == {"'-5", "'@x"}
    back = server.call("roster", "import", write(tmp_path, out), "--course", course)
    assert (back["unchanged"], back["new"], back["wrong"]) == (2, [], [])


def test_sign_in_links_for_all_who_never_came(server, course, tmp_path):
    server.call("roster", "import", write(tmp_path, "identifier,name\ns1,Zoe\ns2,ben\ns3,Ada\ns4,\n"), "--course", course, "--confirm")
    first = run(server, "roster", "links", "--course", course).stdout.decode()
    again = run(server, "roster", "links", "--course", course).stdout.decode()
    for text in (first, again):
        rows = list(csv.DictReader(io.StringIO(text)))
        assert [r["identifier"] for r in rows] == ["s3", "s2", "s4", "s1"], "by name, without one by identifier"
        assert all("/sign-in#" in r["sign-in link"] for r in rows)
    assert set(first.splitlines()[1:]).isdisjoint(again.splitlines()[1:])


def test_ten_thousand_members_and_not_one_more(server, course, tmp_path):
    text = "name,identifier\n" + "".join(f"Student {i},s{i}\n" for i in range(10_001))
    wrong = server.call("roster", "import", write(tmp_path, text), "--course", course)["wrong"]
    assert wrong == [{"line": 10_002, "column": "", "reason": "the file has more than 10000 lines; split it"}]


def test_a_suspended_account_keeps_its_link_and_an_erased_one_has_none(server, course):
    account = server.call("account", "create", "--course", course, "--name", "Ada", "--credit", "5")
    server.call("account", "suspend", account["account_id"])
    server.call("account", "link", account["account_id"])  # to its files
    server.call("account", "unsuspend", account["account_id"])
    server.call("account", "erase", account["account_id"])
    assert server.refused("account", "link", account["account_id"])["code"] == "PersonErased"
    shown = server.call("account", "show", account["account_id"])
    assert shown["name"] == "" and shown["granted"] == "5.00" and shown["status"] == "suspended"


def test_codes_and_links_are_made_listed_and_ended(server, course):
    code = server.call("course", "code", course, "--credit", "100", "--uses", "50", "--expires", "14d")
    assert len(code["code"]) == 9 and not set(code["code"]) & set("ILOU01")
    assert server.call("course", "codes", course)[0]["uses_max"] == 50
    server.call("course", "end-code", code["code"])
    assert server.call("course", "codes", course)[0]["revoked"] is True
    for expires in ("yesterday", "2020-01-01", "0d", "9999d"):
        assert server.refused("course", "code", course, "--credit", "1", "--expires", expires)["code"] == "InvalidExpiry"
    assert server.refused("course", "link", course, "--title", "Lab", "--image", "minimal", "--type", "t2.micro")["code"] == "NoJupyter"
    assert server.call("course", "links", course) == []
