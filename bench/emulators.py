"""EC2 calls against ministack and moto_server, which emulate AWS for tests: the same signed requests from the same client.
Ours checks the signature and answers when the change is on disk; they do neither."""
import contextlib
import statistics
import tempfile

import ours
import signed
from measure import TOOLS, Load, build, free_port, google, median, program

ROUNDS, SECONDS, CLASS = 3, 2, 2000
PROVIDED = {"InstanceType": "t2.nano", "MinCount": 1, "MaxCount": 1}
STRANGER = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")  # they take any key


class Target:
    """A server under load from many accounts, as courses have them: the price of a launch grows with the machines that the
    account already has, since all of them end together when its credit does. The last account has a hundred."""

    def __init__(self, name, pid, port, image, accounts):
        self.name, self.pid, self.port, self.image = name, pid, port, image
        *self.students, self.collector = accounts
        hundred = {**PROVIDED, "MinCount": 100, "MaxCount": 100}
        Load(pid, port, 1, 0, signed.ec2(self.collector, port, "RunInstances", variants=1, ImageId=image, **hundred))

    def launches(self, connections):
        requests = [request for student in self.students
                    for request in signed.ec2(student, self.port, "RunInstances", variants=1, ImageId=self.image, **PROVIDED)]
        return Load(self.pid, self.port, connections, SECONDS, requests)

    def describes(self, connections):
        return Load(self.pid, self.port, connections, SECONDS, signed.ec2(self.collector, self.port, "DescribeInstances"))


@contextlib.contextmanager
def our_target():
    server = ours.scripted()
    try:
        server.start()
        yield Target("ours", server.process.pid, server.port, ours.FAKE_IMAGE, ours.class_of(server, CLASS + 1, "1000"))
    finally:
        server.close()


@contextlib.contextmanager
def emulator(name, folder):
    port = free_port()
    words = {"ministack": [TOOLS / "ministack"], "moto_server": [TOOLS / "moto_server", "-H", "127.0.0.1", "-p", port]}[name]
    environment = {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "SERVICES": "ec2,sts", "LOG_LEVEL": "ERROR", "HOME": folder,
                   "SFTP_ENABLED": "0", "IOT_MTLS_ENABLED": "0", "DOCKER_HOST": "unix:///nonexistent", "PYTHONWARNINGS": "ignore"}
    with program(words, f"{folder}/{name}.log", port, environment, folder) as process:
        yield Target(name, process.pid, port, "ami-12c6146b", [STRANGER] * (CLASS + 1))


def in_turns(targets, run):
    """Runs of every target in alternation, the first round thrown away: {name: [Load]}."""
    loads = {target.name: [] for target in targets}
    for number in range(ROUNDS + 1):
        for target in targets:
            load = run(target)
            if number:
                loads[target.name].append(load)
    return loads


def raw_commits():
    """Single commits a second of the same rows by plain prepared SQLite statements."""
    return 1e9 / next(v["real_ns"] for v in google("engine_bench", "--benchmark_filter=RawSqlite").values())


def figure(loads):
    return f"{median(loads, 'rate'):.0f}/s, {median(loads, 'cpu_ms'):.2f} ms CPU"


def compare(report, what, loads, target, least):
    mine = loads.pop("ours")
    for name, theirs in loads.items():
        ratio = median(mine, "rate") / median(theirs, "rate")
        wanted = name == target
        report.row(what, figure(mine), f"{name} {figure(theirs)}", f"{ratio:.1f}×", f"at least {least}×" if wanted else "", ratio >= least if wanted else None)
    report.row(f"{what}: time to the answer", f"{median(mine, 'median_ms'):.2f} ms, p99 {median(mine, 'p99_ms'):.1f}",
               ", ".join(f"{name} {median(theirs, 'median_ms'):.1f} ms, p99 {median(theirs, 'p99_ms'):.1f}" for name, theirs in loads.items()))
    return mine


def single(report, mine_target):
    raw, mine = [raw_commits()], []
    for _ in range(ROUNDS):
        mine.append(mine_target.launches(1))
        raw.append(raw_commits())
    ratio = median(mine, "rate") / statistics.median(raw)
    report.row("RunInstances, 1 connection", figure(mine), f"plain SQLite, same rows {statistics.median(raw):.0f}/s", f"{ratio:.2f}×", "at least 0.5×", ratio >= 0.5)


def run(report):
    build("load_client", "engine_bench")
    report.part("AWS calls, against emulators",
                f"One signed request after the other on each connection, from one load client, of {CLASS} accounts in turn. Ours: `stipend serve`, provider `fake`, every "
                "signature checked, every launch in SQLite with full sync before its answer, and the launched machines' later "
                "reports beside it. ministack and moto_server keep all in memory and check no signature. Answers a second.")
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder, our_target() as mine, emulator("ministack", folder) as ministack, \
            emulator("moto_server", folder) as moto:
        targets = [mine, ministack, moto]
        described = compare(report, "DescribeInstances of 100, 16 connections",
                            in_turns(targets, lambda target: target.describes(16)), "ministack", 10)
        cpu = median(described, "cpu_ms")
        report.row("DescribeInstances of 100: CPU a request", f"{cpu:.2f} ms", "", "", "at most 1 ms", cpu <= 1)
        single(report, mine)  # before the crowd of machines whose reports would be measured with it
        compare(report, "RunInstances, 16 connections", in_turns(targets, lambda target: target.launches(16)), "ministack", 20)
