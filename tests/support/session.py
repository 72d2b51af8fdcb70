"""The console's JSON as its pages use it: one origin, a session cookie, the session's token on what changes something."""
import http.client
import json

import pytest


def refused(code):
    """The call inside is refused with this code."""
    return pytest.raises(Refused, match=code)


class Refused(Exception):
    def __init__(self, status, answer):
        super().__init__(f"{status} {answer}")
        self.status, self.answer, self.code = status, answer, answer.get("code", "")


class Session:
    def __init__(self, server):
        self.server = server
        self.cookie = ""
        self.csrf = ""

    @classmethod
    def signed_in(cls, server, url):
        """By a sign-in link."""
        return cls(server).sign_in(url)

    def sign_in(self, url):
        self.post("/sign-in", {"token": url.rsplit("#", 1)[1]})
        return self.begin()

    def begin(self):
        """With the cookie it has: the session's token."""
        self.csrf = self.get("/session")["csrf"]
        return self

    def raw(self, method, path, body=b"", headers=None):
        connection = http.client.HTTPConnection("localhost", self.server.port, timeout=60)
        origin = f"http://localhost:{self.server.port}"
        sent = {"Origin": origin, "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json", **({"Cookie": self.cookie} if self.cookie else {}),
                **({"X-Stipend-Csrf": self.csrf} if self.csrf else {}), **(headers or {})}
        connection.request(method, path, body=body if method != "GET" else None, headers={k: v for k, v in sent.items() if v is not None})
        answer = connection.getresponse()
        content = answer.read()
        if cookie := answer.getheader("Set-Cookie"):
            self.cookie = cookie.split(";", 1)[0]
        connection.close()
        return answer.status, content

    def call(self, method, path, body=b"", headers=None):
        status, content = self.raw(method, "/api/v1" + path, body, headers)
        answer = json.loads(content)
        if status >= 400:
            raise Refused(status, answer)
        return answer

    def get(self, path):
        return self.call("GET", path)

    def post(self, path, body=None, headers=None):
        data = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        return self.call("POST", path, data, headers)
