"""The end of a lease on real machines: how long after its instant a machine that ran out of credit was gone, and what it was
charged. The instant is the supervisor's own: when init ran, plus the seconds that were paid for."""
import json
import os
import pathlib
import signal
import statistics
import time
from decimal import Decimal

import ours
from measure import wait_until
from person import Person

TYPE, PRICE = "t2.small", Decimal("0.023")  # one vCPU, so that they fit a host of two
MACHINES = 6
SECONDS = 72  # about what each can pay for; a start needs 60


def reserve_of_a_machine(server, image):
    """What a machine's disk sets aside beside the time it runs."""
    person = Person(server, server.account("Grace", credit="5"), image)
    machines = person.launch(TYPE)
    person.wait(machines, "running")
    reserved = Decimal(server.call("account", "show", person.id)["reserved"])
    person.terminate(machines)
    return reserved


def status(machine):
    """What the machine's supervisor says of itself: its pid, init, the lease. None where there is none."""
    for file in pathlib.Path("/run/stipend").glob(f"*/m/{machine}*.status"):
        try:
            return json.loads(file.read_text())
        except (OSError, ValueError):
            return None
    return None


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def watch(machines):
    """{machine: (milliseconds from its lease's end to its init's, milliseconds that init ran, seconds of its lease)}"""
    found = {}
    last = {machine: status(machine) for machine in machines}
    end = time.monotonic() + 3 * SECONDS
    while len(found) < len(machines):
        assert time.monotonic() < end, f"{set(machines) - set(found)} never ended"
        for machine in set(machines) - set(found):
            if alive(last[machine]["init"]):
                last[machine] = status(machine) or last[machine]
                continue
            lease, now = last[machine]["lease"], time.monotonic() * 1000
            # A renewal that comes once the halt has begun changes nothing: what counts is the end that halt was for.
            end_ms = lease["kill_at_ms"] if lease["stage"] in ("halt", "killed", "ended") else lease["started_ms"] + lease["run_max_s"] * 1000
            found[machine] = now - end_ms, now - lease["started_ms"], (end_ms - lease["started_ms"]) / 1000
        time.sleep(0.005)
    return found


def charges(server, account):
    """{machine: seconds charged}, and all that was charged."""
    seconds, amount = {}, Decimal(0)
    for entry in server.call("ledger", "--account", account):
        if entry["kind"] == "charge" and entry["debit"].startswith("grant:"):
            seconds[entry["subject"]] = max(seconds.get(entry["subject"], 0), entry["to_s"])
            amount += Decimal(entry["amount"])
    return seconds, amount


def measure(server, image):
    """The lateness of obeying machines and of those that do not; (machine, charged s, lease s, ran s); credit and charge."""
    credit = MACHINES * (reserve_of_a_machine(server, image) + (PRICE * SECONDS / 3600).quantize(Decimal("1e-9")))
    person = Person(server, server.account("Ada", credit=str(credit)), image)
    machines = person.launch(TYPE, MACHINES)
    person.wait(machines, "running")
    wait_until("the supervisors' word", lambda: all((status(m) or {}).get("init", 0) > 0 for m in machines))
    time.sleep(5)  # they boot
    deaf = machines[::2]
    for machine in deaf:  # init stands still: neither hook nor halt reaches it, only the kill at the end ends it
        os.kill(status(machine)["init"], signal.SIGSTOP)
    found = watch(machines)
    person.wait(machines, "stopped", 60)
    wait_until("the last run to be settled", lambda: not any(server.call("instance", "show", m).get("run") for m in machines), 60)
    seconds, amount = charges(server, person.id)
    return {"deaf": [found[m][0] for m in deaf], "obeying": [found[m][0] for m in machines if m not in deaf],
            "charged": [(seconds.get(m, 0), found[m][2], found[m][1] / 1000) for m in machines], "credit": credit, "amount": amount}


def run(report):
    report.part("The end of a lease",
                f"{MACHINES} real machines of one account that can pay {SECONDS} s for each. Every other one has its init stopped (SIGSTOP), so that it obeys "
                "neither hook nor halt and only the kill at the end is left. Looked at every 5 ms; the instant is init's start plus the seconds paid for.")
    server, why = ours.real()
    if not server:
        return report.absent("stopped after its lease", why)
    try:
        server.start()
        found = measure(server, ours.ami("course-python"))
    finally:
        server.close()
    late = found["deaf"]
    report.row("Machine that does not obey: gone after its lease", f"{statistics.median(late):.0f} ms, latest {max(late):.0f} ms", "", "", "at most 1000 ms", max(late) <= 1000)
    early = found["obeying"]
    report.row("Machine that obeys: gone after its lease", f"{statistics.median(early):.0f} ms, latest {max(early):.0f} ms", "", "", "at most 1000 ms", max(early) <= 1000)
    most = max(charged - lease for charged, lease, _ in found["charged"])
    report.row("Charged beyond the lease", f"{max(0, most):.0f} s", f"charged {[c for c, _, _ in found['charged']]} s of {[round(lease) for _, lease, _ in found['charged']]} s", "", "never", most <= 0)
    report.row("Charged beyond what it ran", f"{sum(charged > ran for charged, _, ran in found['charged'])} machines", "", "", "never", all(charged <= ran for charged, _, ran in found["charged"]))
    report.row("Charged in all, of the credit", f"${found['amount']}", f"${found['credit']}", "", "never more", found["amount"] <= found["credit"])
