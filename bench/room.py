"""120 students press Start at one instant on a host that fits a part of them: how long each answer takes, in what order who waits is served,
and whether more was ever promised than there is."""
import collections
import json
import pathlib
import sqlite3
import statistics
import threading

import ours
import signed
from measure import wait_until

from support.console import Console
from support.storm import CAPACITY, press, storm

STUDENTS, FITS = 120, 40
TYPE, MEMORY_MIB, CPU_MILLI = "t2.small", 2048, 200
TARGET_MS = 50


def host(fits):
    return (f"memory_reserve_mib = 0\nfake_cpus = {fits * CPU_MILLI // 1000}\nfake_memory_mib = {fits * MEMORY_MIB}\n"
            '[limits]\ncommands_per_second = 1000\ncommands_burst = 1000\n[network]\nprivate = "127.96.0.0/16"\npublic = "127.97.0.0/16"\n')


def people(server):
    """80 of one course and 40 of another, each with an account, a session and a stopped machine."""
    socket = ours._Socket(server.state / "admin" / "admin.sock")
    accounts = []
    for course in ("A", "B"):
        server.call("course", "create", course)
    for number in range(STUDENTS):
        wish = {"course": "A" if number % 3 else "B", "name": f"Student {number}", "credit": "5"}
        socket.request("POST", "/admin/account.create", json.dumps(wish), {"Content-Type": "application/json"})
        accounts.append(json.loads(socket.getresponse().read()))
    socket.close()
    return accounts


def signed_start(server, account, machine):
    return signed.ec2(ours.credentials(account), server.port, "StartInstances", variants=1, **{"InstanceId.1": machine})[0]


