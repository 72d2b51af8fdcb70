"""One blow: a random process of the state is killed, or stands still for a while, when another may be killed beside it."""
import os
import signal
import subprocess
import time

VICTIMS = ["keeper", "server", "stipend-host", "supervisor", "runner", "init"]


class Blow:
    def __init__(self, random):
        self.victim = random.choice(VICTIMS)
        self.signal = random.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGSTOP])
        self.frozen_s = random.uniform(0.5, 12)
        self.away_s = random.choice([0, random.uniform(0, 4)])  # how long the operator takes to start `stipend serve` again
        self.before_s = random.uniform(0.2, 4)
        self.choice = random.random()  # which machine
        self.beside = Blow(random).kills() if self.signal == signal.SIGSTOP and random.random() < 0.4 else None
        self.struck = "nobody"

    def kills(self):
        self.signal, self.beside = signal.SIGKILL, None
        return self

    def __str__(self):
        how = "killed" if self.signal == signal.SIGKILL else f"stopped for {self.frozen_s:.1f} s"
        return f"{self.victim} ({self.struck}) {how}" + (f", {self.beside}" if self.beside else "")

    def ends_serving(self):
        """Does `stipend serve` end by it?"""
        if self.beside and self.beside.ends_serving():
            return True
        return self.signal == signal.SIGKILL and self.victim in ("keeper", "server")

    def find(self, server, places, spared):
        if self.victim == "keeper":
            return server.process.pid
        if self.victim == "server":
            return server.server_pid()
        if self.victim == "stipend-host":
            return server.host_pid()
        field = "pid" if self.victim == "supervisor" else self.victim
        pids = sorted((machine, status[field]) for machine, status in places.statuses().items()
                      if status[field] > 1 and machine not in spared)
        if not pids:
            return None
        machine, pid = pids[int(self.choice * len(pids))]
        self.struck = machine
        return pid

    def strike(self, server, places, spared):
        """False when there was nobody to strike; `spared` machines only feel the blows to what is above them."""
        pid = self.find(server, places, spared)
        try:
            process = os.pidfd_open(pid) if pid else None
        except ProcessLookupError:
            process = None
        if process is None:
            return False
        try:
            if self.struck == "nobody":
                self.struck = str(pid)
            signal.pidfd_send_signal(process, self.signal)
            if self.signal == signal.SIGSTOP:
                time.sleep(self.frozen_s / 2)
                if self.beside:
                    self.beside.strike(server, places, spared)
                time.sleep(self.frozen_s / 2)
                signal.pidfd_send_signal(process, signal.SIGCONT)
        except ProcessLookupError:
            pass  # it ended by itself meanwhile; the blow fell all the same
        finally:
            os.close(process)
        return True


def serve_again(server, blow):
    """As an operator does: when `stipend serve` has ended it is started again, until it serves."""
    if blow.ends_serving():
        try:
            server.process.wait(30)
        except subprocess.TimeoutExpired:
            pass  # a blow that found nobody
    if server.process.poll() is None:
        return 0
    assert blow.ends_serving(), f"`stipend serve` ended with {server.process.returncode} after: {blow}\n{server.log.read_text()[-4000:]}"
    time.sleep(blow.away_s)
    server.start()
    return 1
