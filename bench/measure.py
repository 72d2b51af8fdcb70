"""What every part needs: processes and their CPU and memory, ports, the load client, Google Benchmark's medians."""
import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / "build/release"
BIN = BUILD / "bin"
TOOLS = ROOT / "var/bench-venv/bin"          # what pip brought
NODE = ROOT / "var/bench-node/node_modules/.bin"  # what npm brought
TICK = os.sysconf("SC_CLK_TCK")


def build(*targets):
    subprocess.run(["cmake", "--build", BUILD, "--target", *targets, "--", "--quiet"], check=True, stdout=subprocess.DEVNULL)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(what, condition, seconds=30.0, pause=0.02):
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds} s in vain for {what}")
        time.sleep(pause)


def answers_on(port, address="127.0.0.1"):
    try:
        socket.create_connection((address, port), 1).close()
        return True
    except OSError:
        return False


def family(pid):
    """The process and all that descend from it."""
    found = [pid]
    for each in found:
        with contextlib.suppress(OSError):
            for task in os.listdir(f"/proc/{each}/task"):
                found += [int(child) for child in pathlib.Path(f"/proc/{each}/task/{task}/children").read_text().split()]
    return found


def cpu_s(pid):
    """User and system seconds of a process and its descendants."""
    ticks = 0
    for each in family(pid):
        with contextlib.suppress(OSError):
            fields = pathlib.Path(f"/proc/{each}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / TICK


def memory_kib(pid, item="VmRSS"):
    return int(re.search(rf"{item}:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])


@contextlib.contextmanager
def program(words, log, port, environment=None, folder=None, address="127.0.0.1"):
    """A program that runs meanwhile, in a session of its own; once it listens."""
    with open(log, "ab") as out:
        process = subprocess.Popen([str(w) for w in words], stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd=folder,
                                   env={**os.environ, **(environment or {})}, start_new_session=True)

    def listening():
        if process.poll() is not None:
            raise RuntimeError(f"{words[0]} ended with {process.returncode}:\n{pathlib.Path(log).read_text()[-2000:]}")
        return answers_on(port, address)
    try:
        wait_until(f"{words[0]} to listen on {port}", listening, 60)
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


class Load:
    """One run of the load client: answers a second, milliseconds, CPU of the server an answer."""

    def __init__(self, pid, port, connections, seconds, requests):
        with tempfile.NamedTemporaryFile() as file:
            for request in requests:
                file.write(b"%d\n%s" % (len(request), request))
            file.flush()
            before = cpu_s(pid)
            done = subprocess.run([BIN / "load_client", str(port), str(connections), str(seconds), file.name],
                                  capture_output=True, text=True, timeout=seconds + 60)
            spent = cpu_s(pid) - before
        if done.returncode:
            raise RuntimeError(done.stderr)
        said = json.loads(done.stdout)
        if said["failed"]:
            raise RuntimeError(f"{said['failed']} of {said['answers']} requests failed, the first with {said['first_failure']}")
        self.rate = said["answers"] / said["seconds"]
        self.median_ms = said["median_us"] / 1e3
        self.p99_ms = said["p99_us"] / 1e3
        self.cpu_ms = spent / said["answers"] * 1e3
        self.client_cpu_ms = said["client_cpu_s"] / said["answers"] * 1e3


def median(loads, figure):
    return statistics.median(getattr(load, figure) for load in loads)


def google(name, *options):
    """Medians of a Google Benchmark program, by name: real and CPU nanoseconds, and its counters."""
    # The disk of the servers' states, not a file system in memory.
    out = subprocess.run([BIN / name, "--benchmark_format=json", *options], capture_output=True, check=True,
                         env={**os.environ, "TMPDIR": "/var/tmp"}).stdout
    scale = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}
    found = {}
    for one in json.loads(out)["benchmarks"]:
        if one.get("aggregate_name", "median") == "median":
            unit = scale[one["time_unit"]]
            found[one["run_name"]] = {**one, "real_ns": one["real_time"] * unit, "cpu_ns": one["cpu_time"] * unit}
    return found


def figures(name, *words):
    """What a program of `bench/` that prints one JSON object has measured, on the disk of the servers' states."""
    out = subprocess.run([BIN / name, *words], capture_output=True, check=True, env={**os.environ, "TMPDIR": "/var/tmp"}).stdout
    return json.loads(out)
