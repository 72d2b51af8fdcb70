"""Homes and deleted disks on the page, in a real browser; machines only pretend."""
import json

import pytest
from playwright.sync_api import expect
from support.server import Server

IMAGE = {"ami_id": "ami-0123456789abcdef0", "name": "minimal", "description": "a bare Debian", "min_disk_gib": 8,
         "jupyter": False, "created": "2026-01-01T00:00:00Z"}


@pytest.fixture
def kept():
    with Server.fake(IMAGE) as made:
        yield made


def open_page(server, chromium, url):
    page = chromium.new_context().new_page()
    page.set_default_timeout(15_000)
    page.goto(url)
    page.get_by_role("button", name="Continue as Ada").click()
    expect(page.get_by_role("heading", name="Credit")).to_be_visible()
    return page


def launch(page, name):
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Launch instance").click()
    row = page.locator("tr[data-instance]", has_text=name)
    expect(row).to_have_attribute("data-state", "running")
    return row


def test_a_terminated_machine_is_brought_back_and_a_stopped_one_starts_on_the_new_image(kept, chromium, picture):
    account = kept.account("Ada", homes="keep")
    page = open_page(kept, chromium, account["sign_in_url"])
    launch(page, "lab1")
    second = launch(page, "lab2")
    expect(second).to_contain_text("its files are on this machine alone")
    said = []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.accept()))
    second.get_by_role("button", name="Terminate (delete)").click()
    section = page.get_by_label("Disks without a machine")
    expect(section).to_contain_text("disk of lab2")
    page.locator("tr[data-instance]", has_text="lab1").get_by_role("button", name="Terminate (delete)").click()
    expect(section).to_contain_text("home")
    assert "all files on it are deleted. It can be brought back for 7 days." in said[0]
    assert "your home is kept" in said[1]
    picture(page, "deleted")
    section.locator("li", has_text="disk of lab1").get_by_role("button", name="Bring back as a stopped machine").click()
    back = page.locator("tr[data-instance]", has_text="lab1")
    expect(back).to_have_attribute("data-state", "stopped")
    expect(section).not_to_contain_text("disk of lab1")
    (kept.images / "minimal.json").write_text(json.dumps(IMAGE | {"ami_id": "ami-0123456789abcdef1"}))
    kept.stop()
    kept.start()
    page = open_page(kept, chromium, kept.call("account", "link", account["account_id"])["sign_in_url"])
    row = page.locator("tr[data-instance]", has_text="lab1")
    picture(page, "new-image")
    row.get_by_role("button", name="Start on the new image").click()
    expect(row).to_have_attribute("data-state", "running")
    expect(row.get_by_role("button", name="Start on the new image")).to_have_count(0)
    expect(page.locator("#notice")).to_be_hidden()
    picture(page, "running")
    page.context.close()
