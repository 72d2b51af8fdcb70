"""Many WebSockets by hand: a server that echoes, and a crowd of clients."""
import base64
import hashlib
import re
import select
import socket
import threading

KEY = base64.b64encode(b"0123456789abcdef")
MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Echo(threading.Thread):
    """An upstream that accepts WebSockets and sends back every byte."""

    def __init__(self, address, port):
        super().__init__(daemon=True)
        self.listener = socket.create_server((address, port), backlog=2048)
        self.port = self.listener.getsockname()[1]

    def run(self):
        poll = select.epoll()
        poll.register(self.listener, select.EPOLLIN)
        peers = {}
        while True:
            for fd, _ in poll.poll():
                if fd == self.listener.fileno():
                    peer = self.accept()
                    peers[peer.fileno()] = peer
                    poll.register(peer, select.EPOLLIN)
                elif data := self.receive(peers[fd]):
                    peers[fd].sendall(data)
                else:
                    poll.unregister(fd)
                    peers.pop(fd).close()

    @staticmethod
    def receive(peer):
        try:
            return peer.recv(65536)
        except ConnectionError:
            return b""

    def accept(self):
        peer, _ = self.listener.accept()
        head = read_head(peer)
        if b"upgrade: websocket" not in head.lower():
            return peer  # only to see whether somebody listens
        key = re.search(rb"(?i)sec-websocket-key: *(\S+)", head)[1]
        peer.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
                     + base64.b64encode(hashlib.sha1(key + MAGIC).digest()) + b"\r\n\r\n")
        return peer


def read_head(peer):
    head = b""
    while b"\r\n\r\n" not in head:
        data = peer.recv(4096)
        if not data:
            break
        head += data
    return head


class Crowd:
    """So many WebSockets through a proxy."""

    def __init__(self, port, headers, count):
        self.sockets = [self.open(port, headers) for _ in range(count)]

    @staticmethod
    def open(port, headers):
        one = socket.create_connection(("127.0.0.1", port))
        lines = [b"GET /ws HTTP/1.1", b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Key: " + KEY,
                 *(f"{k}: {v}".encode() for k, v in {"Host": "localhost", **headers}.items())]
        one.sendall(b"\r\n".join(lines) + b"\r\n\r\n")
        head = read_head(one)
        assert b" 101 " in head, head
        return one

    def echo(self, times, size=1024):
        """Each sends and gets back a frame, all of them once before any does again; how many frames."""
        frame = b"\x82\xfe" + size.to_bytes(2, "big") + bytes(4 + size)  # binary, masked with zeroes
        for _ in range(times):
            for each in self.sockets:
                each.sendall(frame)
            for each in self.sockets:
                got = 0
                while got < len(frame):
                    data = each.recv(65536)
                    assert data, "the proxy ended a WebSocket"
                    got += len(data)
        return times * len(self.sockets)

    def close(self):
        for each in self.sockets:
            each.close()
