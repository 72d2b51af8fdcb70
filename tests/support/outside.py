"""An internet of our own: a host (this process and what it starts) and an outside, each in a network namespace, so that
nothing of this computer's network is touched. The outside knows the way back to machines: what does not arrive was stopped.

As a program it is the outside's servers: DNS, a web server that says who asks, mail, an HTTP proxy that writes down URLs."""
import ctypes
import http.server
import os
import pathlib
import socket
import socketserver
import subprocess
import sys
import threading

HOST = "198.51.100.2"
SITE = "203.0.113.1"      # a public address
PROXY = "10.200.0.5"      # a private one, port 3128
LICENCES = "10.200.0.6"   # another
METADATA = "169.254.169.254"
NAMES = "203.0.113.53"    # the name server that this host asks while the outside is there
CLONE_NEWNET, CLONE_NEWNS = 0x40000000, 0x00020000



class Outside:
    def __init__(self, folder):
        self.log = pathlib.Path(folder) / "proxy.log"
        self.home = []
        self.process = None

    def __enter__(self):
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.home = [(os.open(f"/proc/thread-self/ns/{kind}", os.O_RDONLY), flag) for kind, flag in (("net", CLONE_NEWNET), ("mnt", CLONE_NEWNS))]
        if self.libc.unshare(CLONE_NEWNET | CLONE_NEWNS) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        try:
            self.set_up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def set_up(self):
        self.log.touch()
        self.process = subprocess.Popen(["unshare", "--net", sys.executable, __file__, str(self.log)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"
        addresses = [SITE, "203.0.113.7", PROXY, LICENCES, METADATA, NAMES]
        resolver = self.log.with_name("resolv.conf")
        resolver.write_text(f"nameserver {NAMES}\n")
        self.sh(f"mount --make-rslave /; mount --bind {resolver} /etc/resolv.conf; "
                f"ip link set lo up; ip link add out0 type veth peer name eth0 netns {self.process.pid}; "
                f"ip addr add {HOST}/24 dev out0; ip link set out0 up; ip route add default via 198.51.100.1")
        inside = "ip link set lo up; ip addr add 198.51.100.1/24 dev eth0; ip link set eth0 up; ip route add 0.0.0.0/1 via 198.51.100.2; "
        inside += "".join(f"ip addr add {a}/32 dev lo; " for a in addresses)
        subprocess.run(["nsenter", "--net", "--target", str(self.process.pid), "sh", "-ec", inside], check=True)
        print("go", file=self.process.stdin, flush=True)
        assert self.process.stdout.readline() == "named\n"

    @staticmethod
    def sh(command):
        subprocess.run(["sh", "-ec", command], check=True)

    def requests(self):
        return self.log.read_text().splitlines()

    def __exit__(self, *_):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdin.close()
            self.process.stdout.close()
        for home, kind in self.home:
            if self.libc.setns(home, kind) != 0:
                raise OSError(ctypes.get_errno(), "setns")
            os.close(home)


def serve_names(address):
    """Bound to the address that was asked, so that answers leave from it."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((address, 53))
    while True:
        question, peer = s.recvfrom(512)
        end = 12
        while question[end]:
            end += question[end] + 1
        name = question[12:end].lower()
        known = question[end + 1:end + 3] == b"\0\1"  # an A record
        to = PROXY if b"proxy" in name else LICENCES if b"licences" in name else "203.0.113.7"
        answer = question[:2] + (b"\x81\x80\0\1\0\1\0\0\0\0" if known else b"\x81\x80\0\1\0\0\0\0\0\0") + question[12:end + 5]
        if known:
            answer += b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + socket.inet_aton(to)
        s.sendto(answer, peer)


class Web(http.server.BaseHTTPRequestHandler):
    """Says from where it was asked."""
    def do_GET(self):
        self.say("{}:{}".format(*self.client_address))

    def say(self, text):
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Proxy(Web):
    def do_GET(self):
        self.note()
        self.say("proxied " + self.path)

    def do_CONNECT(self):
        self.note()
        self.send_error(502)

    def note(self):
        with open(sys.argv[1], "a", encoding="utf-8") as log:
            log.write(f"{self.command} {self.path}\n")


class Mail(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(b"220 mail\r\n")


def main():
    for port, handler in ((80, Web), (443, Web), (3128, Proxy), (25, Mail)):
        server = http.server.ThreadingHTTPServer(("0.0.0.0", port), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print("ready", flush=True)
    sys.stdin.readline()  # the addresses are there
    print("named", flush=True)
    serve_names(NAMES)


if __name__ == "__main__":
    main()
