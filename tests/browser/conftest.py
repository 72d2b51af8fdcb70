import os
import pathlib
import sys

import pytest
from playwright.sync_api import sync_playwright

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
