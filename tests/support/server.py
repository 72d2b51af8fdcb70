"""A real `stipend serve` of its own state folder, driven as an operator drives it. Leaves nothing behind."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("STIPEND_BIN", ROOT / "build/release/bin"))
IMAGES = pathlib.Path(os.environ.get("STIPEND_TEST_IMAGES", ROOT / "var/images"))


def wait_for(what, condition, seconds=30.0, pause=0.1):
    """The first true value of condition(); fails in words after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"waited {seconds} s in vain for: {what}"
        time.sleep(pause)


def words_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return [""]


class Server:
    """provider: "lxc" for real machines (root), "fake" for none: then any .json beside an empty .erofs is an image."""

    def __init__(self, provider="lxc", settings="", images=IMAGES):
        self.images = images
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="stipend-test-", dir="/var/tmp"))
        self.folder.chmod(0o755)
        self.state = self.folder / "state"
        self.config = self.folder / "stipend.toml"
        self.config.write_text(f'[compute]\nprovider = "{provider}"\n{settings}')
        self.provider = provider
        self.log = self.folder / "log"
        self.process = None
        self.port = None
        self.listen = "127.0.0.1:0"
        self.scheme = "http"
        self.environment = {}  # more for `stipend serve`

    @classmethod
    def fake(cls, image, settings=""):
        """Without machines; `image`, the contents of its .json, is one that can be launched."""
        made = cls(provider="fake", settings=settings)
        made.images = made.folder / "images"
        made.images.mkdir()
        (made.images / "minimal.json").write_text(json.dumps(image))
        (made.images / "minimal.erofs").touch()
        return made

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_):
        self.close()

    @property
    def endpoint(self):
        return f"{self.scheme}://localhost:{self.port}"

    def start(self, ready=True):
        """Served, and its host connected; ready=False for a host that is to stay away."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [BIN / "stipend", "--state", self.state, "--images", self.images, "serve", "--listen", self.listen, "--config", self.config],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True, env={**os.environ, **self.environment})

        def listening():
            assert self.process.poll() is None, f"the server ended with {self.process.returncode}:\n{self.log.read_text()[-4000:]}"
            try:
                status = self.call("status")
            except subprocess.CalledProcessError:
                return None
            return status if status["ready"] or not ready else None
        status = wait_for("the server to serve", listening, 60)
        self.port = int(status["listen"].rsplit(":", 1)[1])
        self.listen = f"127.0.0.1:{self.port}"
        return self

    def fails(self, *before, seconds=30):
        """What a start says that must end by itself; `before` are words in front of the command, like setpriv's."""
        done = subprocess.run(
            [*before, BIN / "stipend", "--state", self.state, "--images", self.images, "serve", "--listen", self.listen, "--config", self.config],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds)
        assert done.returncode == 1, (done.returncode, done.stdout, done.stderr)
        return done.stderr

    def call(self, *words):
        """A stipend command with --json, parsed."""
        done = subprocess.run([BIN / "stipend", "--state", self.state, "--images", self.images, *words, "--json"],
                              capture_output=True, text=True, timeout=90, check=True)
        return json.loads(done.stdout)

    def refused(self, *words):
        """The error of a command that must fail."""
        done = subprocess.run([BIN / "stipend", "--state", self.state, *words, "--json"], capture_output=True, text=True, timeout=90)
        assert done.returncode != 0, done.stdout
        return json.loads(done.stderr.splitlines()[-1])

    def server_pid(self):
        """The unprivileged process, child of the keeper."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return next((int(pid) for pid in children if "stipend-host" not in words_of(pid)[0]), None)

    def host_pid(self):
        """stipend-host of this state."""
        for entry in pathlib.Path("/proc").iterdir():
            words = words_of(entry.name) if entry.name.isdigit() else [""]
            if words[0].endswith("/stipend-host") and words[1:2] == ["serve"] and str(self.state) in words:
                return int(entry.name)
        return None

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)

    def kill(self):
        """SIGKILL to keeper and server: the machines go on."""
        pid = self.server_pid()
        self.process.kill()
        if pid:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait(10)

    def account(self, name="Ada", credit="100", course="t", homes="machine"):
        """In a course that is made at need; homes="machine": volumes are as on AWS."""
        if not any(c["name"] == course for c in self.call("course", "list")):
            self.call("course", "create", course, "--homes", homes)
        return self.call("account", "create", "--course", course, "--name", name, "--credit", credit)

    def down(self):
        return subprocess.run([BIN / "stipend", "--state", self.state, "down"], timeout=180, check=False).returncode

    def close_server(self):
        self.stop()
        if self.provider == "lxc":
            self.down()

    def close(self):
        self.close_server()
        shutil.rmtree(self.folder, ignore_errors=True)
