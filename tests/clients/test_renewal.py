"""A certificate that is renewed while the server runs: new handshakes show it, connections stay, a bad one is not used."""
import os
import shutil
import signal
import time

import pytest
from support.server import Server, wait_for
from support.tls import certificate, connect, serial, settings

pytestmark = pytest.mark.skipif("STIPEND_ENDPOINT" in os.environ, reason="needs a server of its own")

IMAGE = {"ami_id": "ami-0123456789abcdef0", "name": "minimal", "min_disk_gib": 1, "jupyter": True}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    server = Server.fake(IMAGE, settings(*certificate(folder, serial=1)))
    server.scheme = "https"
    with server:
        server.pair = folder
        yield server


def replace(server, source, names=("cert.pem", "key.pem")):
    """As renewing programs do it: written beside, then renamed over."""
    for name in names:
        shutil.copy(source / name, server.pair / (name + ".new"))
        (server.pair / (name + ".new")).replace(server.pair / name)


def renewed(server, folder, number, **more):
    certificate(folder, serial=number, **more)
    replace(server, folder)


def ask(connection):
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: stipend.test\r\n\r\n")
    answer = b""
    while not answer.endswith(b"ok\n"):
        piece = connection.recv(4096)
        assert piece, "the connection ended"
        answer += piece
    return answer


def problem(server):
    return server.call("status")["certificate"]["problem"]


def test_a_renewed_certificate_is_shown_and_connections_stay(served, tmp_path):
    before = serial(served.port)
    with connect(served.port) as old:
        ask(old)
        renewed(served, tmp_path, 17)
        wait_for("the new certificate", lambda: serial(served.port) == 17, 15)
        assert before != 17 and ask(old)
    assert served.call("status")["certificate"]["days_left"] >= 1


def test_sighup_reads_it_at_once_and_ends_nothing(served, tmp_path):
    with connect(served.port) as old:
        renewed(served, tmp_path, 18)
        served.process.send_signal(signal.SIGHUP)
        wait_for("the new certificate", lambda: serial(served.port) == 18, 15)
        ask(old)
    served.process.send_signal(signal.SIGHUP)
    assert serial(served.port) == 18 and served.process.poll() is None


@pytest.mark.parametrize("fault", ["another's key", "no PEM", "another name", "huge"])
def test_a_bad_pair_is_refused_by_name_and_the_old_one_stays(served, tmp_path, fault):
    number = serial(served.port)
    keep = tmp_path / "keep"
    shutil.copytree(served.pair, keep)
    log_before = served.log.stat().st_size
    if fault == "another's key":
        certificate(tmp_path, serial=99)
        replace(served, tmp_path, ["cert.pem"])
        named = "does not belong"
    elif fault == "no PEM":
        (served.pair / "cert.pem").write_text("-----BEGIN CERTIFICATE-----\nnone\n")
        named = "give a PEM certificate"
    elif fault == "huge":
        (served.pair / "key.pem").write_text("x" * 300_000)
        named = "256 KiB"
    else:
        renewed(served, tmp_path, 99, names="other.test")
        named = "is not for stipend.test"
    wait_for("the refusal", lambda: named in problem(served), 15)
    assert serial(served.port) == number
    with served.log.open() as log:
        log.seek(log_before)
        refusals = [line for line in log if "is not used" in line]
    assert refusals and named in refusals[-1] and "BEGIN" not in "".join(refusals)
    replace(served, keep)
    wait_for("the pair to be good again", lambda: problem(served) == "", 15)
    assert serial(served.port) == number


def test_many_renewals_under_load_drop_nothing(served, tmp_path):
    with connect(served.port) as old:
        for number in range(30, 36):
            renewed(served, tmp_path, number)
            served.process.send_signal(signal.SIGHUP)
            end = time.monotonic() + 0.4
            while time.monotonic() < end:
                ask(old)
                with connect(served.port) as fresh:
                    ask(fresh)
        wait_for("the last certificate", lambda: serial(served.port) == 35, 15)
        ask(old)
