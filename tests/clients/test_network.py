"""What real machines reach outside, through which way, and who it was: against an outside in a network namespace."""
import datetime
import os
import subprocess
import time

import pytest
from support.aws import Key, client, image_id, instance, wait_state
from support.outside import HOST, LICENCES, METADATA, PROXY, SITE, Outside
from support.server import BIN, IMAGES, Server, wait_for

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="real machines need root"),
    pytest.mark.skipif("STIPEND_ENDPOINT" in os.environ, reason="the outside is for machines of this host"),
]

SETTINGS = f'''
[network]
proxy = "http://proxy.example.edu:3128"
no_proxy = ["{SITE}", "licences.example.edu"]
allow = ["{LICENCES}:443"]
'''


@pytest.fixture(scope="module")
def outside(tmp_path_factory):
    assert (IMAGES / "minimal.json").exists(), f"no image in {IMAGES}: run `make image-minimal`"
    with Outside(tmp_path_factory.mktemp("outside")) as made:
        yield made


@pytest.fixture(scope="module")
def real(outside):
    with Server(settings=SETTINGS) as made:
        yield made


class Machine:
    def __init__(self, server, name, folder):
        self.account = server.account(name)
        self.ec2 = client(server, self.account)
        self.key = Key(self.ec2, folder, name)
        made = self.ec2.run_instances(ImageId=image_id(self.ec2, "minimal"), InstanceType="t2.nano", MinCount=1, MaxCount=1,
                                      KeyName=name, UserData="#!/bin/sh\nenv > /var/tmp/environment\n")
        self.id = made["Instances"][0]["InstanceId"]
        wait_state(self.ec2, self.id, "running")
        row = instance(self.ec2, self.id)
        self.address, self.private = row["PublicIpAddress"], row["PrivateIpAddress"]
        self.key.wait(self.address)

    def run(self, words, check=True):
        return self.key.run(self.address, words, check=check).strip()

    def opens(self, address, port):
        """Does a TCP connection come about? Without any proxy."""
        return self.run(f"timeout 2 bash -c '</dev/tcp/{address}/{port}' 2>/dev/null && echo yes", check=False) == "yes"

    def terminate(self):
        self.ec2.terminate_instances(InstanceIds=[self.id])
        wait_state(self.ec2, self.id, "terminated")


@pytest.fixture(scope="module")
def machines(real, tmp_path_factory):
    return [Machine(real, name, tmp_path_factory.mktemp(name)) for name in ("ada", "ben")]


def test_the_public_internet_is_reached_and_nothing_inside(machines):
    ada, ben = machines
    assert ada.run(f"curl -s http://{SITE}/").split(":")[0] == HOST
    assert ada.run(f"curl -s http://{LICENCES}:443/ --noproxy '*'").startswith(HOST), "opened by `allow`"
    refused = [(SITE, 25), (LICENCES, 80), (PROXY, 80), (METADATA, 80), (ben.private, 22), (ben.address, 22), (HOST, 22)]
    assert [where for where in refused if ada.opens(*where)] == []
    assert ada.opens(SITE, 443)
    assert ada.run("ping -c 1 -W 2 203.0.113.1 >/dev/null && echo answered") == "answered" if ada.run("command -v ping || true") else True


def test_names_resolve_also_those_of_what_is_opened(machines):
    ada, _ = machines
    assert ada.run("getent ahostsv4 site.example.org").split()[0] == "203.0.113.7"
    assert ada.run("getent ahostsv4 licences.example.edu").split()[0] == LICENCES
    assert ada.run("getent ahostsv4 proxy.example.edu").split()[0] == PROXY


