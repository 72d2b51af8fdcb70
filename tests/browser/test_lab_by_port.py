"""A real machine's JupyterLab at a port of the server's one name, in Chromium: page, API, terminal, and what a reload costs."""
import json
import os
import re

import boto3
import pytest
from playwright.sync_api import expect
from support.aws import wait_state
from support.by_port import free_range
from support.server import IMAGES, Server, wait_for
from support.tls import certificate, settings, trusting

MINUTE = 60_000


@pytest.fixture(scope="module")
def lab(playwright, tmp_path_factory):
    first, last = free_range(4)
    cert, key = certificate(tmp_path_factory.mktemp("tls"), names="stipend.test localhost")
    server = Server(settings=settings(cert, key) + f'machine_ports = "{first}-{last}"\n')
    server.scheme = "https"
    with server:
        account = server.account("Ada")
        aws = boto3.client("ec2", endpoint_url=server.endpoint, region_name="us-east-1", verify=str(cert), aws_access_key_id=account["access_key_id"],
                           aws_secret_access_key=account["secret_access_key"])
        image = json.loads((IMAGES / "course-python.json").read_text())["ami_id"]
        machine = aws.run_instances(ImageId=image, InstanceType="t2.medium", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
        wait_state(aws, machine, "running")
        browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=trusting(cert))
        try:
            page = browser.new_context().new_page()
            page.goto(server.call("instance", "url", machine)["url"])
            expect(page.locator("#jp-main-dock-panel")).to_be_visible(timeout=2 * MINUTE)
            assert re.match(rf"https://stipend\.test:({'|'.join(map(str, range(first, last + 1)))})/lab", page.url)
            yield page
        finally:
            browser.close()


def test_a_terminal_in_the_machine_answers_through_its_websocket(lab, picture):
    name = lab.evaluate("fetch('/api/terminals', {method: 'POST'}).then((r) => r.json())")["name"]
    lab.evaluate("""(name) => new Promise((done, failed) => {
      const s = new WebSocket(`${location.origin.replace("https", "wss")}/terminals/websocket/${name}`);
      s.onmessage = (e) => { if (JSON.parse(e.data)[0] === "setup") s.send(JSON.stringify(["stdin", "id -un > who.txt\\n"])); done(); };
      s.onerror = failed;
    })""", name)
    wait_for("the terminal's file", lambda: lab.evaluate("fetch('/api/contents/who.txt').then((r) => r.ok ? r.json() : {})").get("content") == "ubuntu\n")
    picture(lab, "jupyterlab")


def test_a_file_is_written_and_read_through_jupyters_api(lab):
    body = {"type": "file", "format": "text", "content": "kept"}
    status = lab.evaluate("(b) => fetch('/api/contents/kept.txt', {method: 'PUT', body: JSON.stringify(b)}).then((r) => r.status)", body)
    assert status == 201
    assert lab.evaluate("fetch('/api/contents/kept.txt').then((r) => r.json())")["content"] == "kept"


def test_no_cookie_of_the_machine_is_in_reach_of_scripts(lab):
    assert lab.evaluate("document.cookie") == ""
    assert all(cookie["httpOnly"] and cookie["name"].startswith("__Host-Http-") for cookie in lab.context.cookies())


def test_a_reload_asks_for_files_but_does_not_send_them_again(lab):
    lab.reload()
    expect(lab.locator("#jp-main-dock-panel")).to_be_visible(timeout=2 * MINUTE)
    entries = lab.evaluate("performance.getEntriesByType('resource').map((e) => [e.transferSize, e.encodedBodySize])")
    sent, whole = sum(e[0] for e in entries), sum(e[1] for e in entries)
    assert sent < whole / 5, (sent, whole)
