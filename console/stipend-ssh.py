#!/usr/bin/env python3
"""ssh to your machine where only HTTPS is open: through the Stipend server's own address, signed with your AWS profile.

  python3 stipend-ssh.py [options] i-0123456789abcdef0 [ssh arguments]     log in, or run a command
  python3 stipend-ssh.py [options] --proxy HOST                            ssh's ProxyCommand

In ~/.ssh/config, so that ssh, scp, rsync and VS Code know your machines by their ids:

  Host i-*
    User ubuntu
    IdentityFile ~/k.pem
    ProxyCommand python3 ~/stipend-ssh.py --profile ada --proxy %h

Options: --profile NAME, --endpoint URL, --region NAME, --ca-bundle FILE. What is not given comes from where the AWS command
line takes it: AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL, AWS_REGION, AWS_CA_BUNDLE, then
~/.aws/config and ~/.aws/credentials. Needs Python 3.8 or later and nothing else.
"""
import base64
import configparser
import datetime
import hashlib
import hmac
import os
import select
import shlex
import socket
import ssl
import subprocess
import sys
import threading
import urllib.parse

STEP = 16384
BUFFER = 1 << 20  # nothing more is read while so much is on its way
OPTIONS = {"--profile": "profile", "--endpoint": "endpoint", "--region": "region", "--ca-bundle": "ca_bundle"}


class Failure(Exception):
    """A sentence for the person."""


# Settings: the command line, then the environment, then the profile.

