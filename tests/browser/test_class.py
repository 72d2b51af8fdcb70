"""A class in a real browser: roster, links, join code, class page, and a course link into a notebook with a repository."""
import re

import pytest
from playwright.sync_api import expect
from support.server import wait_for

MINUTE = 60_000
ROSTER = "Name;Identifier;Section;Credit\nAda;s1001;A;20\nBen;s1002;B;20\nChi;s1003;B;\n"
# The machine's git takes the repository of the link from its own disk: git's `insteadOf`, all else is as with any host.
ORIGIN = """cd ~ && git config --global user.name t && git config --global user.email t@example.org \
&& git config --global url./home/ubuntu/.origin/.insteadOf https://git.example.org/teacher/ \
&& git init -q -b main seed && cd seed && printf 'one\\ntwo\\nthree\\n' > notes.txt && git add . && git commit -qm one \
&& git clone -q --bare ../seed ~/.origin/labs.git && git remote add origin ~/.origin/labs.git && cd && echo made > made.txt"""
NEWS = "cd ~/seed && echo new > second.txt && git add . && git commit -qm two && git push -q origin main && cd && echo pushed > made.txt"


@pytest.fixture(scope="module")
def teacher(server, chromium):
    server.call("course", "create", "CS 101")
    account = server.call("account", "create", "--course", "CS 101", "--name", "Grace", "--role", "teacher", "--credit", "0")
    context = chromium.new_context(viewport={"width": 1280, "height": 850})
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto(account["sign_in_url"])
    page.get_by_role("button", name="Continue as Grace").click()
    page.get_by_role("link", name="Class", exact=True).click()
    expect(page.get_by_role("heading", name="CS 101")).to_be_visible()
    yield page
    context.close()


@pytest.fixture(scope="module")
def links(teacher, tmp_path_factory):
    """The roster imported, and each person's sign-in link."""
    page = teacher
    page.get_by_role("link", name="Add people").click()
    page.locator("input[type=file]").set_input_files({"name": "people.csv", "mimeType": "text/csv", "buffer": ROSTER.encode("utf-16")})
    page.get_by_label("First credit").fill("15")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("3 new, 0 changed")).to_be_visible()
    page.get_by_role("button", name="Import 3 members").click()
    expect(page.get_by_text("3 members invited")).to_be_visible()
    page.get_by_role("link", name="Show who is invited").click()
    page.get_by_label("Choose everybody on this page").check()
    page.get_by_role("button", name="New sign-in links").click()
    page.get_by_role("button", name="Make 3 links").click()
    rows = page.locator("dialog.sheet tbody tr")
    expect(rows).to_have_count(3)
    made = {row.locator("th").inner_text(): row.locator("code").inner_text() for row in rows.all()}
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    path = tmp_path_factory.mktemp("links") / "links.csv"
    download.value.save_as(path)
    assert all(url in path.read_text() for url in made.values())
    page.get_by_role("button", name="Done").click()
    return made


@pytest.fixture(scope="module")
def ada(server, chromium, links):
    context = chromium.new_context()
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto(links["Ada"])
    page.get_by_role("button", name="Continue as Ada").click()
    expect(page.get_by_text("Left of $20.00")).to_be_visible()
    yield page
    context.close()


@pytest.fixture(scope="module")
def lab(server, teacher, ada):
    """Ada in JupyterLab, by a course link."""
    url = make_link(teacher, server, title="Notebook")
    ada.goto(url)
    expect(ada.get_by_text("This starts a new t2.medium")).to_be_visible()
    ada.get_by_role("button", name="Open").click()
    ada.wait_for_url(re.compile(r"http://i-[0-9a-f]{17}\.localhost:\d+/lab.*"), timeout=2 * MINUTE)
    expect(ada.locator("#jp-main-dock-panel")).to_be_visible(timeout=2 * MINUTE)
    return {"page": ada, "url": url, "base": re.match(r"http://[^/]+", ada.url)[0]}


def make_link(page, server, title, repository="", path=""):
    page.goto(server.endpoint + "/class/links")
    page.get_by_label("Title").fill(title)
    page.get_by_label("Image").select_option("course-python")
    page.get_by_label("Repository").fill(repository)
    page.get_by_label("Page to open").fill(path)
    page.get_by_role("button", name="Make a link").click()
    row = page.locator("tbody tr", has_text=title)
    expect(row).to_be_visible()
    return row.locator("code").inner_text()


def in_terminal(lab, command, said):
    """Types a command into a terminal of the machine, until made.txt says it is done."""
    page = lab["page"].context.new_page()
    page.goto(f"{lab['base']}/tree")
    page.get_by_text("New", exact=True).first.click()
    with page.context.expect_page(timeout=MINUTE) as opened:
        page.get_by_text("Terminal", exact=True).first.click()
    terminal = opened.value
    terminal.locator(".xterm-helper-textarea").wait_for(state="attached", timeout=MINUTE)
    terminal.locator(".xterm").first.click()
    terminal.keyboard.type(command + "\n")
    for _ in range(60):
        if content(terminal, "made.txt") == f"{said}\n":
            break
        terminal.wait_for_timeout(500)
    assert content(terminal, "made.txt") == f"{said}\n"
    terminal.close()
    page.close()


def content(page, path):
    return page.evaluate("async (path) => (await (await fetch('/api/contents/' + path)).json().catch(() => ({}))).content", path)


