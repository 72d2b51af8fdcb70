"""A server whose store has 10,000 instances: its memory, and how long it takes to start."""
import statistics
import threading
import time

import ours
from measure import memory_kib, wait_until
from person import Person, ask

COUNT, ACCOUNTS, STARTS = 10_000, 100, 5


def fill(server):
    """100 machines for each of 100 students, launched over the API, then stopped, as most machines are most of the time."""
    people = [Person(server, server.account(f"Student {n}", credit="1000"), ours.FAKE_IMAGE) for n in range(ACCOUNTS)]
    for person in people:
        machines = person.launch("t2.nano", COUNT // ACCOUNTS)
        person.wait(machines, "running")
        person.call("StopInstances", **{f"InstanceId.{i + 1}": machine for i, machine in enumerate(machines)})
    wait_until("all machines to be settled", lambda: server.call("status")["with_a_run"] == 0, 120, 0.5)
    counted = server.call("status")["instances"]
    assert counted == COUNT, counted


def start(server):
    """Seconds until it says it is ready, and MiB of the process that serves, right then."""
    began = time.monotonic()
    starting = threading.Thread(target=server.start)
    starting.start()
    wait_until("the server to be ready", lambda: (ask(server.port, "GET", "/readyz") or [0])[0] == 200, 60, 0.005)
    took = time.monotonic() - began
    starting.join()
    return took, memory_kib(server.server_pid()) / 1024


def run(report):
    report.part(f"{COUNT:,} instances in the store",
                f"{COUNT:,} instances with their disks, of {ACCOUNTS} accounts, made over the API with the `fake` provider; then the real `stipend serve` is "
                f"started {STARTS} times: from its command to 200 from `/readyz`, and the resident memory of the process that serves.")
    server = ours.scripted()
    try:
        server.start()
        empty = memory_kib(server.server_pid()) / 1024
        fill(server)
        starts = []
        for _ in range(STARTS):
            server.stop()
            starts.append(start(server))
        seconds = [s for s, _ in starts]
        memory = statistics.median(m for _, m in starts)
        report.row("Start", f"{statistics.median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f})", "", "", "under 1 s", statistics.median(seconds) < 1)
        report.row("Resident memory after the start", f"{memory:.0f} MiB", f"a server with no instance {empty:.0f} MiB", f"{memory / empty:.1f}×", "at most 50 MB", memory * 1.048576 <= 50)
    finally:
        server.close()
