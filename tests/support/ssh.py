"""OpenSSH's own programs against a server: a configuration file instead of this computer's, and what they say."""
import pathlib
import subprocess


class Ssh:
    """ssh, scp and rsync with one key, through whatever `more` lines of configuration say."""

    def __init__(self, folder, key, more="", name="config"):
        self.file = pathlib.Path(folder) / name
        self.file.write_text(f"{more}\nHost *\n  IdentityFile {key.path}\n  IdentitiesOnly yes\n  StrictHostKeyChecking no\n"
                             "  UserKnownHostsFile /dev/null\n  BatchMode yes\n  LogLevel ERROR\n  ConnectTimeout 10\n")

    def words(self, *more):
        return ["ssh", "-F", str(self.file), *more]

    def run(self, *more, seconds=40, **settings):
        return subprocess.run(self.words(*more), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds, **settings)

    def out(self, *more, **settings):
        done = self.run(*more, **settings)
        assert done.returncode == 0, (more, done.stdout, done.stderr)
        return done.stdout.strip()

    def refused(self, *more, seconds=40):
        """What it says on a connection that must not come about."""
        done = self.run(*more, seconds=seconds)
        assert done.returncode == 255, (more, done.returncode, done.stdout, done.stderr)
        return done.stderr

    def scp(self, *paths):
        done = subprocess.run(["scp", "-q", "-F", self.file, *paths], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr

    def rsync(self, *words):
        done = subprocess.run(["rsync", "-e", f"ssh -F {self.file}", *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout


def end(process):
    """ssh may miss a SIGTERM that comes just before it waits for its connections."""
    process.terminate()
    try:
        process.wait(3)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def tunnel_reads(words, port, path="/"):
    """Starts `words` (ssh with a forward on this port), fetches through it, ends it."""
    import urllib.request

    from .server import wait_for
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        def read():
            assert process.poll() is None, process.stdout.read()
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                    return answer.read()
            except OSError:
                return None
        return wait_for("an answer through the forward", read, 20)
    finally:
        end(process)
