"""A class that starts at once: from the first RunInstances to the last JupyterLab that answers through the gateway, against as many machines
started at once by hand (bare.py)."""
import json
import os
import pathlib
import re
import statistics
import sys
import tempfile
import threading
import time

import ours
from launch import bare
from measure import TICK, wait_until
from person import Person, ask

ROUNDS = 2
TYPE, VCPUS, MEMORY_MIB = "t2.nano", 1, 512
MOST, LEAST = 120, 30
EACH_MIB = 160  # what a machine with an idle JupyterLab really takes, and some room


def busy_s():
    """CPU seconds that the computer was busy, whoever with."""
    fields = [int(f) for f in pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:]]
    return (sum(fields[:8]) - fields[3] - fields[4]) / TICK


def fits():
    """So many machines at once: what their memory takes, promised and real."""
    memory = {name: int(kib) // 1024 for name, kib in re.findall(r"(\w+):\s+(\d+) kB", pathlib.Path("/proc/meminfo").read_text())}
    return min(MOST, memory["MemTotal"] * 9 // 10 // MEMORY_MIB, memory["MemAvailable"] * 8 // 10 // EACH_MIB)


class Entry(threading.Thread):
    """One student: launches, waits until the machine runs, opens its Jupyter."""

    def __init__(self, server, account, began):
        super().__init__(daemon=True)
        self.person, self.began, self.took, self.error = Person(server, account, ours.ami("course-python")), began, None, None

    def run(self):
        try:
            self.machine, = self.person.launch(TYPE)
            self.person.wait([self.machine], "running", 600, 0.5)
            host, cookie = self.enter()
            wait_until("Jupyter", lambda: (ask(self.person.server.port, "GET", "/api/status", host, Cookie=cookie) or [0])[0] == 200, 600, 0.25)
            self.took = time.monotonic() - self.began
        except Exception as error:
            self.error = error

    def enter(self):
        """As `instance url`, over the operator's socket: a program for each student would be measured too."""
        connection = ours._Socket(self.person.server.state / "admin" / "admin.sock")
        connection.request("POST", "/admin/instance.url", json.dumps({"instance": self.machine}), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status == 200, text
        host, path = re.fullmatch(r"https?://([^/]+)(/.*)", json.loads(text)["url"]).groups()
        connection.close()
        _, headers, _ = ask(self.person.server.port, "GET", path, host)
        return host, headers["Set-Cookie"].split(";")[0]


def crowd(server, accounts):
    began = time.monotonic()
    entries = [Entry(server, account, began) for account in accounts]
    for entry in entries:
        entry.start()
    for entry in entries:
        entry.join()
    for entry in entries:
        if getattr(entry, "machine", None):
            entry.person.call("TerminateInstances", **{"InstanceId.1": entry.machine})
    for entry in entries:
        if getattr(entry, "machine", None):
            entry.person.wait([entry.machine], "terminated", 300, 0.5)
    failed = [entry.error for entry in entries if entry.error]
    if failed:
        raise RuntimeError(f"{len(failed)} of {len(entries)} students had no Jupyter, the first: {failed[0]}")
    return sorted(entry.took for entry in entries)


def measure(server, folder, count):
    os.chmod(folder, 0o755)
    os.mkdir(f"{folder}/bare")
    server.call("course", "create", "bench")
    accounts = [server.account(f"Student {number}", course="bench") for number in range(count)]
    times = {"ours": [], "by hand": []}
    cpu = {"ours": [], "by hand": []}
    with bare(ours.IMAGES / "course-python.erofs", f"{folder}/bare", VCPUS, MEMORY_MIB) as by_hand:
        for number in range(ROUNDS + 1):  # the first, small, warms the page cache for both
            for name in times:
                few = accounts[:4] if number == 0 else accounts
                before = busy_s()
                took = crowd(server, few)[-1] if name == "ours" else by_hand(len(few))
                spent = busy_s() - before
                print(f"      {len(few)} machines, {name}: {took:.2f} s, the computer busy for {spent:.1f} CPU seconds until they were gone", file=sys.stderr)
                if number:
                    times[name].append(took)
                    cpu[name].append(spent)
    return times, cpu


def run(report):
    report.part("A class at once: RunInstances to the last JupyterLab",
                f"Ours: as many students as the computer's memory takes ({TYPE}, `course-python`, real machines, new disks) call RunInstances at the same "
                "time; until each one's `/api/status` has answered 200 through the gateway. By hand: as many machines of the same image, limits and disks, "
                "begun at the same time, until the same answer at their own addresses. In turns, after a small round that warms the page cache. CPU: what "
                "the computer was busy for, machines, launch and end together.")
    server, why = ours.real()
    if not server:
        return report.absent("A class at once", why)
    count = fits()
    if count < LEAST:
        return report.absent("A class at once", f"the computer's memory takes {count} machines now; {LEAST} are needed")
    with tempfile.TemporaryDirectory(prefix="stipend-bench-", dir="/var/tmp") as folder:
        try:
            server.config.write_text(server.config.read_text() + "\nvcpu_percent = 10000\n")
            server.start()
            times, cpu = measure(server, folder, count)
        finally:
            server.close()
    last, bare_last = statistics.median(times["ours"]), statistics.median(times["by hand"])
    report.row(f"The last of {count} JupyterLabs", f"{last:.1f} s", f"by hand {bare_last:.1f} s", f"{last / bare_last:.2f}×", "at most 1.3×", last / bare_last <= 1.3)
    report.row("CPU seconds of that", f"{statistics.median(cpu['ours']):.0f} s", f"by hand {statistics.median(cpu['by hand']):.0f} s",
               f"{statistics.median(cpu['ours']) / statistics.median(cpu['by hand']):.2f}×")
