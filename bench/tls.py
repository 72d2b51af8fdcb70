"""What TLS costs the gateway, beside nginx as a TLS proxy with the same certificate: CPU of an answer of 1 KiB on kept connections,
and of a handshake."""
import contextlib
import re
import statistics
import subprocess
import tempfile

import ours
import signed
from measure import cpu_s, free_port, wait_until
from proxy import ANSWERS, JUPYTER, nginx
from support.tls import certificate, connect, settings

ROUNDS, SECONDS, CONNECTIONS = 3, 3, 16
MOST = 1.3
NAME = "stipend.test"
PASSES = """upstream up {{ server {upstream}; keepalive 64; keepalive_requests 100000000; }}
ssl_certificate {cert}; ssl_certificate_key {key}; ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache off;
server {{ listen 127.0.0.1:{tls} ssl; listen 127.0.0.1:{port};
location / {{ proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; }} }}"""


class Served:
    def __init__(self, pid, url, headers=()):
        self.pid, self.url, self.headers = pid, url, list(headers)

    def cost(self, *more):
        """Microseconds of CPU an answer, and answers a second, under wrk."""
        words = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s"]
        for header in [*self.headers, *more]:
            words += ["-H", header]
        before = cpu_s(self.pid)
        done = subprocess.run([*words, self.url], capture_output=True, text=True, timeout=SECONDS + 60, check=True)
        spent = cpu_s(self.pid) - before
        if "Non-2xx" in done.stdout or "Socket errors" in done.stdout and "Connection: close" not in more:
            raise RuntimeError(done.stdout)
        answers = int(re.search(r"(\d+) requests in", done.stdout)[1])
        return spent / answers * 1e6, answers / SECONDS


@contextlib.contextmanager
def gateway(cert, key):
    """A whole server over TLS with a scripted machine: (what to load, the machine's address)."""
    server = ours.scripted(settings(cert, key, NAME) + ours.WIDE)
    server.scheme = "https"
    try:
        server.start()
        account = server.account("Ada")
        machine = launch(server, account)
        host, cookie = enter(server, machine)
        address = server.call("instance", "show", machine)["private_address"]
        yield Served(server.process.pid, f"https://127.0.0.1:{server.port}/x", [f"Host: {host}", f"Cookie: {cookie}"]), address
    finally:
        server.close()


def launch(server, account):
    def call(action, **parameters):
        request = signed.ec2(ours.credentials(account), server.port, action, variants=1, **parameters)[0]
        with connect(server.port, "localhost") as connection:
            connection.sendall(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
            return b"".join(iter(lambda: connection.recv(65536), b"")).decode(errors="replace")
    machine = re.search(r"<instanceId>(i-[0-9a-f]+)</instanceId>", call("RunInstances", ImageId=ours.FAKE_IMAGE, InstanceType="t2.nano", MinCount=1, MaxCount=1))[1]
    wait_until("the machine to run", lambda: "<name>running</name>" in call("DescribeInstances", **{"InstanceId.1": machine}))
    return machine


def enter(server, machine):
    host, path = re.fullmatch(r"https://([^/]+)(/.*)", server.call("instance", "url", machine)["url"]).groups()
    with connect(server.port, host.partition(":")[0]) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        head = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    return host, re.search(r"(?i)set-cookie: ([^;\r]+)", head)[1]


def run(report):
    report.part("The gateway over TLS",
                f"The same P-256 certificate, TLS 1.3, the same nginx behind both; wrk with {CONNECTIONS} connections. nginx passes requests on as a TLS proxy of one "
                "worker; ours is the whole `stipend serve`. CPU of the proxy's processes. A handshake: an answer on a connection of its own, less one on a kept one.")
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir="/var/tmp"))
        cert, key = certificate(folder, names=f"{NAME} *.{NAME} localhost")
        mine, address = stack.enter_context(gateway(cert, key))
        stack.enter_context(nginx(f"{folder}/upstream", JUPYTER, ANSWERS.format(address=address, port=JUPYTER, text="x" * 1024), address))
        tls, port = free_port(), free_port()
        theirs = stack.enter_context(nginx(f"{folder}/proxy", port, PASSES.format(upstream=f"{address}:{JUPYTER}", cert=cert, key=key, tls=tls, port=port)))
        sides = {"ours": mine, "nginx": Served(theirs.pid, f"https://127.0.0.1:{tls}/x")}
        kept, fresh = {name: [] for name in sides}, {name: [] for name in sides}
        for number in range(ROUNDS + 1):
            for name, side in sides.items():
                one, other = side.cost(), side.cost("Connection: close")
                if number:
                    kept[name].append(one)
                    fresh[name].append(other)
        cost = {name: statistics.median(us for us, _ in each) for name, each in kept.items()}
        ratio = cost["ours"] / cost["nginx"]
        report.row("CPU of an answer of 1 KiB over TLS", f"{cost['ours']:.1f} µs", f"nginx {cost['nginx']:.1f} µs", f"{ratio:.2f}×", f"at most {MOST:g}×", ratio <= MOST)
        rate = {name: statistics.median(per_s for _, per_s in each) for name, each in kept.items()}
        report.row("Answers over TLS", f"{rate['ours']:.0f}/s", f"nginx {rate['nginx']:.0f}/s")
        shake = {name: statistics.median(us for us, _ in each) - cost[name] for name, each in fresh.items()}
        report.row("CPU of a handshake and its connection", f"{shake['ours']:.0f} µs", f"nginx {shake['nginx']:.0f} µs", f"{shake['ours'] / shake['nginx']:.2f}×")
