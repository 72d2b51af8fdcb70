"""A class that starts at once: from the first RunInstances to the last JupyterLab that answers through the gateway, against as many machines
started at once by hand (bare.py)."""
import concurrent.futures
import json
import os
import pathlib
import re
import statistics
import sys
import tempfile
import time

import ours
from bare import busy_s
from launch import bare
from measure import wait_until
from person import Person, ask

ROUNDS = 2
TYPE, VCPUS, MEMORY_MIB = "t2.nano", 1, 512
MOST, LEAST = 120, 30
PAUSE = 0.25
BASELINE = 0.05  # of a CPU, which each is guaranteed
EACH_MIB = 160  # what a machine with an idle JupyterLab really takes, and some room


def fits():
    """So many machines at once: what their memory takes, promised and real, and the CPU that each is guaranteed."""
    memory = {name: int(kib) // 1024 for name, kib in re.findall(r"(\w+):\s+(\d+) kB", pathlib.Path("/proc/meminfo").read_text())}
    return min(MOST, int((os.cpu_count() or 1) / BASELINE), memory["MemTotal"] * 9 // 10 // MEMORY_MIB, memory["MemAvailable"] * 8 // 10 // EACH_MIB)


def operator(server, verb, **arguments):
    """As the command line does it, without a program for each call: that would be measured too."""
    connection = ours._Socket(server.state / "admin" / "admin.sock")
    connection.request("POST", f"/admin/{verb}", json.dumps(arguments), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    assert answer.status == 200, text
    return json.loads(text)


def enter(server, machine):
    host, path = re.fullmatch(r"https?://([^/]+)(/.*)", operator(server, "instance.url", instance=machine)["url"]).groups()
    _, headers, _ = ask(server.port, "GET", path, host)
    return host, headers["Set-Cookie"].split(";")[0]


def crowd(server, people):
    """Seconds until the last one's Jupyter answers, and CPU seconds of the computer; then ends the machines."""
    began, busy = time.monotonic(), busy_s()
    with concurrent.futures.ThreadPoolExecutor(len(people)) as pool:
        waiting = [machine for made in pool.map(lambda person: person.launch(TYPE), people) for machine in made]
    launched, doors = set(waiting), {}
    try:
        while waiting and time.monotonic() < began + 600:
            states = {i["instance_id"]: i for i in operator(server, "instance.list") if i["instance_id"] in launched}
            for machine in list(waiting):
                if states[machine]["state"] == "running" and machine not in doors:
                    doors[machine] = enter(server, machine)
                if machine in doors and (ask(server.port, "GET", "/api/status", doors[machine][0], Cookie=doors[machine][1]) or [0])[0] == 200:
                    waiting.remove(machine)
                assert states[machine]["state"] in ("pending", "running"), states[machine]
            time.sleep(PAUSE if waiting else 0)
        took, spent = time.monotonic() - began, busy_s() - busy
        assert not waiting, f"{len(waiting)} of {len(people)} students had no Jupyter within 600 s"
    finally:
        for machine in launched:
            operator(server, "instance.stop", instance=machine)
        wait_until("all to be stopped", lambda: all(i["state"] == "stopped" for i in operator(server, "instance.list") if i["instance_id"] in launched), 300, 1)
        for person in people:
            person.terminate([machine for machine in re.findall(r"i-[0-9a-f]{17}", person.call("DescribeInstances")) if machine in launched][:1])
    return took, spent


def measure(server, folder, count):
    os.chmod(folder, 0o755)
    os.mkdir(f"{folder}/bare")
    server.call("course", "create", "bench")
    people = [Person(server, server.account(f"Student {number}", course="bench"), ours.ami("course-python")) for number in range(count)]
    times, cpu = {"ours": [], "by hand": []}, {"ours": [], "by hand": []}
    with bare(ours.IMAGES / "course-python.erofs", f"{folder}/bare", VCPUS, MEMORY_MIB) as by_hand:
        for number in range(ROUNDS + 1):  # the first, small, warms the page cache for both
            for name in times:
                few = people[:4] if number == 0 else people
                took, spent = crowd(server, few) if name == "ours" else by_hand(len(few), cpu=True)
                print(f"      {len(few)} machines, {name}: {took:.2f} s, {spent:.1f} CPU seconds", file=sys.stderr)
                if number:
                    times[name].append(took)
                    cpu[name].append(spent)
    return times, cpu


def run(report):
    report.part("A class at once: RunInstances to the last JupyterLab",
                f"Ours: as many students as the computer's memory takes ({TYPE}, `course-python`, real machines, new disks) call RunInstances at the same "
                "time; until each one's `/api/status` has answered 200 through the gateway. By hand: as many machines of the same image, limits and disks, "
                "begun at the same time, until the same answer at their own addresses. In turns, after a small round that warms the page cache. CPU: what "
                "the computer was busy for meanwhile, whoever with.")
    server, why = ours.real()
    if not server:
        return report.absent("A class at once", why)
    count = fits()
    if count < LEAST:
        return report.absent("A class at once", f"the computer's memory takes {count} machines now; {LEAST} are needed")
    with tempfile.TemporaryDirectory(prefix="stipend-bench-", dir="/var/tmp") as folder:
        try:
            server.start()
            times, cpu = measure(server, folder, count)
        finally:
            server.close()
    last, bare_last = statistics.median(times["ours"]), statistics.median(times["by hand"])
    report.row(f"The last of {count} JupyterLabs", f"{last:.1f} s", f"by hand {bare_last:.1f} s", f"{last / bare_last:.2f}×", "at most 1.3×", last / bare_last <= 1.3)
    report.row("CPU seconds of that", f"{statistics.median(cpu['ours']):.0f} s", f"by hand {statistics.median(cpu['by hand']):.0f} s",
               f"{statistics.median(cpu['ours']) / statistics.median(cpu['by hand']):.2f}×")
