"""The jump host with OpenSSH's own client and real machines: a student's own machines, and nothing else."""
import os
import pathlib
import signal
import socket
import subprocess
import time

import pytest
from support.aws import Key, client, image_id, instance, wait_state
from support.console import Console
from support.places import Places
from support.server import IMAGES, ROOT, Server, wait_for, words_of
from support.ssh import Ssh, end, tunnel_reads

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="real machines need root"),
    pytest.mark.skipif("STIPEND_ENDPOINT" in os.environ, reason="the jump host is this server's own"),
]
USER = "stipend-jump"
PAGE = r"""use IO::Socket::INET;
my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 5005, Listen => 9, ReuseAddr => 1) or die;
while (my $c = $s->accept) { $c->recv($_, 4096); print $c "HTTP/1.0 200 OK\r\n\r\nfrom-the-machine\n"; close $c }
"""


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Student:
    def __init__(self, server, name, folder):
        self.account = server.account(name=name)
        self.ec2 = client(server, self.account)
        folder.mkdir()
        self.key = Key(self.ec2, folder)
        self.folder = folder
        self.machine = self.launch()

    def launch(self):
        made = self.ec2.run_instances(ImageId=image_id(self.ec2, "minimal"), InstanceType="t2.small", KeyName=self.key.name,
                                      MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
        wait_state(self.ec2, made, "running")
        return instance(self.ec2, made)


@pytest.fixture(scope="module")
def real():
    assert (IMAGES / "minimal.json").exists(), f"no image in {IMAGES}: run `make image-minimal`"
    with Server(settings=f'[ssh]\nlisten = "127.0.0.1:{free_port()}"\n') as made:
        yield made


@pytest.fixture(scope="module")
def port(real):
    line = next(line for line in real.config.read_text().splitlines() if line.startswith("listen"))
    return int(line.strip('"').rsplit(":", 1)[1])


@pytest.fixture(scope="module")
def ada(real, tmp_path_factory):
    made = Student(real, "Ada", tmp_path_factory.mktemp("students") / "ada")
    made.key.wait(made.machine["PublicIpAddress"])
    return made


@pytest.fixture(scope="module")
def ben(real, tmp_path_factory):
    return Student(real, "Ben", tmp_path_factory.mktemp("students") / "ben")


@pytest.fixture(scope="module")
def way(port):
    return ["-J", f"{USER}@127.0.0.1:{port}"]


@pytest.fixture(scope="module")
def ssh(ada, port):
    """As in a student's own ~/.ssh/config: machines by id, behind the jump host."""
    return Ssh(ada.folder, ada.key, f"Host i-* ip-* 100.*\n  User ubuntu\n  ProxyJump {USER}@127.0.0.1:{port}\n")


@pytest.fixture(scope="module")
def jump(ada, port):
    """The jump host itself."""
    return Ssh(ada.folder, ada.key, f"Host jump\n  HostName 127.0.0.1\n  Port {port}\n  User {USER}\n  ExitOnForwardFailure yes\n", "jump")


def test_a_machine_is_reached_by_each_of_its_names(ssh, ada, way):
    machine = ada.machine
    wanted = machine["PrivateDnsName"].partition(".")[0]
    for name in (machine["InstanceId"], machine["PublicIpAddress"], machine["PublicDnsName"], machine["PrivateIpAddress"],
                 machine["PrivateDnsName"], machine["InstanceId"] + ".localhost"):
        assert ssh.out(*way, f"ubuntu@{name}", "hostname") == wanted, name


def words_of_the_page(server, student, query=""):
    """What the page shows for the machine."""
    link = server.call("account", "link", student.account["account_id"])
    return Console(server, link).ask("GET", f"/instances/{student.machine['InstanceId']}/ssh{query}")


def test_the_pages_line_works_as_it_stands(real, ada):
    """Here by address; the other ways' words are tried in the folder with the key, with no configuration of this computer's."""
    said = words_of_the_page(real, ada)
    assert (said["way"], said["key_name"]) == ("here", "k")
    quiet = "ssh -F /dev/null -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes -o LogLevel=ERROR"
    done = subprocess.run(said["line"].replace("ssh ", quiet + " ", 1) + " hostname", shell=True, cwd=ada.folder, capture_output=True, text=True,
                          timeout=30, check=False)
    assert done.stdout.strip() == ada.machine["PrivateDnsName"].partition(".")[0], done.stderr
    said = words_of_the_page(real, ada, "?way=https")
    assert said["way"] == "https" and said["script"] == "/assets/stipend-ssh.py"
    assert f"--endpoint {real.endpoint} {ada.machine['InstanceId']} -i k.pem" in said["line"]
    (ada.folder / "stipend-ssh.py").write_bytes((ROOT / "console/stipend-ssh.py").read_bytes())
    keys = {"AWS_ACCESS_KEY_ID": ada.account["access_key_id"], "AWS_SECRET_ACCESS_KEY": ada.account["secret_access_key"]}
    options = quiet.removeprefix("ssh ")
    done = subprocess.run(f"{said['line']} {options} hostname", shell=True, cwd=ada.folder, capture_output=True, text=True, timeout=30, check=False,
                          env={"PATH": os.environ["PATH"], "HOME": str(ada.folder), **keys})
    assert done.stdout.strip() == ada.machine["PrivateDnsName"].partition(".")[0], done.stderr


def test_one_line_without_a_configuration_works_through_the_jump_host(ada, port):
    """The form that the page shows elsewhere (ssh_way_test.cpp holds its words)."""
    quiet = "ssh -F /dev/null -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes -o LogLevel=ERROR -o IdentitiesOnly=yes"
    line = (f'{quiet} -i k.pem -o ProxyCommand="{quiet} -i k.pem -p {port} -W %h:%p {USER}@127.0.0.1" ubuntu@{ada.machine["InstanceId"]} hostname')
    done = subprocess.run(line, shell=True, cwd=ada.folder, capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout.strip() == ada.machine["PrivateDnsName"].partition(".")[0], done.stderr


def test_files_are_copied_both_ways(ssh, ada, tmp_path):
    there = ada.machine["InstanceId"]
    data = os.urandom(3 << 20)
    (tmp_path / "data").write_bytes(data)
    ssh.scp(tmp_path / "data", f"{there}:data")
    ssh.scp(f"{there}:data", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == data
    (tmp_path / "work").mkdir()
    for i in range(20):
        (tmp_path / "work" / f"{i}.txt").write_text(f"{i}\n")
    ssh.rsync("-a", f"{tmp_path}/work", f"{there}:")
    (tmp_path / "work" / "7.txt").write_text("changed\n")
    assert "7.txt" in ssh.rsync("-ai", f"{tmp_path}/work", f"{there}:")
    assert ssh.out(there, "cat work/7.txt; ls work | wc -l") == "changed\n20"


def test_what_an_editor_needs_works_inside_the_machine(ssh, ada, tmp_path):
    """VS Code Remote: a shell fed on stdin, a dynamic forward, local forwards, several channels on one connection."""
    there = ada.machine["InstanceId"]
    (tmp_path / "page.pl").write_text(PAGE)
    ssh.scp(tmp_path / "page.pl", f"{there}:page.pl")
    ssh.out(there, "setsid perl page.pl </dev/null >/dev/null 2>&1 &")
    local = free_port()
    assert b"from-the-machine" in tunnel_reads(ssh.words("-N", "-L", f"{local}:127.0.0.1:5005", there), local, "/hello")
    socks = free_port()
    dynamic = subprocess.Popen(ssh.words("-N", "-D", str(socks), there), stdin=subprocess.DEVNULL)
    try:
        def fetched():
            return subprocess.run(["curl", "-s", "--socks5-hostname", f"127.0.0.1:{socks}", "http://localhost:5005/hello"],
                                  capture_output=True, timeout=20).stdout
        assert wait_for("an answer through the dynamic forward", fetched, 20) == b"from-the-machine\n"
    finally:
        end(dynamic)
    control = tmp_path / "c"
    master = subprocess.Popen(ssh.words("-N", "-M", "-S", control, there), stdin=subprocess.DEVNULL)
    try:
        wait_for("the connection to be shared", control.exists, 20)
        many = [subprocess.Popen(ssh.words("-S", control, there, "bash -s"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
                for _ in range(8)]
        assert [each.communicate(f"echo {i}\n", timeout=20)[0] for i, each in enumerate(many)] == [f"{i}\n" for i in range(8)]
    finally:
        end(master)


def test_the_jump_host_forwards_to_nothing_but_own_machines_ssh(real, jump, ada, ben):
    elsewhere = [f"{name}:22" for name in (ben.machine["InstanceId"], ben.machine["PublicIpAddress"], ben.machine["PrivateIpAddress"],
                                           ben.machine["PrivateDnsName"], "127.0.0.1", "localhost", "10.0.0.1", "192.168.1.1",
                                           "169.254.169.254", "example.com")]
    elsewhere += [f"{ada.machine['PrivateIpAddress']}:{port}" for port in (8888, 80, 2222)]
    elsewhere += [f"127.0.0.1:{real.port}", "127.0.0.1:2222", "[::1]:22"]
    for target in elsewhere:
        assert "forwarding failed" in jump.refused("-W", target, "jump"), target
    assert "SSH-2.0" in subprocess.run(jump.words("-W", ada.machine["InstanceId"] + ":22", "jump"),
                                       capture_output=True, text=True, timeout=20, input="\n").stdout
    wait_for("the refusals in the log", lambda: real.log.read_text().count("ssh to something else was refused") >= len(elsewhere))


def test_the_jump_host_has_no_session_and_forwards_nothing_back(jump, tmp_path):
    for words in (["jump"], ["jump", "id"], ["-tt", "jump"], ["-s", "jump", "sftp"], ["-N", "-R", "0:127.0.0.1:22", "jump"],
                  ["-N", "-R", f"{tmp_path}/s:127.0.0.1:22", "jump"], ["-N", "-w", "any", "jump"]):
        jump.refused(*words)
    # Local forwards are refused when somebody uses them: to a socket file, to a port.
    for target in ("/run/jump/keys.sock", "/run/docker.sock"):
        local = free_port()
        process = subprocess.Popen(jump.words("-N", "-L", f"{local}:{target}", "jump"), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            def answered():
                try:
                    with socket.create_connection(("127.0.0.1", local), 5) as c:
                        c.sendall(b"GET /keys HTTP/1.0\r\nHost: localhost\r\n\r\n")
                        return [c.recv(100)]
                except ConnectionRefusedError:
                    return None
                except OSError:
                    return [b""]
            assert wait_for("the forward to end", answered, 20) == [b""]
        finally:
            end(process)
            process.stderr.close()


def test_another_key_user_or_a_password_does_not_come_in(ada, jump, port, tmp_path):
    subprocess.run(["ssh-keygen", "-q", "-N", "", "-t", "ed25519", "-f", tmp_path / "own"], check=True)
    stranger = Key.__new__(Key)
    stranger.path = tmp_path / "own"
    target = ada.machine["InstanceId"] + ":22"
    assert "Permission denied" in Ssh(tmp_path, stranger).refused("-p", str(port), "-W", target, f"{USER}@127.0.0.1")
    for user in ("root", "stipend", "ubuntu", "nobody"):
        assert "Permission denied" in jump.refused("-l", user, "-W", target, "jump"), user
    for method in ("password", "keyboard-interactive", "hostbased", "none"):
        assert "Permission denied" in jump.refused("-o", f"PreferredAuthentications={method}", "-W", target, "jump"), method


def test_a_deleted_key_ends_its_connections_and_comes_in_no_more(real, ada, port, tmp_path):
    ec2 = ada.ec2
    subprocess.run(["ssh-keygen", "-q", "-N", "", "-t", "ed25519", "-f", tmp_path / "second"], check=True)
    ec2.import_key_pair(KeyName="second", PublicKeyMaterial=(tmp_path / "second.pub").read_bytes())
    second = Key.__new__(Key)
    second.path = tmp_path / "second"
    jump = Ssh(tmp_path, second, f"Host jump\n  HostName 127.0.0.1\n  Port {port}\n  User {USER}\n")
    open_one = subprocess.Popen(jump.words("-W", ada.machine["InstanceId"] + ":22", "jump"), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL)
    assert open_one.stdout.readline().startswith(b"SSH-2.0")
    ec2.delete_key_pair(KeyName="second")
    assert open_one.wait(20) == 255
    open_one.communicate()
    assert "Permission denied" in jump.refused("-W", ada.machine["InstanceId"] + ":22", "jump")
    assert "its key or machines are no longer its person's" in real.log.read_text()


def test_who_went_where_is_in_the_log_without_names(real, ssh, ada):
    ssh.out(ada.machine["InstanceId"], "true")
    account = ada.account["account_id"]
    wanted = f'"message":"ssh to a machine","instance":"{ada.machine["InstanceId"]}","account":"{account}"'
    wait_for("the target in the log", lambda: wanted in real.log.read_text(), 10)
    log = real.log.read_text()
    assert f'"message":"ssh sign-in","account":"{account}"' in log
    assert "Ada" not in log


def test_a_server_that_does_not_answer_lets_nobody_in_and_says_so_soon(real, jump, ada):
    server = real.server_pid()
    os.kill(server, signal.SIGSTOP)
    try:
        began = time.monotonic()
        assert "Permission denied" in jump.refused("-W", ada.machine["InstanceId"] + ":22", "jump")
        assert time.monotonic() - began < 15
    finally:
        os.kill(server, signal.SIGCONT)
    wait_for("the server to answer again", lambda: real.call("status")["ready"], 30)


def test_sshd_that_was_killed_comes_back_alone(real, ssh, ada):
    def sshd():
        children = pathlib.Path(f"/proc/{real.process.pid}/task/{real.process.pid}/children").read_text().split()
        return [int(pid) for pid in children if "sshd" in words_of(pid)[0]]  # any of them may just end
    before = sshd()
    assert len(before) == 1
    os.kill(before[0], signal.SIGKILL)
    wait_for("another sshd", lambda: sshd() and sshd() != before, 20)
    assert wait_for("ssh again", lambda: ssh.run(ada.machine["InstanceId"], "echo in").stdout.strip() == "in", 20)


def test_the_end_of_the_server_ends_its_connections_and_leaves_nothing(tmp_path):
    with Server(settings=f'[ssh]\nlisten = "127.0.0.1:{free_port()}"\n') as own:
        listen = int(own.config.read_text().rsplit(":", 1)[1].strip().strip('"'))
        ec2 = client(own, own.account(name="Chi"))
        key = Key(ec2, tmp_path)
        jump = Ssh(tmp_path, key, f"Host jump\n  HostName 127.0.0.1\n  Port {listen}\n  User {USER}\n")
        idle = subprocess.Popen(jump.words("-N", "jump"), stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for("the sign-in", lambda: "ssh sign-in" in own.log.read_text(), 20)
        own.stop()
        assert idle.wait(20) == 255
        with socket.socket() as again:
            again.bind(("127.0.0.1", listen))
        places = Places(own.state)
    assert places.left_over() == []
