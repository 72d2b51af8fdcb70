"""What must hold of machines and money, whoever was killed."""
from collections import defaultdict
from decimal import Decimal

from support.server import wait_for

NANO = Decimal("0.000000001")
SETTLED = ("running", "stopped", "terminated")


def is_settled(row, places):
    """Its state is a lasting one, and its processes agree."""
    has_processes = bool(places.machine_processes(row["instance_id"]))
    if row["state"] == "running":
        return "run" in row and has_processes
    return row["state"] in SETTLED and "run" not in row and not has_processes


def wait_settled(server, places, seconds=180):
    """Nothing is stuck: every machine comes to rest."""
    def unsettled():
        return [row for row in server.call("instance", "list") if not is_settled(row, places)]

    try:
        wait_for("every machine to be settled", lambda: not unsettled(), seconds, 0.3)
    except AssertionError as error:
        raise AssertionError(f"{error}: {unsettled()} {places.statuses()}") from None
    return server.call("instance", "list")


def by_run(entries):
    """(machine, generation): its charges, its corrections, and the seconds charged."""
    runs = defaultdict(lambda: {"charged": Decimal(0), "given_back": Decimal(0), "seconds": 0, "price": None})
    for entry in entries:
        if entry["kind"] not in ("charge", "correction") or not entry["subject"].startswith("i-"):
            continue
        run = runs[entry["subject"], entry["generation"]]
        run["charged" if entry["kind"] == "charge" else "given_back"] += Decimal(entry["amount"])
        run["seconds"] = max(run["seconds"], entry["to_s"])
        run["price"] = Decimal(entry["price_per_hour"])
    return runs


def cost(price, seconds):
    return (price * seconds / 3600 // NANO) * NANO


def check_charges(server, student, witness, rows):
    """Each run that is over is charged by what it ran, and not for a second that the witness has not seen."""
    over = {(row["instance_id"], row.get("run", {}).get("generation")) for row in rows}
    least = 0
    for key, run in by_run(server.call("ledger", "--account", student.wallet.id)).items():
        if key in over:
            continue
        paid, seconds = run["charged"] - run["given_back"], run["seconds"]
        says = f"{key}: ${paid} for {seconds} s, seen {witness.seen_s[key]:.1f} s, lease {witness.lease_s.get(key)} s"
        assert paid in (cost(run["price"], max(seconds, 60)), cost(run["price"], seconds)), says
        assert seconds <= max(1, witness.ran_at_most(*key)), says
        if key in witness.lease_s:
            assert seconds <= witness.lease_s[key], says
        least = max(least, witness.seen_s[key] - seconds)
    return least


def check_leases(witness):
    """No machine outlives its lease, but for the sweep's two seconds and a busy host."""
    late = {key: (seen, witness.lease_s[key]) for key, seen in witness.seen_s.items()
            if key in witness.lease_s and seen > witness.lease_s[key] + 20}
    assert not late, late
