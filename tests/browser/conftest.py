import os
import pathlib
import sys

import pytest
from playwright.sync_api import expect, sync_playwright

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.server import ROOT, Server  # noqa: E402


@pytest.fixture(scope="session")
def server():
    with Server() as made:
        yield made


@pytest.fixture(scope="session")
def playwright():
    """The one of all tests: a thread can have no second."""
    with sync_playwright() as made:
        yield made


@pytest.fixture(scope="session")
def chromium(playwright):
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]
    browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=flags)
    yield browser
    browser.close()


@pytest.fixture
def picture(request):
    """picture(page, "name"): a screenshot under var/screenshots, for people to look at."""
    folder = ROOT / "var/screenshots"
    folder.mkdir(parents=True, exist_ok=True)

    def take(page, name):
        page.screenshot(path=folder / f"{request.node.name}-{name}.png")

    return take


@pytest.fixture
def small():
    """A server of its own whose machines only pretend, with a course."""
    with Server.fake({"ami_id": "ami-0123456789abcdef0", "name": "minimal", "min_disk_gib": 8, "jupyter": False}) as made:
        made.call("course", "create", "CS 101", "--homes", "machine")
        yield made


@pytest.fixture
def signed_in(small, chromium):
    """signed_in("Ada", "5"): a new member's page, and the account."""
    def enter(name, credit, role="student", **context):
        account = small.call("account", "create", "--course", "CS 101", "--name", name, "--credit", credit, "--role", role)
        page = chromium.new_context(**context).new_page()
        page.set_default_timeout(15_000)
        page.goto(account["sign_in_url"])
        page.get_by_role("button", name=f"Continue as {name}").click()
        expect(page.locator("#left")).to_contain_text("$")
        return page, account

    return enter
