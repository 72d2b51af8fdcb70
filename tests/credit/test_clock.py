"""The wall clock jumps an hour ahead and two hours back while machines run: no lease, no charge and no session minds.

Server, stipend-host and supervisors see the jumps (libfaketime); the monotonic clock and this computer's are left alone.
"""
import http.client
import json
import os
import pathlib
import subprocess
import sys
import time
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from botocore.exceptions import ClientError

from support import aws
from support.clock import WallClock
from support.places import Places
from support.server import Server, wait_for
from support.wallet import Student
from support.watch import Witness

HOUR = 3600
LITTLE = "0.0010"  # about 77 s of a t2.medium


@pytest.fixture
def clock(tmp_path):
    made = Server()
    clock = WallClock(made.folder)
    made.environment = clock.environment()
    clock.server = made
    try:
        made.start()
        yield clock
    finally:
        made.close()


class Browser:
    """A session of the console."""

    def __init__(self, server, link):
        self.server = server
        token = link.rsplit("#", 1)[1]
        answer = self.ask("POST", "/sign-in", json.dumps({"token": token}))
        assert answer.status == 200, answer.status
        self.cookie = answer.getheader("Set-Cookie").split(";")[0]

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        headers = {"Host": f"localhost:{self.server.port}", "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json",
                   "Origin": self.server.endpoint, "Cookie": getattr(self, "cookie", "")}
        connection.request(method, f"/api/v1{path}", body, headers)
        answer = connection.getresponse()
        answer.text = answer.read().decode()
        connection.close()
        return answer

    def signed_in(self):
        return self.ask("GET", "/session").status == 200


def server_time(server):
    return server.call("status")["time"]


def check_clock_is_theirs(server, machine):
    """No test of anything unless the programs see the jumps."""
    for pid in (server.server_pid(), server.host_pid(), Places(server.state).status(machine)["pid"]):
        assert "libfaketime" in pathlib.Path(f"/proc/{pid}/maps").read_text(), pid


def describe_by_cli(clock, account):
    """The AWS CLI under the same clock, as on a computer whose clock jumped for all of its programs."""
    program = "import sys; from awscli.clidriver import main; sys.exit(main())"
    environment = {**os.environ, **clock.environment(), "AWS_ACCESS_KEY_ID": account["access_key_id"],
                   "AWS_SECRET_ACCESS_KEY": account["secret_access_key"], "AWS_DEFAULT_REGION": "us-east-1", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", program, "--endpoint-url", clock.server.endpoint, "ec2", "describe-instances",
                           "--query", "length(Reservations)"], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def aws_refuses_this_computers_time(student):
    """Signed by a clock more than 15 minutes away from the server's."""
    try:
        student.ec2.describe_instances()
    except ClientError as error:
        return error.response["Error"]["Code"] in ("RequestExpired", "AuthFailure", "InvalidSignatureException", "SignatureDoesNotMatch")
    return False


def start(student, machine):
    student.ec2.start_instances(InstanceIds=[machine])
    aws.wait_state(student.ec2, machine, "running")


def charged_seconds(student, machine, generation):
    entries = [e for e in student.server.call("ledger", "--account", student.id)
               if e["kind"] in ("charge", "correction") and e["subject"] == machine and e["generation"] == generation]
    return entries[-1]["to_s"] if entries else 0


def check_amount(student, machine, generation):
    """Exactly what the seconds cost, whatever the calendar said meanwhile."""
    entries = [e for e in student.server.call("ledger", "--account", student.id) if e["subject"] == machine and e["generation"] == generation]
    paid = sum(Decimal(e["amount"]) * (-1 if e["kind"] == "correction" else 1) for e in entries if e["kind"] in ("charge", "correction"))
    price, seconds = Decimal(entries[-1]["price_per_hour"]), max(60, entries[-1]["to_s"])
    assert paid == (price * seconds / HOUR).quantize(Decimal("1e-9"), rounding="ROUND_FLOOR"), entries


def check_ledger_times(server, times):
    """Entries are in the order of their times, inside what the server's own clock ever said."""
    at = [entry["at"] for entry in server.call("ledger")]
    assert at == sorted(at)
    assert times == sorted(times) and len(set(times)) == len(times), times
    assert times[0] <= at[-1] <= times[-1]
    assert datetime.fromisoformat(times[-1]) - datetime.fromisoformat(times[0]) > timedelta(hours=1), "the server saw the jump ahead"


def test_jumps_of_the_wall_clock_move_no_lease_no_charge_and_no_session(clock, tmp_path):
    server = clock.server
    poor, rich = Student(server, tmp_path, "Ada"), Student(server, tmp_path, "Alan")
    poors, richs = poor.machine(), rich.machine()
    browser = Browser(server, poor.account["sign_in_url"])
    witness = Witness(Places(server.state))
    witness.start()
    try:
        times = [server_time(server)]
        poor.leave_available(LITTLE)
        start(rich, richs)
        start(poor, poors)
        lease = poor.run(poors)["lease_s"]
        generation = poor.run(poors)["generation"]
        check_clock_is_theirs(server, poors)
        began = time.monotonic()

        for jump in (HOUR, -2 * HOUR):
            time.sleep(10)
            clock.jump(jump)
            time.sleep(10)
            times.append(server_time(server))
            assert aws_refuses_this_computers_time(poor)
            assert describe_by_cli(clock, poor.account) == 1
            assert browser.signed_in()
            assert Browser(server, server.call("account", "link", rich.id)["sign_in_url"]).signed_in()
            shown = server.call("account", "show", rich.id)
            assert shown["lasts_until"] > times[-1]
            assert poor.run(poors)["lease_s"] == lease, "nothing was bought, nothing taken"
            for student in (poor, rich):
                student.check_never_overspent()

        if time.monotonic() - began < lease - 15:
            assert poor.run(poors), "the jumps ended nothing"
        wait_for("the lease's end", lambda: poor.run(poors) is None, 150)
        lasted = witness.seen_s[poors, generation]
        charged = charged_seconds(poor, poors, generation)
        print(f"lease {lease} s, seen {lasted:.1f} s, charged {charged} s")
        assert lease - 15 <= lasted <= lease + 15, (lease, lasted)
        assert lease - 15 <= charged <= min(lease, lasted + 1), (lease, lasted, charged)
        assert poor.figures()["held"] == 0

        server.call("instance", "stop", richs)
        rich.wait_run_settled(richs)
        lasted, charged = witness.seen_s[richs, 2], charged_seconds(rich, richs, 2)
        print(f"until a person stopped it: seen {lasted:.1f} s, charged {charged} s")
        assert lasted - 45 <= charged <= lasted + 1
        times.append(server_time(server))
        for student, machine in ((poor, poors), (rich, richs)):
            student.check_never_overspent()
            check_amount(student, machine, 2)
        check_ledger_times(server, times)
    finally:
        witness.stop()
