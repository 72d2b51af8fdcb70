"""A real ACME authority (pebble) with its own DNS (pebble-challtestsrv), on loopback."""
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import urllib.request

from support.by_port import free_range
from support.server import wait_for
from support.tls import certificate


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


class Authority:
    """`http_port`: where it looks for answers to HTTP-01 challenges. Certificates live `seconds`."""

    def __init__(self, folder, http_port, seconds=3600):
        self.folder = pathlib.Path(folder)
        self.http_port, self.seconds = http_port, seconds
        self.port, self.dns, self.dns_admin = free_port(), free_port(), free_port()
        self.root, self.key = certificate(self.folder, names="localhost")
        self.programs = {}

    @property
    def directory(self):
        return f"https://localhost:{self.port}/dir"

    def run(self, name, *words, **environment):
        with (self.folder / f"{name}.log").open("ab") as log:
            self.programs[name] = subprocess.Popen([name, *map(str, words)], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                                   env={**os.environ, **environment})

    def start_dns(self):
        self.run("pebble-challtestsrv", "-defaultIPv6", "", "-dns01", f"127.0.0.1:{self.dns}", "-http01", "", "-https01", "", "-tlsalpn01", "",
                 "-management", f"127.0.0.1:{self.dns_admin}")
        wait_for("the DNS server", lambda: answers(self.dns_admin), 20)

    def start(self, bound=None, **environment):
        """`bound`: {kid: MAC key}: only who has one may make an account."""
        config = self.folder / "pebble.json"
        config.write_text(json.dumps({"pebble": {
            "listenAddress": f"127.0.0.1:{self.port}", "managementListenAddress": f"127.0.0.1:{free_port()}", "certificate": str(self.root),
            "privateKey": str(self.key), "httpPort": self.http_port, "tlsPort": free_port(), "certificateValidityPeriod": self.seconds,
            "externalAccountBindingRequired": bool(bound), "externalAccountMACKeys": bound or {}}}))
        self.run("pebble", "-config", config, "-dnsserver", f"127.0.0.1:{self.dns}", "-strict", PEBBLE_VA_NOSLEEP="1", PEBBLE_WFE_NONCEREJECT="20",
                 **environment)
        wait_for("the authority", lambda: answers(self.port), 20)

    def stop(self, name="pebble"):
        program = self.programs.pop(name, None)
        if program:
            program.send_signal(signal.SIGTERM)
            try:
                program.wait(5)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait(5)

    def dns_call(self, what, body):
        request = urllib.request.Request(f"http://127.0.0.1:{self.dns_admin}/{what}", json.dumps(body).encode(), method="POST")
        urllib.request.urlopen(request, timeout=5).close()

    def close(self):
        for name in list(self.programs):
            self.stop(name)


@contextlib.contextmanager
def authority(folder, http_port, seconds=3600, start=True):
    made = Authority(folder, http_port, seconds)
    try:
        made.start_dns()
        if start:
            made.start()
        yield made
    finally:
        made.close()


def acme_settings(made, http_port=None, method="http-01", more=""):
    few = f'machine_ports = "{"-".join(map(str, free_range(4)))}"\n' if method == "http-01" else ""
    plain = f'http_listen = "127.0.0.1:{http_port}"\n' if http_port else ""
    return (f'[server]\nname = "stipend.test"\n{few}{plain}[acme]\ndirectory = "{made.directory}"\nemail = "ops@stipend.test"\naccept_terms = true\n'
            f'method = "{method}"\nca_certificate = "{made.root}"\n{more}')
