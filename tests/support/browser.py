"""A signed-in person's requests to /api/v1, as the page makes them, without a browser."""
import http.client
import json
from urllib.parse import quote, urlsplit


class Page:
    def __init__(self, server, account):
        self.address = urlsplit(server.endpoint)
        token = account["sign_in_url"].partition("#")[2]
        self.cookie = self.csrf = ""
        answer = self.ask("POST", "/api/v1/sign-in", json.dumps({"token": token}))
        assert answer.status == 200, answer.body
        self.cookie = answer.headers["set-cookie"].partition(";")[0]
        self.csrf = self.json("/api/v1/session")["csrf"]

    def connect(self, seconds=60):
        return http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=seconds)

    def fields(self, **more):
        own = {"Cookie": self.cookie, "X-Stipend-Csrf": self.csrf} if self.cookie else {}
        return own | {name.replace("_", "-"): value for name, value in more.items()}

    def ask(self, method, path, body=None, **fields):
        """The whole answer, with its `body`."""
        connection = self.connect()
        try:
            connection.request(method, path, body, self.fields(**fields))
            answer = connection.getresponse()
            answer.body = answer.read()
            answer.headers = {name.lower(): value for name, value in answer.getheaders()}
            return answer
        finally:
            connection.close()

    def json(self, path):
        answer = self.ask("GET", path)
        assert answer.status == 200, (path, answer.status, answer.body[:500])
        return json.loads(answer.body)

    def post(self, path, body):
        return self.ask("POST", path, json.dumps(body), Content_Type="application/json")


class Files:
    """One disk's files."""

    def __init__(self, page, disk):
        self.page, self.at = page, f"/api/v1/files/{disk}"

    def path(self, verb, path, **more):
        query = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in ({"path": path} | more).items())
        return f"{self.at}{verb}?{query}"

    def list(self, path="", **more):
        return self.page.json(self.path("", path, **more))

    def names(self, path=""):
        return [entry["name"] for entry in self.list(path)["entries"]]

    def get(self, path, **fields):
        return self.page.ask("GET", self.path("/content", path), **fields)

    def begin(self, path, size, replace=False):
        """-> the answer of a tus creation."""
        import base64
        raw = path if isinstance(path, bytes) else path.encode()
        metadata = "path " + base64.b64encode(raw).decode() + (",replace" if replace else "")
        return self.page.ask("POST", self.at + "/uploads", b"", Tus_Resumable="1.0.0", Upload_Length=str(size), Upload_Metadata=metadata)

    def patch(self, where, offset, body):
        return self.page.ask("PATCH", where, body, Tus_Resumable="1.0.0", Upload_Offset=str(offset),
                             Content_Type="application/offset+octet-stream")

    def offset(self, where):
        answer = self.page.ask("HEAD", where, Tus_Resumable="1.0.0")
        assert answer.status == 200, answer.status
        return int(answer.headers["upload-offset"])

    def upload(self, path, body, **more):
        begun = self.begin(path, len(body), **more)
        assert begun.status == 201, (begun.status, begun.body)
        answer = self.patch(begun.headers["location"], 0, body)
        assert answer.status == 204, (answer.status, answer.body)
