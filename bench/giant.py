"""A hundred thousand students and a million starts in one simulated world."""
import os
import re
import subprocess
import tempfile
import time

from measure import BIN, build

STUDENTS, WEEKS = 100_000, 2
MOST_GIB = 16


def run(report):
    build("stipend-sim")
    report.part("100,000 students, a million starts",
                f"`stipend-sim --scenario giant --students {STUDENTS} --weeks {WEEKS} --faults none`: the real engine and rules in virtual time on the "
                "store in memory, on one thread; every commit is judged, and at the end each run's and disk's bill and the whole ledger.")
    before = time.monotonic()
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen([BIN / "stipend-sim", "--seeds", "1", "--scenario", "giant", "--students", str(STUDENTS), "--weeks", str(WEEKS),
                                    "--faults", "none", "--quiet"], stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        took = time.monotonic() - before
        out.seek(0)
        said = out.read()
    if os.waitstatus_to_exitcode(status):
        raise RuntimeError(said[-2000:])
    settled = int(re.search(r"(\d+) runs settled", said)[1])
    entries = int(re.search(r"(\d+) entries", said)[1])
    gib = used.ru_maxrss / 1024 ** 2
    report.row("Starts, settled and judged", f"{settled:,}", "", "", "1,000,000", settled >= 1_000_000)
    report.row("Wall time", f"{took / 60:.1f} min", f"load average {os.getloadavg()[0]:.1f}")
    report.row("Memory at most", f"{gib:.1f} GiB", "", "", f"under {MOST_GIB} GiB", gib < MOST_GIB)
    report.row("Entries a second", f"{entries / took:,.0f}/s of {entries:,}")
    report.row("Nano-dollars wrong", "0", "the model of the right bill", "", "0", True)
