"""Something in the place of a machine's Jupyter: pages and cookies, told back, and a WebSocket that greets."""
import base64
import hashlib
import http.server
import json
import threading

PAGE = """<!doctype html><title>{name}</title><h1>Notebook of {name}</h1><script src="/static/app.js"></script>"""

DATE = "Wed, 25 Nov 2026 09:51:00 GMT"


class Upstream:
    """Listens at `address`, port 8888; `name` is on its pages."""

    def __init__(self, address, name):
        upstream = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self, body, kind="text/html", headers=(), status=200):
                self.send_response(status)
                for key, value in (("Content-Type", kind), ("Content-Length", str(len(body))), *headers):
                    self.send_header(key, value)
                self.end_headers()
                self.wfile.write(body.encode())

            def do_GET(self):
                upstream.seen.append((self.path, dict(self.headers)))
                if self.headers.get("Upgrade") == "websocket":
                    return self.greet()
                if self.path == "/told":
                    return self.answer(json.dumps({"cookie": self.headers.get("Cookie", ""), "name": name}), "application/json")
                if self.path == "/static/app.js":
                    if self.headers.get("If-None-Match") == '"same-in-all-images"':
                        return self.answer("", status=304, headers=[("ETag", '"same-in-all-images"')])
                    return self.answer(f"window.shown = {json.dumps(name)};", "text/javascript",
                                       [("ETag", '"same-in-all-images"'), ("Cache-Control", "public, max-age=31536000, immutable")])
                if self.path == "/static/dated.js":
                    if self.headers.get("If-Modified-Since") == DATE:
                        return self.answer("", status=304)
                    return self.answer(f"window.dated = {json.dumps(name)};", "text/javascript", [("Last-Modified", DATE)])
                if self.path == "/worker.js":
                    return self.answer("self.addEventListener('fetch', (e) => e.respondWith(new Response('stolen')));", "text/javascript")
                return self.answer(PAGE.format(name=name), headers=[
                    ("Set-Cookie", f"own={name}; Path=/"), ("Set-Cookie", "__Host-stipend=evil; Path=/; Secure"),
                    ("Set-Cookie", "wide=evil; Domain=stipend.test"), ("Clear-Site-Data", '"cookies"')])

            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.answer(json.dumps({"posted": name}), "application/json")

            def greet(self):
                key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
                accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
                self.wfile.write(f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n".encode())
                text = f"hello from {name}".encode()
                self.wfile.write(bytes([0x81, len(text)]) + text + bytes([0x88, 0]))
                self.close_connection = True

        self.seen = []
        self.server = http.server.ThreadingHTTPServer((address, 8888), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
