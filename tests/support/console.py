"""A person signed in at the console, without a browser: the JSON that its pages see."""
import json
import urllib.request


class Console:
    def __init__(self, server, account):
        self.server = server
        self.cookie = None
        self.csrf = None
        self.ask("POST", "/sign-in", {"token": account["sign_in_url"].split("#")[1]})
        self.csrf = self.ask("GET", "/session")["csrf"]

    def ask(self, method, path, body=None):
        headers = {"Origin": self.server.endpoint, "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}
        if self.cookie:
            headers["Cookie"] = self.cookie
        if self.csrf:
            headers["X-Stipend-Csrf"] = self.csrf
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.server.endpoint}/api/v1{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            if set_cookie := answer.headers["Set-Cookie"]:
                self.cookie = set_cookie.split(";")[0]
            return json.load(answer)

    def machine(self, instance_id):
        return next(m for m in self.ask("GET", "/instances") if m["id"] == instance_id)