def read_profile(name):
    """The keys of a profile in both of AWS's files; credentials win, as they do for the AWS command line."""
    found = {}
    for variable, default, section in (("AWS_CONFIG_FILE", "~/.aws/config", name if name == "default" else f"profile {name}"),
                                       ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials", name)):
        parser = configparser.RawConfigParser(strict=False, inline_comment_prefixes=None)
        try:
            parser.read(os.path.expanduser(os.environ.get(variable) or default), encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError) as wrong:
            raise Failure(f"{os.environ.get(variable) or default} cannot be read: {wrong}")
        if parser.has_section(section):
            found.update(parser.items(section))
    return found


class Settings:
    def __init__(self, given):
        env = os.environ
        name = given.get("profile") or env.get("AWS_PROFILE") or env.get("AWS_DEFAULT_PROFILE")
        profile = read_profile(name or "default")
        if name and not profile:
            raise Failure(f"there is no AWS profile '{name}'; AWS_CONFIG_FILE may have to name the file with it")
        if not given.get("profile") and env.get("AWS_ACCESS_KEY_ID") and env.get("AWS_SECRET_ACCESS_KEY"):
            self.key, self.secret = env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"]
        else:
            self.key, self.secret = profile.get("aws_access_key_id"), profile.get("aws_secret_access_key")
        if not self.key or not self.secret:
            raise Failure("no AWS access key: pass --profile NAME, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
        self.endpoint = (given.get("endpoint") or env.get("AWS_ENDPOINT_URL_EC2") or env.get("AWS_ENDPOINT_URL") or
                         profile.get("endpoint_url"))
        if not self.endpoint:
            raise Failure("where is the server? Pass --endpoint https://NAME, or write endpoint_url into the profile")
        self.region = given.get("region") or env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or profile.get("region") or "us-east-1"
        self.ca_bundle = given.get("ca_bundle") or env.get("AWS_CA_BUNDLE") or profile.get("ca_bundle")
        url = urllib.parse.urlsplit(self.endpoint)
        if url.scheme not in ("http", "https") or not url.hostname or any(ord(c) <= 32 for c in self.endpoint):
            raise Failure(f"{self.endpoint!r} is not an address like https://stipend.example.edu")
        self.tls = url.scheme == "https"
        self.host = url.hostname
        self.port = url.port or (443 if self.tls else 80)
        self.authority = url.netloc.rpartition("@")[2]


# AWS Signature Version 4 of a GET without a body.

def sign(settings, path, query, now=None):
    stamp = (now or datetime.datetime.now(datetime.timezone.utc)).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/{settings.region}/stipend/aws4_request"
    canonical = "\n".join(["GET", path, query, f"host:{settings.authority}", f"x-amz-date:{stamp}", "", "host;x-amz-date",
                           hashlib.sha256(b"").hexdigest()])
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = b"AWS4" + settings.secret.encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return {"X-Amz-Date": stamp, "Authorization": f"AWS4-HMAC-SHA256 Credential={settings.key}/{scope}, "
                                                  f"SignedHeaders=host;x-amz-date, Signature={signature}"}


# The connection.

def connect(settings):
    try:
        sock = socket.create_connection((settings.host, settings.port), 15)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not settings.tls:
            return sock
        context = ssl.create_default_context(cafile=settings.ca_bundle)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context.wrap_socket(sock, server_hostname=settings.host)
    except ssl.SSLCertVerificationError as wrong:
        raise Failure(f"the certificate of {settings.host} is not trusted ({wrong.verify_message}); "
                      "--ca-bundle FILE names the one that signed it")
    except OSError as wrong:
        raise Failure(f"{settings.host}:{settings.port} does not answer: {wrong}")


def shake_hands(sock, settings, machine):
    """The bytes that came behind the handshake."""
    path, query = "/ssh", "machine=" + urllib.parse.quote(machine, safe="-_.~")
    nonce = base64.b64encode(os.urandom(16)).decode()
    headers = {"Host": settings.authority, "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
               "Sec-WebSocket-Key": nonce, **sign(settings, path, query)}
    sock.sendall(f"GET {path}?{query} HTTP/1.1\r\n{''.join(f'{k}: {v}' + chr(13) + chr(10) for k, v in headers.items())}\r\n".encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        try:
            more = sock.recv(STEP)
        except OSError as wrong:
            raise Failure(f"the server went away: {wrong}")
        if not more or len(answer) > 65536:
            raise Failure("the server did not answer as a Stipend server does")
        answer += more
    head, _, rest = answer.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    status = lines[0].split(" ")[1:2]
    fields = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
    wanted = base64.b64encode(hashlib.sha1((nonce + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
    if status == ["101"] and fields.get("sec-websocket-accept") == wanted:
        return rest
    raise Failure(refusal(sock, status, fields, rest))


def refusal(sock, status, fields, body):
    import json
    try:
        size = min(int(fields.get("content-length", "0")), 65536)
        while len(body) < size:
            more = sock.recv(STEP)
            if not more:
                break
            body += more
        said = json.loads(body)["message"]
    except (OSError, ValueError, KeyError, TypeError):
        said = "no Stipend server, or one without ssh"
    return "".join(c for c in f"{said} ({' '.join(status) or 'no status'})" if c.isprintable())


def frame(code, payload):
    size = len(payload)
    head = bytes([0x80 | code])
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 65536:
        head += bytes([0x80 | 126]) + size.to_bytes(2, "big")
    else:
        head += bytes([0x80 | 127]) + size.to_bytes(8, "big")
    mask = os.urandom(4)
    pad = (mask * (size // 4 + 1))[:size]
    masked = (int.from_bytes(payload, "big") ^ int.from_bytes(pad, "big")).to_bytes(size, "big")
    return head + mask + masked


class Frames:
    """What the server sends, cut into (code, payload)."""

    def __init__(self):
        self.bytes = bytearray()

    def take(self, more):
        self.bytes += more
        while len(self.bytes) >= 2:
            code, size, at = self.bytes[0] & 15, self.bytes[1], 2
            if self.bytes[0] & 0x70 or size & 0x80:
                raise Failure("the server sent what is no frame")
            if size >= 126:
                at = 4 if size == 126 else 10
                if len(self.bytes) < at:
                    return
                size = int.from_bytes(self.bytes[2:at], "big")
            if size > BUFFER:
                raise Failure("the server sent too large a frame")
            if len(self.bytes) < at + size:
                return
            payload = bytes(self.bytes[at:at + size])
            del self.bytes[:at + size]
            yield code, payload


def standard_input():
    """A socket with what comes on standard input: select() waits for sockets everywhere, for pipes not on Windows."""
    near, far = socket.socketpair()

    def pump():
        try:
            while True:
                data = os.read(0, STEP)
                if not data:
                    break
                far.sendall(data)
        except OSError:
            pass
        far.close()
    threading.Thread(target=pump, daemon=True).start()
    return near


def write_all(data):
    view = memoryview(data)
    while view:
        view = view[os.write(1, view):]


def relay(sock, early):
    """Until one side ends. Neither side waits for the other: a full buffer stops the reading of its source alone."""
    if os.name == "nt":
        import msvcrt
        for descriptor in (0, 1):
            msvcrt.setmode(descriptor, os.O_BINARY)
    frames, out, source = Frames(), bytearray(), standard_input()
    sock.setblocking(False)
    tls = isinstance(sock, ssl.SSLSocket)
    wants_write = closing = False
    pending = early
    while True:
        for code, payload in frames.take(pending):
            if code in (0, 2):
                write_all(payload)
            elif code == 9:
                out += frame(10, payload)
            elif code == 8:
                return
        pending = b""
        reading = [sock] + ([source] if not closing and len(out) < BUFFER else [])
        ready = (tls and sock.pending() > 0)
        readable, writable, _ = select.select(reading, [sock] if out or wants_write else [], [], 0 if ready else None)
        if source in readable:
            data = source.recv(STEP)
            closing = not data
            out += frame(2, data) if data else frame(8, b"\x03\xe8")
        wants_write = False
        if out and (sock in writable or source in readable or tls):
            try:
                del out[:sock.send(out[:65536])]
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
                pass
        if sock in readable or ready:
            try:
                pending = sock.recv(65536)
                if not pending:
                    return
            except ssl.SSLWantWriteError:
                wants_write = True
            except (ssl.SSLWantReadError, BlockingIOError):
                pass


def proxy(settings, machine):
    sock = connect(settings)
    early = shake_hands(sock, settings, machine)
    try:
        relay(sock, early)
    except OSError as wrong:
        raise Failure(f"the connection broke: {wrong}")


def log_in(options, machine, words):
    """ssh with this program as its ProxyCommand; options that ssh does not know were taken before the machine."""
    own = os.environ.get("STIPEND_SSH_SELF")
    mine = shlex.split(own) if own and os.name != "nt" else [sys.executable, os.path.abspath(__file__)]
    for name, value in options:
        mine += [name, value]
    command = mine + ["--proxy", "%h"]
    text = subprocess.list2cmdline(command) if os.name == "nt" else " ".join(w if w == "%h" else shlex.quote(w.replace("%", "%%")) for w in command)
    user, at, host = machine.rpartition("@")
    call = ["ssh", "-o", f"ProxyCommand={text}", f"{user if at else 'ubuntu'}@{host}", *words]  # ssh reads options there, too
    try:
        return subprocess.call(call)
    except FileNotFoundError:
        raise Failure("there is no ssh on this computer: install OpenSSH's client")


def main(words):
    given, options, proxied = {}, [], False
    words = list(words)
    while words and words[0].startswith("-"):
        word = words.pop(0)
        name, equals, value = word.partition("=")
        if word in ("-h", "--help"):
            print(__doc__)
            return 0
        if word == "--proxy":
            proxied = True
            continue
        if name not in OPTIONS:
            raise Failure(f"there is no option {word} here; ssh's own options stand behind the machine. See --help")
        if not equals:
            if not words:
                raise Failure(f"{word} needs a value")
            value = words.pop(0)
        given[OPTIONS[name]] = value
        options.append((name, value))
    if not words:
        raise Failure("name a machine by its id: i-… See --help")
    machine = words.pop(0)
    if proxied:
        if words:
            raise Failure("--proxy takes one machine")
        proxy(Settings(given), machine)
        return 0
    return log_in(options, machine, words)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Failure as failure:
        print(f"stipend-ssh: {failure}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
