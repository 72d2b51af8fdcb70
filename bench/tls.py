"""What TLS costs the gateway, beside nginx as a TLS proxy with the same certificate: CPU of an answer of 1 KiB on kept connections
with and without TLS, and of a handshake."""
import contextlib
import re
import socket
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
def gateway(cert=None, key=None):
    """A whole server with a scripted machine, over TLS if there is a certificate: (what to load, the machine's address)."""
    server = ours.scripted((settings(cert, key, NAME) if cert else "") + ours.WIDE)
    server.scheme = "https" if cert else "http"
    try:
        server.start()
        machine = launch(server, server.account("Ada"))
        host, cookie = enter(server, machine)
        address = server.call("instance", "show", machine)["private_address"]
        yield Served(server.process.pid, f"{server.scheme}://127.0.0.1:{server.port}/x", [f"Host: {host}", f"Cookie: {cookie}"]), address
    finally:
        server.close()


def ask(server, request, name):
    """The answer to a request on a connection of its own."""
    connection = connect(server.port, name) if server.scheme == "https" else socket.create_connection(("127.0.0.1", server.port), 5)
    with connection:
        connection.sendall(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode(errors="replace")


def launch(server, account):
    def call(action, **parameters):
        return ask(server, signed.ec2(ours.credentials(account), server.port, action, variants=1, **parameters)[0], "localhost")
    text = call("RunInstances", ImageId=ours.FAKE_IMAGE, InstanceType="t2.nano", MinCount=1, MaxCount=1)
    machine = re.search(r"<instanceId>(i-[0-9a-f]+)</instanceId>", text)[1]
    wait_until("the machine to run", lambda: "<name>running</name>" in call("DescribeInstances", **{"InstanceId.1": machine}))
    return machine


def enter(server, machine):
    host, path = re.fullmatch(r"https?://([^/]+)(/.*)", server.call("instance", "url", machine)["url"]).groups()
    head = ask(server, f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode(), host.partition(":")[0])
    return host, re.search(r"(?i)set-cookie: ([^;\r]+)", head)[1]


def run(report):
    report.part("The gateway over TLS",
                f"The same P-256 certificate, TLS 1.3, the same nginx behind all; wrk with {CONNECTIONS} connections. nginx passes requests on as a proxy of one "
                "worker; ours is the whole `stipend serve`. CPU of the proxy's processes. What TLS adds: an answer over TLS less one without. A handshake: "
                "an answer on a connection of its own less one on a kept one, both over TLS.")
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir="/var/tmp"))
        cert, key = certificate(folder, names=f"{NAME} *.{NAME} localhost")
        mine, address = stack.enter_context(gateway(cert, key))
        plain, plain_address = stack.enter_context(gateway())
        servers = "".join(ANSWERS.format(address=each, port=JUPYTER, text="x" * 1024) for each in {address, plain_address})
        stack.enter_context(nginx(f"{folder}/upstream", JUPYTER, servers, address))
        tls, port = free_port(), free_port()
        theirs = stack.enter_context(nginx(f"{folder}/proxy", port, PASSES.format(upstream=f"{address}:{JUPYTER}", cert=cert, key=key, tls=tls, port=port)))
        sides = {"ours": (mine, plain), "nginx": (Served(theirs.pid, f"https://127.0.0.1:{tls}/x"), Served(theirs.pid, f"http://127.0.0.1:{port}/x"))}
        found = {(name, what): [] for name in sides for what in ("tls", "plain", "fresh")}
        for number in range(ROUNDS + 1):
            for name, (secured, clear) in sides.items():
                costs = {"tls": secured.cost(), "plain": clear.cost(), "fresh": secured.cost("Connection: close")}
                for what, cost in costs.items():
                    if number:
                        found[name, what].append(cost)
        us = {key: statistics.median(cost for cost, _ in each) for key, each in found.items()}

        def compare(what, figure, most=None):
            one, other = figure("ours"), figure("nginx")
            ratio = one / other
            report.row(what, f"{one:.1f} µs", f"nginx {other:.1f} µs", f"{ratio:.2f}×", f"at most {most:g}×" if most else "", ratio <= most if most else None)
        compare("CPU that TLS adds to an answer of 1 KiB", lambda name: us[name, "tls"] - us[name, "plain"], MOST)
        compare("CPU of an answer of 1 KiB over TLS, in all", lambda name: us[name, "tls"])
        compare("CPU of a handshake and its connection", lambda name: us[name, "fresh"] - us[name, "tls"])
        rate = {name: statistics.median(per_s for _, per_s in found[name, "tls"]) for name in sides}
        report.row("Answers over TLS", f"{rate['ours']:.0f}/s", f"nginx {rate['nginx']:.0f}/s")
