"""From RunInstances to a JupyterLab that answers through the gateway, against the same machine started by hand (bare.py) and
against JupyterHub's spawn of a local process."""
import contextlib
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time

import ours
from measure import NODE, ROOT, TOOLS, free_port, program, wait_until
from person import Person, ask

ROUNDS = 7
TYPE, VCPUS, MEMORY_MIB = "t2.medium", 2, 4096


def launch(person):
    """Seconds from RunInstances to Jupyter's first answer; then ends the machine."""
    began = time.monotonic()
    machine, = person.launch(TYPE)
    person.wait([machine], "running", pause=0.01)
    host, cookie = person.enter(machine)
    port = person.server.port
    wait_until("Jupyter", lambda: (ask(port, "GET", "/api/status", host, Cookie=cookie) or [0])[0] == 200, 60, 0.01)
    took = time.monotonic() - began
    assert ask(port, "GET", "/lab", host, Cookie=cookie)[0] == 200
    person.terminate([machine])
    return took


@contextlib.contextmanager
def bare(image, folder, vcpus=VCPUS, memory_mib=MEMORY_MIB):
    """A function that starts so many machines at once by hand and gives the seconds until the last one's Jupyter answers."""
    process = subprocess.Popen(["unshare", "--mount", "--net", "--propagation", "private", "/usr/bin/python3", ROOT / "bench/bare.py",
                                image, folder, str(vcpus), str(memory_mib)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def line():
        text = process.stdout.readline()
        if not text:
            raise RuntimeError("the start by hand ended; see above")
        return text
    try:
        line()

        def start(count=1, cpu=False):
            process.stdin.write(f"{count}\n")
            process.stdin.flush()
            took, spent = map(float, line().split())
            return (took, spent) if cpu else took
        yield start
    finally:
        process.stdin.close()
        process.wait(60)


@contextlib.contextmanager
def jupyterhub(folder):
    """A function that has JupyterHub spawn a server and gives the seconds until it answers through JupyterHub's proxy."""
    port, token = free_port(), secrets.token_hex(16)
    environment = {"BENCH_HUB_PORT": str(port), "BENCH_HUB_INNER_PORT": str(free_port()), "BENCH_HUB_API_PORT": str(free_port()),
                   "BENCH_HUB_PROXY": str(NODE / "configurable-http-proxy"), "BENCH_HUB_SINGLEUSER": str(TOOLS / "jupyterhub-singleuser"),
                   "BENCH_HUB_TOKEN": token, "HOME": folder, "PATH": f"{TOOLS}:{os.environ['PATH']}"}
    authorized = {"Authorization": f"token {token}"}

    def status(path):
        return (ask(port, "GET", path, **authorized) or [0])[0]

    def spawn():
        began = time.monotonic()
        said = ask(port, "POST", "/hub/api/users/ada/server", **authorized)
        assert said and said[0] in (201, 202), said
        wait_until("JupyterHub's server", lambda: status("/user/ada/api/status") == 200, 120, 0.01)
        took = time.monotonic() - began
        ask(port, "DELETE", "/hub/api/users/ada/server", **authorized)
        wait_until("its end", lambda: '"ready": true' not in ask(port, "GET", "/hub/api/users/ada", **authorized)[2] and
                   '"pending": null' in ask(port, "GET", "/hub/api/users/ada", **authorized)[2], 60, 0.1)
        return took
    with program([TOOLS / "jupyterhub", "-f", ROOT / "bench/jupyterhub_config.py"], f"{folder}/log", port, environment, folder):
        wait_until("JupyterHub", lambda: status("/hub/api/") == 200, 60)
        assert ask(port, "POST", "/hub/api/users/ada", **authorized)[0] == 201
        yield spawn


def figure(times):
    return f"{statistics.median(times):.2f} s ({min(times):.2f} to {max(times):.2f})"


def measure(server, folder):
    image = ours.IMAGES / "course-python.erofs"
    person = Person(server, server.account("Ada"), ours.ami("course-python"))
    os.chmod(folder, 0o755)  # the machine's root goes through it
    for name in ("bare", "hub"):
        os.mkdir(f"{folder}/{name}")
    with contextlib.ExitStack() as stack:
        runs = {"ours": lambda: launch(person), "by hand": stack.enter_context(bare(image, f"{folder}/bare"))}
        if (NODE / "configurable-http-proxy").exists():
            runs["JupyterHub spawn"] = stack.enter_context(jupyterhub(f"{folder}/hub"))
        times = {name: [] for name in runs}
        for number in range(ROUNDS + 1):  # the first warms the page cache for all
            for name, run_one in runs.items():
                took = run_one()
                print(f"      {name} {took:.2f} s", file=sys.stderr)
                if number:
                    times[name].append(took)
    return times


def run(report):
    report.part("A launch: RunInstances to JupyterLab",
                f"Ours: a signed RunInstances of `course-python` ({TYPE}, real machine, new disk) to `stipend serve`; `instance url`; its link, its cookie; "
                "until `/api/status` answers 200 on the machine's own origin. By hand: the same image, a new disk of the same kind, the same "
                "mounts, `lxc-start` with the same limits, until the same address answers directly; its host key is made before the clock runs. JupyterHub: its REST "
                "call to spawn, until the same answer through its proxy; that is a local process of the server's own user (SimpleLocalProcessSpawner): "
                "no machine, disk, address, limits or isolation; its packages are as PyPI brings them, while the course image leaves one slow import out. In turns, after one round that warms the page cache.")
    server, why = ours.real()
    if not server:
        return report.absent("RunInstances to JupyterLab", why)
    with tempfile.TemporaryDirectory(prefix="stipend-bench-", dir="/var/tmp") as folder:
        try:
            server.start()
            times = measure(server, folder)
        finally:
            server.close()
    for name, most in (("by hand", 1.15), ("JupyterHub spawn", 0.2)):
        if name not in times:
            report.absent(name, "npm could not install configurable-http-proxy, which JupyterHub needs")
            continue
        ratio = statistics.median(times["ours"]) / statistics.median(times[name])
        report.row("RunInstances to JupyterLab", figure(times["ours"]), f"{name} {figure(times[name])}", f"{ratio:.2f}×", f"at most {most}×", ratio <= most)