def test_the_proxy_is_found_by_logins_services_and_apt(machines, outside):
    ada, _ = machines
    assert ada.run("curl -s http://far.example.org/a") == "proxied http://far.example.org/a"
    assert ada.run("sudo curl -s http://far.example.org/b") == "proxied http://far.example.org/b"
    assert ada.run("sudo -i curl -s http://far.example.org/c") == "proxied http://far.example.org/c"
    ada.run("curl -s https://far.example.org/ || true")
    ada.run("echo 'deb http://mirror.example.org/debian stable main' >/tmp/list; "
            "sudo apt-get update -o Dir::Etc::sourcelist=/tmp/list -o Dir::Etc::sourceparts=/none -o Acquire::Retries=0 2>&1 || true")
    seen = outside.requests()
    assert "CONNECT far.example.org:443" in seen
    assert any(line.startswith("GET http://mirror.example.org/debian/dists/stable/") for line in seen), seen
    wait_for("user data to have run", lambda: "PATH=" in ada.run("cat /var/tmp/environment", check=False))
    service = ada.run("cat /var/tmp/environment").splitlines()
    assert "http_proxy=http://proxy.example.edu:3128" in service and "HTTPS_PROXY=http://proxy.example.edu:3128" in service
    assert any(line.startswith("no_proxy=localhost,127.0.0.1,") and line.endswith(f",{SITE},licences.example.edu") for line in service)


def when(moment):
    return datetime.datetime.fromtimestamp(moment, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def whose(server, seen, moment, *more):
    """The rows once they are written (a second), for what the outside saw."""
    return wait_for(f"an answer about {seen}", lambda: server.call("whose", seen, "--at", when(moment), "--within", "5", *more)["flows"], 10)


def test_who_an_address_and_port_was_is_known(machines, real):
    seen = {machine.id: (machine.run(f"curl -s --local-port 40000 http://{SITE}/"), time.time()) for machine in machines}
    assert len({address for address, _ in seen.values()}) == 2, "two machines, the same destination"
    for machine in machines:
        rows = whose(real, *seen[machine.id], "--to", f"{SITE}:80")
        assert [(r["instance_id"], r["account_id"], r["protocol"]) for r in rows] == [(machine.id, machine.account["account_id"], "tcp")]
        assert rows[0]["machine"] == f"{machine.private}:40000" and rows[0]["outside"] == seen[machine.id][0]
    # A stipend-host that is killed ends no machine and forgets nothing; what happens meanwhile is found when it is back.
    pid = real.host_pid()
    os.kill(pid, 9)
    meanwhile = machines[0].run(f"curl -s http://{SITE}/"), time.time()
    wait_for("another stipend-host", lambda: real.host_pid() not in (None, pid) and real.call("status")["ready"])
    for machine in machines:
        assert [r["instance_id"] for r in whose(real, *seen[machine.id])] == [machine.id]
    assert [r["instance_id"] for r in whose(real, *meanwhile)] == [machines[0].id]
    assert real.call("whose", meanwhile[0], "--at", when(meanwhile[1] - 3600))["flows"] == []
    # Nor does the end of the machine.
    machines[1].terminate()
    rows = whose(real, *seen[machines[1].id])
    assert [(r["instance_id"], r["account_id"]) for r in rows] == [(machines[1].id, machines[1].account["account_id"])]


def test_what_whose_does_not_understand_it_says(real):
    for words, said in ((("198.51.100.2:99999", "--at", "2026-11-25 03:12Z"), "is not like 192.0.2.7"),
                        (("host.example.edu", "--at", "2026-11-25 03:12Z"), "is not like 192.0.2.7"),
                        (("198.51.100.2", "--at", "yesterday"), "times are like"),
                        (("--at", "2026-11-25 03:12Z"), "give the address")):
        assert said in real.refused("whose", *words)["message"]
    early = real.call("whose", "198.51.100.2:4000", "--at", "2020-01-01 00:00Z")
    assert early["flows"] == [] and "the log begins at" in early["remarks"][0]


def test_only_root_may_ask(real):
    done = subprocess.run(["setpriv", "--reuid", "65534", "--clear-groups", BIN / "stipend", "--state", real.state, "whose", HOST,
                           "--at", "2026-11-25 03:12Z"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and "sudo" in done.stderr
