"""Certificates from a real ACME authority: both methods, a renewal, an authority that is away, a challenge that fails."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import threading

import pytest
from support.acme import acme_settings, authority, free_port
from support.server import BIN, Server, wait_for, words_of
from support.tls import connect, serial, shown

pytestmark = [pytest.mark.skipif("STIPEND_ENDPOINT" in os.environ, reason="needs a server of its own"),
              pytest.mark.skipif(not shutil.which("pebble") or not shutil.which("lego"), reason="needs pebble and lego")]

IMAGE = {"ami_id": "ami-0123456789abcdef0", "name": "minimal", "min_disk_gib": 1, "jupyter": True}


@contextlib.contextmanager
def clients_words(state):
    """The command lines of a server's ACME clients, as anybody on this computer sees them meanwhile."""
    seen, over = set(), threading.Event()

    def look():
        while not over.wait(0.01):
            for entry in pathlib.Path("/proc").iterdir():
                words = words_of(entry.name) if entry.name.isdigit() else [""]
                if words[0].endswith("/lego") and any(word.startswith(str(state)) for word in words):
                    seen.add(" ".join(words))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield seen
    finally:
        over.set()
        looking.join()


def serve(settings):
    server = Server.fake(IMAGE, settings)
    server.scheme = "https"
    return server


def names(port):
    done = subprocess.run(["openssl", "x509", "-noout", "-ext", "subjectAltName"], input=shown(port), capture_output=True, text=True, check=True)
    return sorted(name.strip().removeprefix("DNS:") for name in done.stdout.splitlines()[1].split(","))


def state(server):
    return server.call("status")["certificate"]


def issued(server, seconds=60):
    wait_for("a certificate", lambda: state(server)["in_use"], seconds, 0.3)


def test_http_01_gets_a_certificate_renews_it_live_and_keeps_it_over_a_restart(tmp_path):
    plain = free_port()
    with authority(tmp_path, plain, seconds=24) as ca, serve(acme_settings(ca, plain)) as server:
        issued(server)
        assert names(server.port) == ["stipend.test"]
        first = serial(server.port)
        with connect(server.port) as old:  # the server's certificate lives 24 s and is renewed with a third of it left
            def answers():
                old.sendall(b"GET /healthz HTTP/1.1\r\nHost: stipend.test\r\n\r\n")
                return b"200" in old.recv(4096)
            wait_for("a renewal", lambda: answers() and serial(server.port) != first, 60, 0.5)
            assert answers()
        assert state(server)["acme"]["state"] in ("ok", "asking")
        modes = {path.name: oct(path.stat().st_mode & 0o777) for path in (server.state, server.state / "acme", *server.state.glob("acme/certificates/*.key"))}
        assert modes["acme"] == "0o700" and modes["stipend.test.key"] == "0o600"
        assert not list((server.state / "challenges").rglob("*challenge/*"))
        ca.stop()
        server.stop()
        kept = subprocess.run(["openssl", "x509", "-noout", "-serial", "-in", server.state / "acme/certificates/stipend.test.crt"],
                              capture_output=True, text=True, check=True).stdout
        server.start()
        assert serial(server.port) == int(kept.strip().removeprefix("serial="), 16)


def test_dns_01_gets_the_wildcard_through_a_hook_that_sees_secrets_in_its_environment_only(tmp_path):
    hook, secrets = tmp_path / "hook", tmp_path / "dns.env"
    with authority(tmp_path, free_port()) as ca:
        hook.write_text(f"""#!/bin/sh
case "$1" in present) what=set-txt ;; *) what=clear-txt ;; esac
[ "$DNS_PASSWORD" = hunter2 ] || exit 1
touch /etc/stipend-acme-test 2>/dev/null && exit 1
exec curl -sf -d "{{\\"host\\":\\"$2\\",\\"value\\":\\"$3\\"}}" http://127.0.0.1:{ca.dns_admin}/$what
""")
        hook.chmod(0o755)
        secrets.write_text(f"EXEC_PATH={hook}\nEXEC_SEQUENCE_INTERVAL=1\nDNS_PASSWORD=hunter2\n")
        secrets.chmod(0o600)
        more = f'dns_provider = "exec"\ndns_resolver = "127.0.0.1:{ca.dns}"\nenvironment = "{secrets}"\n'
        with serve(acme_settings(ca, method="dns-01", more=more)) as server:
            issued(server)
            assert names(server.port) == ["*.stipend.test", "stipend.test"]
            assert "hunter2" not in server.log.read_text() and "hunter2" not in json.dumps(server.call("status"))


