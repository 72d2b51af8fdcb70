"""`stipend doctor` on names, certificates and ports: which way applies, what is missing, and what to ask the network people for."""
import json
import os
import socket
import subprocess

import pytest
from support.acme import free_port
from support.server import BIN
from support.tls import certificate, settings

pytestmark = pytest.mark.skipif("STIPEND_ENDPOINT" in os.environ, reason="looks at this computer")


def found(tmp_path, text):
    config = tmp_path / "doctor.toml"
    config.write_text('[compute]\nprovider = "fake"\n' + text)
    done = subprocess.run([BIN / "stipend", "--state", tmp_path / "state", "doctor", "--config", config, "--json"], capture_output=True, text=True)
    return {row["check"]: row for row in json.loads(done.stdout)}


def test_a_certificate_without_the_wildcard_leads_to_ports(tmp_path):
    pair = settings(*certificate(tmp_path, names="localhost", days=90), name="localhost") + f'listen = "127.0.0.1:{free_port()}"\n'
    by_name = found(tmp_path, pair)
    assert by_name["certificate"]["level"] == "fail" and "machine_ports" in by_name["certificate"]["cure"] and "*.localhost" in by_name["certificate"]["cure"]
    assert "a wildcard" in by_name["to ask"]["sentence"]
    by_port = found(tmp_path, pair + 'machine_ports = "28000-28007"\n')
    assert by_port["certificate"]["level"] == by_port["names"]["level"] == "ok"
    assert by_port["to ask"]["sentence"].count("28000-28007") == 1 and "two DNS records" not in by_port["to ask"]["sentence"]


def test_a_port_that_another_program_has_is_told(tmp_path):
    pair = settings(*certificate(tmp_path, names="localhost", days=90), name="localhost")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = found(tmp_path, pair + f'listen = "127.0.0.1:{port}"\nmachine_ports = "{port + 1}-{port + 1}"\n')
        assert told["port"]["level"] == "fail" and str(port) in told["port"]["sentence"]
        first = port if port < 65000 else port - 1
        some = found(tmp_path, pair + f'listen = "127.0.0.1:{free_port()}"\nmachine_ports = "{first}-{first + 1}"\n')
        assert some["machine ports"]["level"] in ("warn", "fail") and "in use" in some["machine ports"]["sentence"]


def test_an_unknown_name_is_told_with_what_to_ask_for(tmp_path):
    text = '[server]\nname = "stipend.invalid"\nlisten = "0.0.0.0:443"\nhttp_listen = "0.0.0.0:80"\n[acme]\ndirectory = "https://ca.invalid/dir"\nemail = "ops@stipend.invalid"\naccept_terms = true\n'
    by_http = found(tmp_path, text)
    assert by_http["names"]["level"] == "fail" and "*.stipend.invalid" not in by_http["names"]["cure"]
    assert "30000-30999" in by_http["to ask"]["sentence"] and "whole Internet" in by_http["to ask"]["sentence"]
    by_dns = found(tmp_path, text + 'method = "dns-01"\ndns_provider = "rfc2136"\n')
    assert "*.stipend.invalid" in by_dns["names"]["cure"] and "_acme-challenge.stipend.invalid" in by_dns["to ask"]["sentence"]
    refused = found(tmp_path, text.replace("true", "false"))
    assert refused["certificate"]["level"] == "fail" and "accept_terms" in refused["certificate"]["sentence"]
