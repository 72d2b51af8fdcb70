"""The gateway's data path against nginx and configurable-http-proxy (JupyterHub's): the CPU of a proxied answer of 1 KiB and of a
WebSocket's frame, and the memory of 1,000 WebSockets."""
import contextlib
import json
import os
import resource
import statistics
import tempfile
import urllib.request

import ours
from measure import NODE, Load, build, cpu_s, family, free_port, median, memory_kib, program
from person import Person
from websockets import Crowd, Echo

ROUNDS, SECONDS, CONNECTIONS = 3, 3, 16
SOCKETS, ECHOES = 1000, 10
JUPYTER = 8888
MOST = {"nginx": 3, "configurable-http-proxy": 0.125}
NGINX = """
worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/error.log; user root;
events {{ worker_connections 8192; }}
http {{
  access_log off; keepalive_requests 100000000; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b;
  fastcgi_temp_path {folder}/c; uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  {servers}
}}"""
ANSWERS = "server {{ listen {address}:{port}; location / {{ default_type text/plain; return 200 {text}; }} }}"
PASSES = """upstream up {{ server {upstream}; keepalive 64; keepalive_requests 100000000; }}
server {{ listen 127.0.0.1:{port};
location / {{ proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; }}
location /ws {{ proxy_pass http://{echo}; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;
proxy_set_header Connection upgrade; proxy_read_timeout 1h; }} }}"""


class Proxy:
    """Something that passes requests on; `sockets`: its port and headers for WebSockets."""

    def __init__(self, name, pid, port, headers=None, sockets=None):
        self.name, self.pid, self.port, self.headers = name, pid, port, headers or {}
        self.sockets = sockets or (port, self.headers)

    def load(self):
        lines = ["GET /x HTTP/1.1", *(f"{k}: {v}" for k, v in {"Host": f"localhost:{self.port}", **self.headers}.items())]
        return Load(self.pid, self.port, CONNECTIONS, SECONDS, [("\r\n".join(lines) + "\r\n\r\n").encode()])

    def memory_kib(self):
        return sum(memory_kib(pid) for pid in family(self.pid))


@contextlib.contextmanager
def nginx(folder, port, servers, address="127.0.0.1"):
    os.mkdir(folder)
    with open(f"{folder}/nginx.conf", "w") as out:
        out.write(NGINX.format(folder=folder, servers=servers))
    with program(["nginx", "-c", f"{folder}/nginx.conf", "-p", folder], f"{folder}/log", port, address=address) as process:
        yield Proxy("nginx", process.pid, port)


@contextlib.contextmanager
def configurable_http_proxy(folder, upstream, echo):
    port, api = free_port(), free_port()
    words = [NODE / "configurable-http-proxy", "--ip", "127.0.0.1", "--port", port, "--api-ip", "127.0.0.1", "--api-port", api,
             "--default-target", f"http://{upstream}", "--log-level", "error"]
    with program(words, f"{folder}/chp.log", port, {"CONFIGPROXY_AUTH_TOKEN": "bench", "NODE_ENV": "production"}) as process:
        route = urllib.request.Request(f"http://127.0.0.1:{api}/api/routes/ws", json.dumps({"target": f"http://{echo}"}).encode(),
                                       {"Authorization": "token bench"}, method="POST")
        urllib.request.urlopen(route).close()
        yield Proxy("configurable-http-proxy", process.pid, port)


@contextlib.contextmanager
def gateway():
    """A whole server with two scripted machines, whose addresses are of this computer: (proxy, address, address of sockets)."""
    server = ours.scripted()
    try:
        server.start()
        person = Person(server, server.account("Ada"), ours.FAKE_IMAGE)
        machines = person.launch("t2.nano", 2)
        person.wait(machines, "running")
        ways = [person.enter(machine) for machine in machines]
        addresses = [server.call("instance", "show", machine)["private_address"] for machine in machines]
        headers = [{"Host": host, "Cookie": cookie, "Origin": f"http://{host}"} for host, cookie in ways]
        yield Proxy("ours", server.process.pid, server.port, headers[0], (server.port, headers[1])), *addresses
    finally:
        server.close()


def sockets(proxy):
    """KiB that the WebSockets add once each has echoed, and microseconds of CPU a frame there and back."""
    first = Crowd(*proxy.sockets, 1)
    first.echo(1)
    before = proxy.memory_kib()
    crowd = Crowd(*proxy.sockets, SOCKETS)
    try:
        crowd.echo(2)
        used = max(0, proxy.memory_kib() - before)  # a garbage collector may have come by
        costs = []
        for _ in range(ROUNDS):
            spent = cpu_s(proxy.pid)
            frames = crowd.echo(ECHOES)
            costs.append((cpu_s(proxy.pid) - spent) / frames * 1e6)
        return used, statistics.median(costs)
    finally:
        crowd.close()
        first.close()


def measure(report, proxies):
    loads = {proxy.name: [] for proxy in proxies}
    for number in range(ROUNDS + 1):
        for proxy in proxies:
            load = proxy.load()
            if number:
                loads[proxy.name].append(load)
    cost = {name: median(each, "cpu_ms") * 1e3 for name, each in loads.items()}
    mine = cost.pop("ours")
    for name, theirs in cost.items():
        ratio, most = mine / theirs, MOST[name]
        report.row("CPU of an answer of 1 KiB", f"{mine:.1f} µs", f"{name} {theirs:.1f} µs", f"{ratio:.2f}×", f"at most {most:g}×", ratio <= most)
    rates = {name: f"{median(each, 'rate'):.0f}/s, {median(each, 'median_ms'):.2f} ms" for name, each in loads.items()}
    report.row("Answers, time to an answer", rates.pop("ours"), ", ".join(f"{name} {text}" for name, text in rates.items()))
    found = {proxy.name: sockets(proxy) for proxy in proxies}
    memory, cost = found.pop("ours")
    for name, (_, frame) in found.items():
        report.row(f"CPU of a frame of 1 KiB, {SOCKETS:,} WebSockets", f"{cost:.1f} µs", f"{name} {frame:.1f} µs", f"{cost / frame:.2f}×")
    report.row(f"Memory of {SOCKETS:,} WebSockets", f"{memory / 1024:.1f} MiB", ", ".join(f"{name} {kib / 1024:.1f} MiB" for name, (kib, _) in found.items()),
               "", "at most 24 MiB", memory <= 24 * 1024)


def run(report):
    build("load_client")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    report.part("The gateway, against proxies",
                f"Ours is the whole `stipend serve`: machine's origin, cookie, session and route are looked up for each request. The same nginx answers behind all; "
                f"{CONNECTIONS} connections of one load client; then {SOCKETS:,} WebSockets to an echo server, each after the other. CPU of the proxy's processes.")
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir="/var/tmp"))
        mine, address, echo_address = stack.enter_context(gateway())
        Echo(echo_address, JUPYTER).start()
        stack.enter_context(nginx(f"{folder}/upstream", JUPYTER, ANSWERS.format(address=address, port=JUPYTER, text="x" * 1024), address))
        upstream, echo, port = f"{address}:{JUPYTER}", f"{echo_address}:{JUPYTER}", free_port()
        proxies = [mine, stack.enter_context(nginx(f"{folder}/proxy", port, PASSES.format(upstream=upstream, echo=echo, port=port)))]
        if (NODE / "configurable-http-proxy").exists():
            proxies.append(stack.enter_context(configurable_http_proxy(folder, upstream, echo)))
        else:
            report.absent("configurable-http-proxy", "npm could not install it")
        measure(report, proxies)