def test_the_class_page_shows_who_came_and_gives_credit(server, teacher, ada, picture):
    page = teacher
    page.goto(server.endpoint + "/class")
    row = page.locator("tr[data-account]", has_text="s1001")
    expect(row).to_contain_text("Joined")
    expect(page.locator("tr[data-account]", has_text="s1003")).to_contain_text("Invited")
    page.get_by_label("Find members").fill("ada")
    expect(page.locator("tr[data-account]")).to_have_count(1)
    page.get_by_label("Choose Ada").check()
    page.get_by_role("button", name="Give credit").click()
    page.get_by_label("Dollars").fill("5")
    page.get_by_label("Reason").fill("homework 2")
    page.get_by_role("dialog").get_by_role("button", name="Give credit").click()
    expect(row).to_contain_text("$25.00")
    ada.goto(server.endpoint + "/")
    expect(ada.get_by_text("Left of $25.00")).to_be_visible()
    picture(page, "class")


def test_a_join_code_makes_a_member_who_can_come_back(server, teacher, chromium, picture):
    page = teacher
    page.goto(server.endpoint + "/class/codes")
    page.get_by_label("How many may join").fill("1")
    page.get_by_role("button", name="Make a code").click()
    address = page.locator("tbody tr code").inner_text()
    context = chromium.new_context(viewport={"width": 400, "height": 800})
    visitor = context.new_page()
    visitor.goto(address)
    expect(visitor.get_by_text("CS 101, taught by Grace")).to_be_visible()
    visitor.get_by_label("Your identifier").fill("s1002")  # Ben's
    visitor.get_by_role("button", name="Continue").click()
    visitor.get_by_role("button", name="Join as s1002").click()
    expect(visitor.get_by_text("ask your teacher for a new sign-in link")).to_be_visible()
    visitor.get_by_label("Your identifier").fill("heron")
    visitor.get_by_role("button", name="Continue").click()
    picture(visitor, "join")
    visitor.get_by_role("button", name="Join as heron").click()
    way_back = visitor.locator("#way-back").inner_text()
    visitor.get_by_role("link", name="Go to my machines").click()
    expect(visitor.get_by_text("Left of $100.00")).to_be_visible()
    context.clear_cookies()
    visitor.goto(way_back)
    visitor.get_by_role("button", name="Continue as heron").click()
    expect(visitor.get_by_text("Left of $100.00")).to_be_visible()
    late = context.new_page()
    late.goto(address)
    expect(late.get_by_text("used as often as it may be")).to_be_visible()
    context.close()


def test_who_is_not_signed_in_comes_back_to_the_course_link(server, lab, links, chromium):
    context = chromium.new_context()
    page = context.new_page()
    page.goto(lab["url"])
    expect(page.get_by_role("heading", name="Sign in first")).to_be_visible()
    page.goto(links["Ben"])
    page.get_by_role("button", name="Continue as Ben").click()
    page.wait_for_url(lab["url"])
    expect(page.get_by_text("This starts a new t2.medium")).to_be_visible()
    context.close()


def test_a_course_link_brings_the_repository_and_keeps_edits(server, teacher, lab, picture):
    in_terminal(lab, ORIGIN, "made")
    url = make_link(teacher, server, "Lab 1", "https://git.example.org/teacher/labs.git", "labs/notes.txt")
    page = lab["page"]

    def open_it():
        page.goto(url)
        expect(page.get_by_text("is running (t2.medium")).to_be_visible()
        page.get_by_role("button", name="Open").click()
        page.wait_for_url(re.compile(re.escape(lab["base"]) + r"/lab/tree/labs/notes\.txt.*"), timeout=MINUTE)
        expect(page.locator("#jp-main-dock-panel")).to_be_visible(timeout=MINUTE)

    open_it()
    assert content(page, "labs/notes.txt") == "one\ntwo\nthree\n"
    page.evaluate("""async () => fetch('/api/contents/labs/notes.txt', {method: 'PUT', headers: {'X-XSRFToken': document.cookie.match(/_xsrf=([^;]*)/)?.[1] || ''},
                  body: JSON.stringify({type: 'file', format: 'text', content: 'one\\nmine\\nthree\\n'})})""")
    in_terminal(lab, NEWS, "pushed")
    open_it()
    assert content(page, "labs/second.txt") == "new\n"
    assert content(page, "labs/notes.txt") == "one\nmine\nthree\n"
    picture(page, "course-link")


def test_the_teacher_stops_everything_and_the_link_starts_it_again(server, teacher, lab):
    page, ada = teacher, lab["page"]
    page.goto(server.endpoint + "/class")
    expect(page.locator("tr[data-account]", has_text="s1001")).to_contain_text("(t2.medium)")
    page.get_by_role("button", name="Stop everything").click()
    page.get_by_role("button", name="Stop 1 machine").click()
    expect(page.get_by_text("1 machine is stopping.")).to_be_visible()
    # A browser on the machines' own host drops what it is loading when a network interface goes (ERR_NETWORK_CHANGED).
    wait_for("the machine to be stopped", lambda: all(one["state"] == "stopped" for one in server.call("instance", "list")), 120)
    ada.goto(server.endpoint + "/")
    row = ada.locator("tr[data-instance]")
    expect(row).to_have_attribute("data-state", "stopped", timeout=2 * MINUTE)
    expect(row).to_contain_text("Stopped by your teacher")
    ada.goto(lab["url"])
    expect(ada.get_by_text("This starts your stopped machine")).to_be_visible()
    ada.get_by_role("button", name="Open").click()
    ada.wait_for_url(re.compile(re.escape(lab["base"]) + "/lab.*"), timeout=2 * MINUTE)