def test_an_authority_that_is_away_is_told_and_asked_again(tmp_path):
    plain = free_port()
    with authority(tmp_path, plain, start=False) as ca, serve(acme_settings(ca, plain)) as server:
        wait_for("the failure to be told", lambda: state(server)["acme"]["state"] == "failed", 60)
        told = state(server)
        assert not told["in_use"] and "connection refused" in told["acme"]["error"]
        with pytest.raises(OSError):
            connect(server.port)
        with subprocess.Popen(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Host: stipend.test", f"http://127.0.0.1:{plain}/"],
                              stdout=subprocess.PIPE, text=True) as curl:
            assert curl.communicate(timeout=20)[0] == "503"
        ca.start()
        server.process.send_signal(signal.SIGHUP)  # or a minute later, by itself
        issued(server)
        assert state(server)["acme"]["error"] == ""


def test_a_challenge_that_fails_is_told_in_the_authoritys_words(tmp_path):
    with authority(tmp_path, free_port()) as ca, serve(acme_settings(ca, free_port())) as server:  # it looks at another port
        wait_for("the failure to be told", lambda: state(server)["acme"]["state"] == "failed", 60)
        assert "urn:ietf:params:acme:error" in state(server)["acme"]["error"] and not state(server)["in_use"]
        text = subprocess.run([BIN / "stipend", "--state", server.state, "status"], capture_output=True, text=True, check=True).stdout
        assert "none yet" in text and "in vain" in text


def test_an_account_is_bound_to_the_institution_with_its_key(tmp_path):
    plain, secrets, mac = free_port(), tmp_path / "acme.env", "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
    secrets.write_text(f"EAB_KID=kid-1\nEAB_HMAC={mac}\n")
    secrets.chmod(0o600)
    with authority(tmp_path, plain, start=False) as ca:
        ca.start(bound={"kid-1": mac})
        with serve(acme_settings(ca, plain, more=f'environment = "{secrets}"\n')) as server:
            issued(server)
            assert mac not in server.log.read_text()
            server.stop()
            for file in (server.state / "acme/certificates").iterdir():
                file.unlink()
            with clients_words(server.state) as seen:
                server.start()
                issued(server)
            assert seen and not any(mac in words for words in seen), "once registered, the key is on no command line"


@pytest.mark.parametrize(("wrong", "cure"), [
    ({"accept_terms": "false"}, "accept_terms = true"), ({"email": '"nobody"'}, "mail address"), ({"method": '"dns-01"'}, "dns_provider"),
    ({"environment": '"/nowhere/env"'}, "/nowhere/env"), ({"directory": '"http://ca.test/dir"'}, "https://"), ({"method": '"tls"'}, "http-01")])
def test_settings_that_cannot_work_are_refused_at_the_start(wrong, cure):
    keys = {"directory": '"https://localhost:1/dir"', "email": '"ops@stipend.test"', "accept_terms": "true", **wrong}
    server = Server.fake(IMAGE, '[server]\nname = "stipend.test"\nhttp_listen = "127.0.0.1:0"\n[acme]\n' + "".join(f"{k} = {v}\n" for k, v in keys.items()))
    try:
        assert cure in server.fails()
    finally:
        server.close()


def test_secrets_that_others_can_read_are_refused(tmp_path):
    secrets = tmp_path / "dns.env"
    secrets.write_text("A=secret-value\n")
    secrets.chmod(0o644)
    server = Server.fake(IMAGE, '[server]\nname = "stipend.test"\nhttp_listen = "127.0.0.1:0"\n[acme]\ndirectory = "https://localhost:1/dir"\n'
                         f'email = "ops@stipend.test"\naccept_terms = true\nenvironment = "{secrets}"\n')
    try:
        said = server.fails()
        assert "chmod 600" in said and "secret-value" not in said
    finally:
        server.close()
