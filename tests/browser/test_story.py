"""The student's story in a real browser: link, credit, launch, JupyterLab, terminal, stop, start; and who may not."""
import http.client
import re

import pytest
from playwright.sync_api import expect

MINUTE = 60_000


@pytest.fixture(scope="module")
def ada(server, chromium):
    account = server.account("Ada")
    context = chromium.new_context()
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto(account["sign_in_url"])
    page.get_by_role("button", name="Continue as Ada").click()
    expect(page.get_by_role("heading", name="Credit")).to_be_visible()
    yield {"account": account, "context": context, "page": page}
    context.close()


@pytest.fixture(scope="module")
def machine(ada):
    page = ada["page"]
    page.get_by_label("Name", exact=True).fill("lab1")
    page.get_by_label("Instance type").select_option("t2.medium")
    page.get_by_role("button", name="Launch instance").click()
    row = page.locator("tr[data-instance]", has_text="lab1")
    expect(row).to_have_attribute("data-state", "running", timeout=2 * MINUTE)
    return row.get_attribute("data-instance")


@pytest.fixture(scope="module")
def lab(ada, machine):
    """A page in the machine's JupyterLab."""
    page = ada["page"]
    page.goto(page.url)
    page.locator(f"tr[data-instance={machine}]").get_by_role("button", name="Open Jupyter").click()
    page.wait_for_url(re.compile(rf"http://{machine}\.localhost:\d+/lab.*"), timeout=MINUTE)
    expect(page.locator("#jp-main-dock-panel")).to_be_visible(timeout=2 * MINUTE)
    yield page



def test_link_shows_the_person_and_the_credit_as_time(ada, picture):
    page = ada["page"]
    expect(page.locator("#left")).to_have_text(re.compile(r"^\$(100\.00|9\d\.\d\d)$"))
    picture(page, "home")


def test_a_used_link_signs_nobody_in(server, ada, chromium):
    context = chromium.new_context()
    page = context.new_page()
    page.goto(ada["account"]["sign_in_url"])
    expect(page.locator("#say")).not_to_have_text("One moment…")
    expect(page.get_by_role("button", name="Continue as Ada")).to_be_hidden()
    context.close()


def test_open_jupyter_lands_in_jupyterlab_on_the_machines_own_origin(lab, machine, picture):
    assert machine in lab.url
    assert "token" not in lab.url and "ticket" not in lab.url
    picture(lab, "jupyterlab")


def test_a_notebook_trains_a_small_model(lab, machine, picture):
    base = re.match(r"(http://[^/]+)", lab.url)[1]
    lab.goto(f"{base}/lab/tree/welcome.ipynb")
    expect(lab.locator(".jp-Notebook")).to_be_visible(timeout=MINUTE)
    expect(lab.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=2 * MINUTE)
    lab.get_by_role("menuitem", name="Run", exact=True).click()
    lab.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    expect(lab.locator(".jp-OutputArea-output", has_text=re.compile("loss|accuracy", re.IGNORECASE)).first).to_be_visible(timeout=4 * MINUTE)
    expect(lab.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']", has_text="Traceback")).to_have_count(0)
    picture(lab, "trained")


def test_the_classic_dashboards_new_terminal_works_and_git_clones(lab, machine, picture):
    base = re.match(r"(http://[^/]+)", lab.url)[1]
    lab.goto(f"{base}/tree")
    lab.get_by_text("New", exact=True).first.click()
    with lab.context.expect_page(timeout=MINUTE) as opened:
        lab.get_by_text("Terminal", exact=True).first.click()
    terminal = opened.value
    terminal.locator(".xterm-helper-textarea").wait_for(state="attached", timeout=MINUTE)
    terminal.locator(".xterm").first.click()
    terminal.keyboard.type("git init -q a && git -C a -c user.name=x -c user.email=x@x commit -q --allow-empty -m one "
                           "&& git clone -q a b && git -C b log --format=%s > cloned.txt\n")
    picture(terminal, "terminal")
    for _ in range(60):
        got = terminal.evaluate("async () => (await fetch('/api/contents/cloned.txt')).json().catch(() => ({}))")
        if got.get("content") == "one\n":
            break
        terminal.wait_for_timeout(500)
    assert got.get("content") == "one\n", got
    terminal.close()


def test_another_student_has_no_way_into_the_machine(server, chromium, machine):
    other = server.account("Alan")
    context = chromium.new_context()
    page = context.new_page()
    page.goto(other["sign_in_url"])
    page.get_by_role("button", name="Continue as Alan").click()
    expect(page.get_by_role("heading", name="Credit")).to_be_visible()
    page.goto(f"{server.endpoint}/t/{machine}/jupyter/lab")
    expect(page.locator("#notice")).to_be_visible()
    assert machine not in page.url
    origin = f"http://{machine}.localhost:{server.port}"
    answer = context.request.get(f"{origin}/api/contents", max_redirects=0)
    assert answer.status == 401
    context.close()


def test_a_foreign_page_opens_no_socket_and_posts_nothing_to_a_machine(server, lab, machine):
    cookies = "; ".join(f"{c['name']}={c['value']}" for c in lab.context.cookies(f"http://{machine}.localhost:{server.port}"))
    host = f"{machine}.localhost:{server.port}"
    for method, path, headers in (
            ("POST", "/api/contents", {"Origin": "http://i-00000000000000000.localhost", "Sec-Fetch-Site": "same-site"}),
            ("GET", "/terminals/websocket/1", {"Origin": "http://evil.example", "Connection": "Upgrade", "Upgrade": "websocket",
                                               "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="})):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        connection.request(method, path, body=b"{}" if method == "POST" else None, headers={"Host": host, "Cookie": cookies, **headers})
        assert connection.getresponse().status == 403, path
        connection.close()


def test_stop_and_start_keep_page_and_files(server, ada, lab, machine, picture):
    base = re.match(r"(http://[^/]+)", lab.url)[1]
    lab.evaluate("""async () => fetch('/api/contents/kept.txt', {method: 'PUT', headers: {'X-XSRFToken': document.cookie.match(/_xsrf=([^;]*)/)?.[1] || ''},
                 body: JSON.stringify({type: 'file', format: 'text', content: 'kept'})})""")
    page = ada["context"].new_page()
    page.goto(server.endpoint + "/")
    row = page.locator(f"tr[data-instance={machine}]")
    before = row.locator("td").nth(3).inner_text()
    row.get_by_role("button", name="Stop", exact=True).click()
    expect(row).to_have_attribute("data-state", "stopped", timeout=2 * MINUTE)
    picture(page, "stopped")
    row.get_by_role("button", name="Start", exact=True).click()
    expect(row).to_have_attribute("data-state", "running", timeout=2 * MINUTE)
    assert row.locator("td").nth(3).inner_text() != before
    row.get_by_role("button", name="Open Jupyter").click()
    page.wait_for_url(re.compile(re.escape(base) + "/lab.*"), timeout=MINUTE)
    expect(page.locator("#jp-main-dock-panel")).to_be_visible(timeout=2 * MINUTE)
    kept = page.evaluate("async () => (await fetch('/api/contents/kept.txt')).json()")
    assert kept["content"] == "kept"
    page.close()


def test_terminate_asks_and_deletes(server, ada, machine):
    page = ada["context"].new_page()
    page.goto(server.endpoint + "/")
    row = page.locator(f"tr[data-instance={machine}]")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept()))
    row.get_by_role("button", name="Terminate (delete)").click()
    expect(row).to_have_count(0, timeout=2 * MINUTE)
    assert asked and "deleted" in asked[0]
    assert server.call("instance", "show", machine)["state"] == "terminated"
    page.close()
