"""ssh through the server's own port: the script students download, with OpenSSH's clients and real machines."""
import base64
import os
import ssl
import subprocess
import sys
import urllib.request

import pytest
from support.aws import Key, client, image_id, instance, wait_state
from support.server import BIN, IMAGES, Server
from support.ssh import Ssh
from support.tls import certificate, connect, settings

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="real machines need root"),
    pytest.mark.skipif("STIPEND_ENDPOINT" in os.environ, reason="real machines are this host's own"),
]


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    assert (IMAGES / "minimal.json").exists(), f"no image in {IMAGES}: run `make image-minimal`"
    cert, key = certificate(tmp_path_factory.mktemp("tls"))
    server = Server(settings=settings(cert, key))
    server.scheme, server.certificate = "https", str(cert)
    with server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_CA_BUNDLE", server.certificate)
        yield server


class Student:
    def __init__(self, server, name, folder):
        folder.mkdir()
        self.folder = folder
        self.account = server.account(name=name)
        self.ec2 = client(server, self.account)
        self.key = Key(self.ec2, folder)
        made = self.ec2.run_instances(ImageId=image_id(self.ec2, "minimal"), InstanceType="t2.small", KeyName=self.key.name,
                                      MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
        wait_state(self.ec2, made, "running")
        self.machine = instance(self.ec2, made)
        self.config = folder / "aws-config"
        self.config.write_text(f"[profile {name.lower()}]\naws_access_key_id = {self.account['access_key_id']}\n"
                               f"aws_secret_access_key = {self.account['secret_access_key']}\nregion = us-east-1\n"
                               f"endpoint_url = {server.endpoint}\nca_bundle = {server.certificate}\n")
        self.profile = name.lower()
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "AWS_CONFIG_FILE": str(self.config)}


@pytest.fixture(scope="module")
def ada(real, tmp_path_factory):
    made = Student(real, "Ada", tmp_path_factory.mktemp("https") / "ada")
    made.key.wait(made.machine["PublicIpAddress"])
    return made


@pytest.fixture(scope="module")
def ben(real, tmp_path_factory):
    return Student(real, "Ben", tmp_path_factory.mktemp("https") / "ben")


@pytest.fixture(scope="module")
def script(real, tmp_path_factory):
    """As the page hands it out."""
    path = tmp_path_factory.mktemp("script") / "stipend-ssh.py"
    trust = ssl.create_default_context(cafile=real.certificate)
    with urllib.request.urlopen(f"{real.endpoint}/assets/stipend-ssh.py", timeout=10, context=trust) as answer:
        path.write_bytes(answer.read())
    return path


OPTIONS = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", "-o", "LogLevel=ERROR"]


def run(words, student, seconds=40, **settings):
    return subprocess.run([str(word) for word in words], env=student.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=seconds, **settings)


@pytest.mark.parametrize("how", ["script", "stipend"])
def test_a_machine_is_reached_with_the_profile_alone(how, script, ada):
    own = [sys.executable, script] if how == "script" else [BIN / "stipend", "ssh"]
    wanted = ada.machine["PrivateDnsName"].partition(".")[0] + "\n"
    done = run([*own, "--profile", ada.profile, ada.machine["InstanceId"], "-i", ada.key.path, *OPTIONS, "hostname"], ada)
    assert (done.returncode, done.stdout) == (0, wanted), done.stderr
    done = run([*own, f"--profile={ada.profile}", f"ubuntu@{ada.machine['PublicIpAddress']}", "-i", ada.key.path, *OPTIONS, "exit 7"], ada)
    assert done.returncode == 7, done.stderr


