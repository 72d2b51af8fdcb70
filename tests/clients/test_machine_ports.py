"""Machines as ports of one name, where wildcard names are refused: the way in, what passes, and what does not."""
import base64
import http.client
import json
import os
import re
import ssl

import boto3
import pytest
from support.aws import wait_state
from support.by_port import by_port, launch, url
from support.server import Server, wait_for
from support.tls import certificate, connect, settings

pytestmark = pytest.mark.skipif("STIPEND_ENDPOINT" in os.environ, reason="needs a server of its own")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    upstreams = []
    with by_port(tmp_path_factory.mktemp("tls")) as server:
        try:
            account = server.account()
            server.aws = boto3.client("ec2", endpoint_url=server.endpoint, region_name="us-east-1", verify=str(server.certificate),
                                      aws_access_key_id=account["access_key_id"], aws_secret_access_key=account["secret_access_key"])
            server.ada, server.ben = (launch(server, server.aws, upstreams, name) for name in ("ada", "ben"))
            server.upstreams = dict(zip(("ada", "ben"), upstreams, strict=True))
            yield server
        finally:
            for upstream in upstreams:
                upstream.close()


def ask(port, path, method="GET", host=None, cookie=None, body=None, **headers):
    """Status, headers, text of a request over TLS to this port."""
    connection = http.client.HTTPSConnection("localhost", port, context=ssl._create_unverified_context(), timeout=10)
    connection.sock = connect(port)
    every = {"Host": host or f"stipend.test:{port}", **({"Cookie": cookie} if cookie else {}), **{k.replace("_", "-"): v for k, v in headers.items()}}
    connection.request(method, path, body=body, headers=every)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, answer.headers, text


def enter(server, machine):
    """Port of the machine, and the pass that a browser would hold."""
    port, path = re.fullmatch(r"https://stipend\.test:(\d+)(/\.stipend/enter\?ticket=.*)", url(server, machine)).groups()
    status, headers, _ = ask(int(port), path)
    assert status == 303 and headers["Clear-Site-Data"] == '"cache", "storage"'
    cookie = headers["Set-Cookie"]
    assert cookie.startswith(f"__Host-Http-stipend-machine-{machine[2:]}=") and "Secure" in cookie and "HttpOnly" in cookie and "Path=/" in cookie
    return int(port), cookie.split(";")[0]


def test_each_machine_has_a_port_of_its_own_and_keeps_it(served):
    ports = {machine: enter(served, machine)[0] for machine in (served.ada, served.ben, served.ada)}
    assert len(set(ports.values())) == 2 and all(port in served.ports for port in ports.values())


def test_a_machine_sees_its_own_cookies_only_and_as_it_set_them(served):
    port, own = enter(served, served.ada)
    _, other = enter(served, served.ben)
    status, headers, text = ask(port, "/lab", cookie=own)
    assert status == 200 and "Notebook of ada" in text
    assert headers["Clear-Site-Data"] is None and headers["Origin-Agent-Cluster"] == "?1"
    set_cookies = headers.get_all("Set-Cookie")
    assert all(c.startswith(f"__Host-Http-m{served.ada[2:]}-") and "HttpOnly" in c and "domain" not in c.lower() for c in set_cookies)
    kept = "; ".join(c.split(";")[0] for c in set_cookies)
    everything = f"{own}; {other}; __Host-Http-stipend=session; own=planted; {kept}"
    told = json.loads(ask(port, "/told", cookie=everything)[2])
    assert told["name"] == "ada" and sorted(told["cookie"].split("; ")) == ["own=ada", "wide=evil"]
    ben, pass_of_ben = enter(served, served.ben)
    assert json.loads(ask(ben, "/told", cookie=f"{everything}; {pass_of_ben}")[2]) == {"cookie": "", "name": "ben"}


def test_one_machines_pass_opens_no_other(served):
    ada, pass_of_ada = enter(served, served.ada)
    ben, _ = enter(served, served.ben)
    assert ask(ada, "/told", cookie=pass_of_ada)[0] == 200
    assert ask(ben, "/told", cookie=pass_of_ada)[0] == 401
    forged = pass_of_ada.replace(served.ada[2:], served.ben[2:])
    assert ask(ben, "/told", cookie=forged)[0] == 401
    status, headers, _ = ask(ben, "/lab", Accept="text/html")
    assert status == 303 and headers["Location"] == f"https://stipend.test:{served.port}/t/{served.ben}/jupyter/lab"


def test_a_ticket_is_for_its_machines_port(served):
    ben, _ = enter(served, served.ben)
    path = url(served, served.ada).partition(":")[2].partition("/.stipend")[2]
    assert ask(ben, "/.stipend" + path)[0] == 403


@pytest.mark.parametrize("host", ["stipend.test", "localhost", "evil.test", "i-0123456789abcdef0.stipend.test"])
def test_another_host_name_at_a_machines_port_is_nobodys(served, host):
    port, own = enter(served, served.ada)
    assert ask(port, "/told", host=f"{host}:{port + 1}" if host == "stipend.test" else f"{host}:{port}", cookie=own)[0] == 421


def test_a_port_of_no_machine_says_so(served):
    taken = {enter(served, machine)[0] for machine in (served.ada, served.ben)}
    free = next(port for port in reversed(served.ports) if port not in taken)
    status, _, text = ask(free, "/lab")
    assert status == 404 and "no machine here" in text


