"""Connect: the exact ssh line for the reader, and a key pair chosen at the launch."""
import re

import pytest
from playwright.sync_api import expect
from support.aws import client
from support.server import Server

IMAGE = {"ami_id": "ami-0123456789abcdef0", "name": "minimal", "description": "a bare Debian", "min_disk_gib": 8,
         "jupyter": False, "created": "2026-01-01T00:00:00Z"}


@pytest.fixture(scope="module")
def quick():
    """A server without machines: the page is what is looked at."""
    with Server.fake(IMAGE) as made:
        yield made


@pytest.fixture(scope="module")
def page(quick, chromium):
    account = quick.account("Ada")
    client(quick, account).create_key_pair(KeyName="homework")
    context = chromium.new_context()
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto(account["sign_in_url"])
    page.get_by_role("button", name="Continue as Ada").click()
    expect(page.get_by_role("heading", name="Credit")).to_be_visible()
    yield page
    context.close()


def launched(page, name, key):
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Key pair").select_option(label=key)
    page.get_by_role("button", name="Launch instance").click()
    row = page.locator("tr[data-instance]", has_text=name)
    expect(row).to_have_attribute("data-state", "running", timeout=60_000)
    return row


def test_connect_shows_the_line_for_where_the_reader_is(page, picture):
    row = launched(page, "with-key", "homework")
    row.get_by_role("button", name="Connect").click()
    dialog = page.get_by_role("dialog", name="Connect to with-key")
    expect(dialog.locator("pre").first).to_have_text(re.compile(r"^ssh -i homework\.pem ubuntu@[0-9.]+$"))
    picture(page, "here")
    dialog.get_by_role("button", name=re.compile("^Copy")).click()
    expect(dialog.get_by_role("button", name=re.compile("^Copy"))).to_have_text(re.compile("Copied|Selected"))
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)


def test_the_words_for_elsewhere_can_be_copied_and_the_script_is_there(page, picture):
    row = page.locator("tr[data-instance]", has_text="with-key")
    page.route("**/ssh", lambda route: route.continue_(url=route.request.url + "?way=https"))
    row.get_by_role("button", name="Connect").click()
    dialog = page.get_by_role("dialog", name="Connect to with-key")
    expect(dialog.locator("pre")).to_have_count(2)
    expect(dialog.locator("pre").first).to_contain_text("python3 stipend-ssh.py --endpoint http://localhost:")
    expect(dialog.locator("pre").last).to_contain_text("ProxyCommand python3")
    picture(page, "https")
    with page.expect_download() as download:
        dialog.get_by_role("link", name="stipend-ssh.py").click()
    assert download.value.suggested_filename == "stipend-ssh.py"
    assert download.value.path().read_bytes().startswith(b"#!/usr/bin/env python3")
    page.unroute("**/ssh")
    dialog.get_by_role("button", name="Close").click()


def test_a_machine_without_a_key_pair_says_what_to_do(page):
    row = launched(page, "without", "None (Jupyter only, no ssh)")
    row.get_by_role("button", name="Connect").click()
    expect(page.get_by_role("dialog", name="Connect to without")).to_contain_text("launched without a key pair")
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