def test_scp_and_rsync_go_through_it(script, ada, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_CONFIG_FILE", str(ada.config))
    ssh = Ssh(tmp_path, ada.key, f"Host i-*\n  User ubuntu\n  ProxyCommand {sys.executable} {script} --profile {ada.profile} --proxy %h\n")
    there = ada.machine["InstanceId"]
    data = os.urandom(20 << 20)
    (tmp_path / "data").write_bytes(data)
    ssh.scp(tmp_path / "data", f"{there}:data")
    ssh.scp(f"{there}:data", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == data
    (tmp_path / "work").mkdir()
    for i in range(50):
        (tmp_path / "work" / f"{i}.txt").write_text(f"{i}\n")
    ssh.rsync("-a", f"{tmp_path}/work", f"{there}:")
    assert ssh.out(there, "ls work | wc -l") == "50"


def test_others_machines_and_wrong_keys_are_refused_in_words(script, ada, ben, real):
    def refused(*words, student=ada, **more):
        done = subprocess.run([sys.executable, str(script), *words], env={**student.environment, **more}, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=30)
        assert done.returncode == 1, (words, done.stdout, done.stderr)
        return done.stderr
    mine = ["--profile", ada.profile, "--proxy"]
    for name in (ben.machine["InstanceId"], ben.machine["PublicIpAddress"], ben.machine["PrivateIpAddress"], "127.0.0.1", "localhost", "i-0",
                 "10.0.0.1", "a b&machine=" + ada.machine["InstanceId"], "\u00e4"):
        assert "no running machine of that name" in refused(*mine, name), name
    target = ada.machine["InstanceId"]
    assert "(403)" in refused("--region", "eu-west-1", *mine, target)
    here = ["--endpoint", real.endpoint, "--ca-bundle", real.certificate, "--proxy", target]
    assert "(403)" in refused(*here, AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE", AWS_SECRET_ACCESS_KEY="x")
    assert "(403)" in refused(*here, AWS_ACCESS_KEY_ID=ada.account["access_key_id"], AWS_SECRET_ACCESS_KEY="x")
    untrusted = {"AWS_ACCESS_KEY_ID": ada.account["access_key_id"], "AWS_SECRET_ACCESS_KEY": ada.account["secret_access_key"]}
    assert "is not trusted" in refused("--endpoint", real.endpoint, "--proxy", target, **untrusted)
    assert "no AWS profile 'nobody'" in refused("--profile", "nobody", "--proxy", target)
    assert "no AWS access key" in refused("--proxy", target)
    assert "does not answer" in refused("--endpoint", "http://127.0.0.1:1", *mine, target)
    assert "is not an address" in refused("--endpoint", "ftp://x", *mine, target)
    assert ada.account["secret_access_key"] not in real.log.read_text()


def handshake(real, target="/ssh?machine=i-0", headers=()):
    """The status that a raw handshake without a signature, or with these headers, gets."""
    with connect(real.port) as c:
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {target} HTTP/1.1", f"Host: localhost:{real.port}", "Connection: Upgrade", "Upgrade: websocket",
                 "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}", *headers]
        c.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")
        return int(c.recv(4096).split(b" ")[1])


def test_without_a_signature_nobody_is_let_in(real, ada):
    assert handshake(real) == 403
    assert handshake(real, headers=["Authorization: AWS4-HMAC-SHA256 nonsense"]) == 403
    assert handshake(real, target="/ssh?machine=i-0&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0") == 403
    with connect(real.port) as c:
        c.sendall(f"GET /ssh HTTP/1.1\r\nHost: localhost:{real.port}\r\n\r\n".encode())
        assert b" 426 " in c.recv(4096)


def test_it_ends_when_the_machine_stops_and_says_that_it_does_not_run(script, ada):
    words = [sys.executable, script, "--profile", ada.profile, "--proxy", ada.machine["InstanceId"]]
    with subprocess.Popen([str(word) for word in words], env=ada.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline().startswith(b"SSH-2.0")
        ada.ec2.stop_instances(InstanceIds=[ada.machine["InstanceId"]])
        assert process.wait(20) == 0
    wait_state(ada.ec2, ada.machine["InstanceId"], "stopped")
    done = run(words, ada)
    assert done.returncode == 1 and "does not run. Start it" in done.stderr


def test_the_script_explains_itself(script, ada):
    assert "ProxyCommand" in run([sys.executable, script, "--help"], ada).stdout
    assert "no option -x here" in run([sys.executable, script, "-x"], ada).stderr
    assert "name a machine" in run([sys.executable, script], ada).stderr
