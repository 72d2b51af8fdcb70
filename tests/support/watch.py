"""A witness of its own: how long each run of each machine had processes, and the longest lease its supervisor held.

It asks the kernel's control groups ten times a second and knows nothing of what the server says or charges.
"""
import threading
import time
from collections import defaultdict

STEP_S = 0.1
REBOOT_S = 21  # a reboot is part of the run, as on EC2; stipend-host waits 20 s for the next init


class Witness(threading.Thread):
    def __init__(self, places):
        super().__init__(daemon=True)
        self.places = places
        self.seen_s = defaultdict(float)  # (machine, generation): how long it had processes
        self.last_s = {}  # when it last had some
        self.unnamed_s = defaultdict(float)  # machine: processes of a run whose supervisor had not yet spoken
        self.lease_s = defaultdict(int)  # (machine, generation): the longest lease
        self.halted = threading.Event()

    def run(self):
        before = time.monotonic()
        while not self.halted.wait(STEP_S):
            now = time.monotonic()
            for machine in self.places.machines_with_groups():
                self.look(machine, before, now)
            before = now

    def look(self, machine, before, now):
        status = self.places.status(machine)
        key = (machine, status["generation"]) if status else None
        if key:
            self.lease_s[key] = max(self.lease_s[key], status["lease"]["run_max_s"])
        if not self.places.machine_processes(machine):
            return
        if not key:
            self.unnamed_s[machine] += now - before
            return
        since = self.last_s.get(key, before)
        self.seen_s[key] += now - (since if now - since < REBOOT_S else before)
        self.seen_s[key] += self.unnamed_s.pop(machine, 0.0)
        self.last_s[key] = now

    def ran_at_most(self, machine, generation):
        """A step may be missed at either end."""
        return self.seen_s[machine, generation] + self.unnamed_s.get(machine, 0.0) + 4 * STEP_S

    def stop(self):
        self.halted.set()
        self.join()
