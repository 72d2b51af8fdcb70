"""A course link on a full host, in a real browser: in line, away and back, and on to the notebook by itself; machines only pretend."""
import re

import pytest
from playwright.sync_api import expect
from support.full_host import FullHost
from support.server import wait_for

MACHINE = re.compile(r"http://(i-[0-9a-f]{17})\.localhost:\d+/git-pull\?repo=https%3A%2F%2Fgit\.example\.org%2Fteacher%2Flabs.*")


@pytest.fixture
def full():
    with FullHost() as made:
        made.occupy()
        yield made


def open_link(full, context):
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.goto(full.link["url"])
    return page


def test_who_waits_closes_the_page_comes_back_and_is_taken_to_the_notebook(full, chromium, picture):
    context = chromium.new_context()
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.goto(full.account("Ada")["sign_in_url"])
    page.get_by_role("button", name="Continue as Ada").click()
    expect(page.get_by_role("heading", name="Credit")).to_be_visible()
    page.close()

    page = open_link(full, context)
    expect(page.get_by_text("This starts a new t2.medium")).to_be_visible()
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_text("You are next in line.")).to_be_visible()
    expect(page.get_by_text("waiting is free")).to_be_visible()
    expect(page).to_have_title("1 of 1 · Lab 1")
    picture(page, "waiting")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Open")).to_be_visible()
    assert full.server.call("queue") == []
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_text("You are next in line.")).to_be_visible()
    page.close()

    page = open_link(full, context)  # no press: it is the place from before
    expect(page.get_by_text("You are next in line.")).to_be_visible()
    assert len(full.server.call("queue")) == 1
    full.leave()
    machine = wait_for("the turn", lambda: [m for m in full.server.call("instance", "list") if m["state"] == "running"])[0]["instance_id"]
    jupyter = full.jupyter(machine)
    page.wait_for_url(MACHINE)
    expect(page.get_by_role("heading", name="Notebook of lab")).to_be_visible()
    assert machine in page.url and any(path.startswith("/git-pull?repo=") for path, _ in jupyter.seen)
    context.close()
