"""Many people who press at one instant: all requests are written, then all answers awaited, by one thread that does nothing else."""
import json
import selectors
import socket
import time

CAPACITY = "InsufficientInstanceCapacity"


def press(server, console, method, path, body=None, **headers):
    """The bytes of one request of a signed-in page (support/console.py)."""
    data = json.dumps(body or {}).encode()
    lines = [f"{method} /api/v1{path} HTTP/1.1", f"Host: localhost:{server.port}", f"Origin: {server.endpoint}", "Sec-Fetch-Site: same-origin",
             f"Cookie: {console.cookie}", f"X-Stipend-Csrf: {console.csrf}", "Content-Type: application/json", f"Content-Length: {len(data)}",
             *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + data


def _whole(text):
    head, found, body = text.partition(b"\r\n\r\n")
    if not found:
        return False
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return len(body) >= int(value)
    return body.endswith(b"0\r\n\r\n")  # chunked


def storm(port, requests):
    """[(status, body, seconds from its own write to its whole answer)], in the order of `requests`."""
    sockets = [socket.create_connection(("127.0.0.1", port)) for _ in requests]
    answers, began, text = [None] * len(requests), [0.0] * len(requests), [b""] * len(requests)
    with selectors.DefaultSelector() as waiting:
        for i, one in enumerate(sockets):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            one.setblocking(False)
            waiting.register(one, selectors.EVENT_READ, i)
        for i, one in enumerate(sockets):
            began[i] = time.perf_counter()
            one.sendall(requests[i])
        left = len(requests)
        while left:
            ready = waiting.select(timeout=30)
            assert ready, f"{left} of {len(requests)} presses got no answer"
            for key, _ in ready:
                i = key.data
                part = key.fileobj.recv(65536)
                text[i] += part
                assert part, f"the connection closed: {text[i][:200]}"
                if _whole(text[i]):
                    head, _, body = text[i].partition(b"\r\n\r\n")
                    answers[i] = int(head.split(b" ", 2)[1]), body.decode(), time.perf_counter() - began[i]
                    waiting.unregister(key.fileobj)
                    left -= 1
    for one in sockets:
        one.close()
    return answers
