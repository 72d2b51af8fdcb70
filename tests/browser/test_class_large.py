"""The class page with a thousand members, in a real browser: found as one types, drawn at once; machines only pretend."""
import statistics

import pytest
from playwright.sync_api import expect
from support.server import Server
from support.session import Session

IMAGE = {"ami_id": "ami-0123456789abcdef0", "name": "minimal", "min_disk_gib": 8, "jupyter": False}
# From the key to the paint of the first rows: the observer sees the rows, the message comes once the frame was made.
TYPED = """async (word) => {
  const find = document.querySelector("input[type=search]"), begun = performance.now();
  const painted = new Promise((resolve) => {
    const rows = new MutationObserver(() => {
      rows.disconnect();
      requestAnimationFrame(() => {
        const after = new MessageChannel();
        after.port1.onmessage = () => resolve(performance.now() - begun);
        after.port2.postMessage(0);
      });
    });
    rows.observe(document.querySelector("table.members tbody"), { childList: true });
  });
  find.value = word;
  find.dispatchEvent(new Event("input", { bubbles: true }));
  return painted;
}"""


@pytest.fixture
def page(chromium):
    with Server.fake(IMAGE) as server:
        server.call("course", "create", "CS 101")
        account = server.call("account", "create", "--course", "CS 101", "--name", "Grace", "--role", "teacher", "--credit", "0")
        teacher = Session.signed_in(server, account["sign_in_url"])
        text = "name,identifier,mail,section\n" + "".join(f"Student {i:03},s{i},s{i}@example.org,S{i % 20}\n" for i in range(1000))
        send = {"Content-Type": "application/octet-stream"}
        digest = teacher.post("/class/roster", text.encode(), send)["digest"]
        teacher.post(f"/class/roster?digest={digest}", text.encode(), send)
        context = chromium.new_context(viewport={"width": 1280, "height": 850})
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.goto(teacher.post("/own-link")["url"])
        page.get_by_role("button", name="Continue as Grace").click()
        page.get_by_role("link", name="Class", exact=True).click()
        expect(page.locator("tr[data-account]")).to_have_count(100)
        yield page
        context.close()


def test_what_is_typed_is_found_and_painted_at_once(page):
    took = [page.evaluate(TYPED, word) for word in ("student", "s1", "example", "student 5", "s", "student", "9", "e", "stud")]
    expect(page.locator("tr[data-account]")).to_have_count(100)
    expect(page.get_by_text("1,000 members found")).to_be_visible()
    assert statistics.median(took) < 300, took  # 150 is the aim; the other half is for a busy computer


def test_rows_that_are_kept_show_what_is_chosen_now(page):
    rows = page.locator("tr[data-account]")
    find = page.get_by_label("Find members")
    find.fill("student 00")
    expect(rows).to_have_count(10)
    page.get_by_label("Choose Student 003").check()
    expect(page.get_by_text("1 chosen")).to_be_visible()
    page.get_by_role("button", name="Choose none").click()
    expect(page.get_by_label("Choose Student 003")).not_to_be_checked()
    page.get_by_label("Choose everybody on this page").check()
    expect(page.locator("td.pick input:checked")).to_have_count(10)
    page.get_by_role("button", name="Choose none").click()
    find.fill("")
    expect(rows).to_have_count(100)
    page.get_by_label("Choose everybody on this page").check()
    page.get_by_role("button", name="Choose all 1,001").click()
    expect(page.locator("td.pick input:checked:disabled")).to_have_count(100)
    page.get_by_role("button", name="Next").click()
    expect(rows.first).to_contain_text("Student 099")
    expect(rows).to_have_count(100)
    order = rows.evaluate_all("(rows) => rows.map((row) => row.querySelector('th').innerText.split('\\n')[0])")
    assert order == [f"Student {i:03}" for i in range(99, 199)], "Grace is one of the first hundred"