class Watch(threading.Thread):
    """Asks the operator's list again and again meanwhile, and keeps the most that ever had a run."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.most, self.looks, self.over = server, 0, 0, threading.Event()

    def run(self):
        socket = ours._Socket(self.server.state / "admin" / "admin.sock")
        while not self.over.wait(0.005):
            socket.request("POST", "/admin/instance.list", "{}", {"Content-Type": "application/json"})
            rows = json.loads(socket.getresponse().read())
            self.most = max(self.most, sum(row["state"] in ("pending", "running", "stopping", "shutting-down") for row in rows))
            self.looks += 1
        socket.close()


def promised(server, since):
    """The most machines that had a run at any commit since then, and the newest audit row: by the audit rows alone."""
    database = next(pathlib.Path(server.state).rglob("stipend.db"))
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    runs, most, newest = set(), 0, since
    for number, action, target in connection.execute("SELECT number, action, target FROM audits ORDER BY number"):
        if action in ("start", "launch"):
            runs.add(target)
        if action in ("stopped", "terminated"):
            runs.discard(target)
        newest = number
        if number > since:
            most = max(most, len(runs))
    connection.close()
    return most, newest


def figures(report, what, answers, began, other):
    took = sorted(seconds * 1e3 for _, _, seconds in answers)
    p99 = took[min(len(took) - 1, int(len(took) * 0.99))]
    counts = collections.Counter("started" if began(answer) else "waits" if other(answer) else "failed" for answer in answers)
    report.row(what, f"p50 {statistics.median(took):.1f} ms, p99 {p99:.1f} ms, last {took[-1]:.1f} ms",
               f"{counts['started']} started, {counts['waits']} without room, {counts['failed']} other", "", f"p99 under {TARGET_MS} ms", p99 < TARGET_MS)
    assert counts["started"] == FITS and counts["failed"] == 0, answers[:3]


def stop_all(server):
    for row in server.call("queue"):
        server.call("queue", "--cancel", row["place"])
    wait_until("none to be starting", lambda: not any(row["state"] == "pending" for row in server.call("instance", "list")), 60, 0.2)
    for row in server.call("instance", "list"):
        if row["state"] == "running":
            server.call("instance", "stop", row["instance_id"])
    wait_until("all to be settled", lambda: server.call("status")["with_a_run"] == 0, 120, 0.2)


def turns_to_the_fuller(line, ran, course_of):
    """While both courses wait: how many turns go to the one that already runs more machines, and how many turns those are."""
    left = collections.Counter(course_of[row["account_id"]] for row in line)
    runs = collections.Counter(course_of[account] for account in ran)
    turns = fuller = 0
    for row in line:
        if not all(left[course] for course in ("A", "B")):
            break
        course, other = ("A", "B") if course_of[row["account_id"]] == "A" else ("B", "A")
        fuller += runs[course] > runs[other]
        turns += 1
        runs[course] += 1
        left[course] -= 1
    return fuller, turns


def run(report):
    report.part(f"Start, pressed by {STUDENTS} students at one instant",
                f"A real `stipend serve` (signatures, sessions, durable SQLite) with the `fake` provider, whose host fits {FITS} {TYPE}. Each of {STUDENTS} students of two "
                "courses has a stopped machine; all requests are written at once on open connections. Milliseconds from writing a request to its whole answer. "
                "Counted independently: the operator's list, asked all the while, and the audit rows of every commit.")
    server = ours.scripted(host(STUDENTS))
    try:
        server.start()
        accounts = people(server)
        consoles = [Console(server, account) for account in accounts]
        launches = [press(server, console, "POST", "/instances", {"image": ours.FAKE_IMAGE, "type": TYPE, "name": "mine"}, Idempotency_Key="k")
                    for console in consoles]
        made = storm(server.port, launches)
        machines = [json.loads(body)["id"] for _, body, _ in made]
        wait_until("all to run", lambda: sum(i["state"] == "running" for i in server.call("instance", "list")) == STUDENTS, 60, 0.2)
        stop_all(server)
        server.stop()
        server.config.write_text('[compute]\nprovider = "fake"\n' + host(FITS))
        server.start()
        _, newest = promised(server, 0)

        watch = Watch(server)
        watch.start()
        pressed = storm(server.port, [press(server, console, "POST", f"/instances/{machine}/start") for console, machine in zip(consoles, machines)])
        figures(report, "Start on the page", pressed, lambda a: a[0] == 200, lambda a: a[0] == 202)
        line = server.call("queue")
        course_of = {account["account_id"]: "A" if number % 3 else "B" for number, account in enumerate(accounts)}
        ran = [i["account_id"] for i in server.call("instance", "list") if i["state"] in ("pending", "running")]
        fuller, turns = turns_to_the_fuller(line, ran, course_of)
        report.row("Order of those who wait", f"{fuller} of {turns} turns to the course that runs more", "", "", "each fourth, the oldest's", fuller <= turns // 4 + 1)
        used = [console.ask("GET", "/wallet")["set_aside"] for console, answer in zip(consoles, pressed) if answer[0] == 202]
        held = sum(float(amount) != 0 for amount in used)
        report.row("Money set aside for those who wait", f"for {held} of {len(used)}", "", "", "for none", held == 0)

        # Room for ten comes free: the ten that are next get it.
        next_ten = [row["account_id"] for row in line[:10]]
        runs = [i for i in server.call("instance", "list") if i["state"] in ("pending", "running")]
        for one in runs[:10]:
            server.call("instance", "stop", one["instance_id"])
        wait_until("ten turns", lambda: len(server.call("queue")) == len(line) - 10, 60, 0.1)
        began = {i["account_id"] for i in server.call("instance", "list") if i["state"] in ("pending", "running")} - {i["account_id"] for i in runs}
        report.row("Ten machines end: who starts", f"{len(began & set(next_ten))} of the ten that were next", "", "", "10", began == set(next_ten))

        stop_all(server)
        api = storm(server.port, [signed_start(server, account, machine) for account, machine in zip(accounts, machines)])
        figures(report, "StartInstances over the API", api, lambda a: a[0] == 200, lambda a: CAPACITY in a[1])
        stop_all(server)
        watch.over.set()
        watch.join()
        most, _ = promised(server, newest)
        report.row("Most machines with a run at any commit", f"{most} by the audit, {watch.most} in {watch.looks} looks at the list", "", "", f"at most {FITS}",
                   most <= FITS and watch.most <= FITS)
    finally:
        server.close()
