"""Two machines at two ports of one name, one of them hostile, in one real browser: cookies, storage, caches and requests."""
import os

import boto3
import pytest
from playwright.sync_api import Error
from support.by_port import by_port, launch, url
from support.server import wait_for
from support.tls import trusting


@pytest.fixture(scope="module")
def place(playwright, tmp_path_factory):
    """The server with ada's and ben's machines, and a browser in which somebody signed in and opened both."""
    upstreams = []
    with by_port(tmp_path_factory.mktemp("tls")) as server:
        browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=trusting(server.certificate))
        try:
            account = server.account("Chi")
            aws = boto3.client("ec2", endpoint_url=server.endpoint, region_name="us-east-1", verify=str(server.certificate),
                               aws_access_key_id=account["access_key_id"], aws_secret_access_key=account["secret_access_key"])
            machines = {name: launch(server, aws, upstreams, name) for name in ("ada", "ben")}
            context = browser.new_context()
            console = context.new_page()
            console.goto(account["sign_in_url"])
            console.click("#go")
            console.wait_for_selector("#content:not([hidden])")
            yield server, context, console, machines, dict(zip(machines, upstreams, strict=True))
        finally:
            browser.close()
            for upstream in upstreams:
                upstream.close()


@pytest.fixture
def pages(place):
    """Each machine's notebook, opened from the console's own link."""
    server, context, _, machines, _ = place
    opened = {}
    for name, machine in machines.items():
        opened[name] = context.new_page()
        opened[name].goto(url(server, machine))
        wait_for("the notebook", lambda name=name: opened[name].title() == name)
    yield opened
    for page in opened.values():
        page.close()


def origin(page):
    return page.evaluate("location.origin")


def told(page):
    return page.evaluate("fetch('/told').then((r) => r.json())")


def signed_in(console):
    console.reload()
    return console.evaluate("fetch('/api/v1/session').then((r) => r.status)") == 200


def test_each_machine_is_told_its_own_cookies_in_a_browser_that_holds_all(pages):
    assert origin(pages["ada"]) != origin(pages["ben"])
    for name, page in pages.items():
        assert sorted(told(page)["cookie"].split("; ")) == [f"own={name}", "wide=evil"]
        assert page.evaluate("document.cookie") == ""


def test_a_hostile_page_cannot_plant_cookies_for_the_other_machine_or_the_console(place, pages):
    _, context, console, machines, upstreams = place
    ada = pages["ada"]
    ben = machines["ben"][2:]
    ada.evaluate("""(ben) => {
      for (const name of ["own", "_xsrf", `__Host-Http-m${ben}-own`, `__Host-Http-stipend-machine-${ben}`, "__Host-Http-stipend", "__Host-stipend"])
        for (const tail of ["", "; Domain=stipend.test"])
          document.cookie = `${name}=planted; Path=/; Secure${tail}`;
    }""", ben)
    assert sorted(told(pages["ben"])["cookie"].split("; ")) == ["own=ben", "wide=evil"]
    assert all("planted" not in headers.get("Cookie", "") for _, headers in upstreams["ben"].seen)
    assert signed_in(console)
    for cookie in context.cookies():
        if cookie["value"] == "planted":
            context.clear_cookies(name=cookie["name"])


def test_a_machine_that_clears_site_data_signs_nobody_out(place, pages):
    pages["ada"].reload()  # its page says Clear-Site-Data: "cookies"
    assert signed_in(place[2])


def test_a_hostile_page_reads_nothing_of_the_other_machine_or_the_console(place, pages):
    server = place[0]
    ada, other = pages["ada"], origin(pages["ben"])
    for target in (f"{other}/told", f"https://stipend.test:{server.port}/api/v1/session"):
        for mode in ("cors", "same-origin"):
            with pytest.raises(Error):
                ada.evaluate("([u, mode]) => fetch(u, {credentials: 'include', mode}).then((r) => r.text())", [target, mode])
    asked = len(place[4]["ben"].seen)
    ada.evaluate("""(u) => new Promise((done) => {
      const script = document.createElement("script");
      script.src = u + "/static/app.js"; script.onload = script.onerror = done; document.head.append(script);
    })""", other)
    assert ada.evaluate("window.shown") == "ada" and len(place[4]["ben"].seen) == asked
    refused = ada.evaluate("""(u) => new Promise((done) => {
      const s = new WebSocket(u.replace("https", "wss") + "/ws"); s.onmessage = () => done("open"); s.onerror = () => done("refused");
    })""", other)
    assert refused == "refused"


def test_its_own_websocket_works_and_its_storage_is_its_own(pages):
    hello = pages["ada"].evaluate("""new Promise((done, failed) => {
      const s = new WebSocket(location.origin.replace("https", "wss") + "/ws"); s.onmessage = (e) => done(e.data); s.onerror = failed;
    })""")
    assert hello == "hello from ada"
    pages["ada"].evaluate("localStorage.setItem('k', 'of ada')")
    assert pages["ben"].evaluate("localStorage.getItem('k')") is None


def test_no_service_worker_can_wait_for_the_ports_next_machine(pages):
    with pytest.raises(Error):
        pages["ada"].evaluate("navigator.serviceWorker.register('/worker.js').then(() => 'registered')")


def test_a_browser_that_enters_anew_finds_nothing_of_an_earlier_machine(place, pages):
    server, context, _, machines, _ = place
    ada = pages["ada"]
    ada.evaluate("localStorage.setItem('k', 'left behind')")
    ada.goto(url(server, machines["ada"]))
    assert ada.evaluate("localStorage.getItem('k')") == "left behind"  # the same machine again: kept
    context.clear_cookies(name=f"__Host-Http-stipend-machine-{machines['ada'][2:]}")
    ada.goto(url(server, machines["ada"]))
    wait_for("the notebook", lambda: ada.title() == "ada")
    assert ada.evaluate("localStorage.getItem('k')") is None
