"""Steps with elapsed time, and the moving last line of a long child process. Everything a child prints goes to the log."""

import collections
import os
import signal
import subprocess
import sys
import threading
import time

QUIET_INTERVAL_S = 10  # between two lines of a running step where the output is no terminal


class Failed(Exception):
    """An expected failure; its text names the cure."""


class Progress:
    def __init__(self, title, log_path):
        self.title = title
        self.start = time.monotonic()
        self.log_path = log_path
        self.log = open(log_path, "w", encoding="utf-8", errors="replace")
        self.moving = sys.stdout.isatty()
        self.latest = ""

    def line(self, text):
        if self.moving:
            print("\r\x1b[K", end="")
        print(f"[{time.monotonic() - self.start:6.1f} s] {self.title}: {text}", flush=True)
        self.log.write(f"==> {text}\n")
        self.log.flush()

    def _beat(self, ended):
        """Shows where a running step is, also while it prints nothing: in place on a terminal, now and then a line elsewhere."""
        while not ended.wait(0.3 if self.moving else QUIET_INTERVAL_S):
            shown = f"[{time.monotonic() - self.start:6.1f} s] {self.title}:   {self.latest.strip()[:100]}"
            print(f"\r\x1b[K{shown}" if self.moving else shown, end="" if self.moving else "\n", flush=True)

    def run(self, step, command, env=None, describe=None):
        """Runs a command; `describe(line)` may turn a line of its output into what is shown. Raises Failed."""
        self.line(step)
        self.latest = step
        tail = collections.deque(maxlen=25)
        child = subprocess.Popen(
            command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", start_new_session=True)
        ended = threading.Event()
        threading.Thread(target=self._beat, args=(ended,), daemon=True).start()
        try:
            for raw in child.stdout:
                self.log.write(raw)
                tail.append(raw.rstrip())
                shown = describe(raw) if describe else raw
                if shown:
                    self.latest = shown
            code = child.wait()
        except BaseException:
            os.killpg(child.pid, signal.SIGTERM)
            try:
                child.wait(timeout=5)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
            raise
        finally:
            ended.set()
        if code != 0:
            self.log.flush()
            raise Failed(f"{step}: {command[0]} ended with {code}. Its last lines (all of them: {self.log_path}):\n  "
                         + "\n  ".join(tail))


class AptCounter:
    """Turns apt's and dpkg's output into "unpacking 41 of 117: name"."""

    def __init__(self):
        self.total = self.unpacked = self.configured = 0

    def __call__(self, line):
        words = line.split()
        if " newly installed" in line and "upgraded" in line:
            self.total = int(line.split(" newly")[0].split()[-1])
        elif line.startswith("Unpacking "):
            self.unpacked += 1
            return f"unpacking {self._of(self.unpacked)}: {words[1]}"
        elif line.startswith("Setting up "):
            self.configured += 1
            return f"configuring {self._of(self.configured)}: {words[2]}"
        elif line.startswith("Get:"):
            return "downloading " + " ".join(words[4:6] if len(words) > 5 else words)
        elif line.startswith("I: "):
            if "installing" in line:  # the essential packages, then the rest: two runs of apt, each counted by itself
                self.unpacked = self.configured = 0
            return line[3:]
        return None

    def _of(self, count):
        return f"{count} of {self.total}" if self.total >= count else str(count)


class PipCounter:
    """Turns pip's output into "41 of 117: name"."""

    def __init__(self, total):
        self.total, self.seen = total, 0

    def __call__(self, line):
        words = line.split()
        if line.startswith("Collecting "):
            self.seen += 1
            return f"{100 * self.seen // max(self.total, 1)} % ({self.seen} of {self.total}): {words[1]}"
        if words[:1] == ["Downloading"]:
            return f"{100 * self.seen // max(self.total, 1)} %: " + " ".join(words)
        if words[:1] in (["Installing"], ["Successfully"]):
            return " ".join(words[:3]) + " ..."
        return None