def test_pages_of_other_ports_neither_read_nor_change_nor_open_sockets(served):
    ada, own = enter(served, served.ada)
    ben, _ = enter(served, served.ben)
    foreign = {"Origin": f"https://stipend.test:{ben}", "Sec_Fetch_Site": "same-site"}
    assert ask(ada, "/told", cookie=own, Sec_Fetch_Mode="no-cors", Sec_Fetch_Dest="script", Sec_Fetch_Site="same-site")[0] == 403
    assert ask(ada, "/x", "POST", cookie=own, body="{}", **foreign)[0] == 403
    assert ask(ada, "/x", "POST", cookie=own, body="{}", Origin=f"https://stipend.test:{ada}", Sec_Fetch_Site="same-origin")[0] == 200
    key = base64.b64encode(os.urandom(16)).decode()
    socket_headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Version": "13", "Sec_WebSocket_Key": key}
    assert ask(ada, "/ws", cookie=own, Origin=foreign["Origin"], **socket_headers)[0] == 403
    with connect(ada) as raw:
        raw.sendall(f"GET /ws HTTP/1.1\r\nHost: stipend.test:{ada}\r\nOrigin: https://stipend.test:{ada}\r\nCookie: {own}\r\nUpgrade: websocket\r\n"
                    f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode())
        got = b""
        while b"hello from ada" not in got:
            piece = raw.recv(4096)
            assert piece, got
            got += piece
        assert got.startswith(b"HTTP/1.1 101")


def test_nothing_of_a_machine_stays_fresh_in_a_browser(served):
    port, own = enter(served, served.ada)
    _, headers, _ = ask(port, "/static/app.js", cookie=own)
    assert headers["Cache-Control"] == "private, no-cache" and headers["ETag"] == f'"{served.ada}.same-in-all-images"'
    assert ask(port, "/static/app.js", cookie=own, If_None_Match=headers["ETag"])[0] == 304
    ben, pass_of_ben = enter(served, served.ben)
    assert ask(ben, "/static/app.js", cookie=pass_of_ben, If_None_Match=headers["ETag"])[0] == 200
    _, headers, _ = ask(port, "/static/dated.js", cookie=own)
    assert headers["Last-Modified"] is None
    assert ask(port, "/static/dated.js", cookie=own, If_None_Match=headers["ETag"])[0] == 304
    assert ask(ben, "/static/dated.js", cookie=pass_of_ben, If_None_Match=headers["ETag"], If_Modified_Since="Wed, 25 Nov 2026 09:51:00 GMT")[0] == 200
    assert ask(port, "/worker.js", cookie=own, Service_Worker="script")[0] == 403


def test_the_console_gives_the_same_way_in(served):
    link = served.account("Ben")["sign_in_url"]
    token = link.partition("#")[2]
    status, headers, _ = ask(served.port, "/api/v1/sign-in", "POST", body=json.dumps({"token": token}), Origin=f"https://stipend.test:{served.port}")
    assert status == 200 and headers["Set-Cookie"].startswith("__Host-Http-stipend=")
    session = headers["Set-Cookie"].split(";")[0]
    csrf = json.loads(ask(served.port, "/api/v1/session", cookie=session)[2])["csrf"]
    body = json.dumps({"image": "ami-0123456789abcdef0", "type": "t2.nano"})
    command = {"cookie": session, "Origin": f"https://stipend.test:{served.port}", "X_Stipend_Csrf": csrf}
    machine = json.loads(ask(served.port, "/api/v1/instances", "POST", body=body, **command)[2])["id"]

    def ticket():
        status, _, text = ask(served.port, f"/api/v1/instances/{machine}/ticket", "POST", body="{}", **command)
        return json.loads(text)["url"] if status == 200 else None
    found = wait_for("the machine to run", ticket)
    assert int(re.match(r"https://stipend\.test:(\d+)/\.stipend/enter\?ticket=", found)[1]) in served.ports


def test_ports_outlive_the_server_and_a_machines_stop(served):
    ports = {machine: enter(served, machine)[0] for machine in (served.ada, served.ben)}
    served.stop()
    served.start()
    for machine in ports:  # scripted ones do not outlive the server
        wait_state(served.aws, machine, "stopped")
    served.aws.start_instances(InstanceIds=list(reversed(ports)))
    for machine in ports:
        wait_state(served.aws, machine, "running")
    assert {machine: enter(served, machine)[0] for machine in reversed(ports)} == ports


def test_settings_that_cannot_work_are_refused(tmp_path):
    pair = settings(*certificate(tmp_path))
    for wrong, cure in (('[server]\nmachine_ports = "30000-30999"\n', "needs TLS"), (pair + 'machine_ports = "80-90"\n', "1024"),
                        (pair + 'machine_ports = "30000-39999"\n', "4096"), (pair + 'listen = "127.0.0.1:30005"\nmachine_ports = "30000-30999"\n', "own port")):
        server = Server.fake({"ami_id": "ami-0123456789abcdef0", "name": "minimal", "min_disk_gib": 1}, wrong)
        if "listen =" in wrong:
            server.listen = "127.0.0.1:30005"
        try:
            assert cure in server.fails()
        finally:
            server.close()
