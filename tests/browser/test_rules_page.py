"""The rules of a course on the pages, in a real browser: staff sets them, members read and meet them."""
import datetime
import zoneinfo

from playwright.sync_api import expect

ZONE = "Europe/Berlin"


def rules_page(signed_in):
    grace, _ = signed_in("Grace", "0", "teacher", timezone_id=ZONE)
    grace.get_by_role("link", name="Class").click()
    grace.get_by_role("link", name="Rules", exact=True).click()
    return grace


def section(page, heading):
    return page.locator("section").filter(has=page.get_by_role("heading", name=heading, exact=True))


def test_limits_are_set_on_the_class_page_and_bind_members(small, signed_in, picture):
    grace = rules_page(signed_in)
    expect(section(grace, "What members read now")).to_contain_text("No rules")
    run = section(grace, "What may run")
    run.get_by_label("t2.micro", exact=True).check()
    run.get_by_label("t2.small", exact=True).check()
    run.get_by_label("Machines of a member at once").fill("1")
    run.get_by_role("button", name="Save").click()
    expect(section(grace, "What members read now")).to_contain_text("Types that may be used: t2.micro, t2.small.")
    cost = section(grace, "What it may cost")
    cost.get_by_label("Dollars a day").fill("0.50")
    cost.get_by_role("button", name="Save").click()
    expect(section(grace, "What members read now")).to_contain_text("at most $0.50 a day")
    picture(grace, "rules")
    shown = small.call("course", "policy", "CS 101")
    assert (shown["types"], shown["machines"], shown["per_day"]) == (["t2.micro", "t2.small"], 1, "0.50")

    ada, _ = signed_in("Ada", "5")
    expect(ada.locator("#rules")).to_contain_text("At most 1 machine at once.")
    expect(ada.locator("#launch select[name=type] option")).to_have_count(2)
    picture(ada, "member")
    ada.get_by_role("button", name="Launch instance").click()
    expect(ada.locator("#machines tr")).to_have_count(1)
    ada.get_by_role("button", name="Launch instance").click()
    expect(ada.locator("#notice")).to_contain_text("1 machine at once")

    cost.get_by_label("Dollars a day").fill("a lot")
    cost.get_by_role("button", name="Save").click()
    expect(grace.locator("#notice")).to_contain_text("Give an amount of dollars")
    cost.get_by_label("Dollars a day").fill("")
    cost.get_by_role("button", name="Save").click()
    expect(section(grace, "What members read now")).not_to_contain_text("a day")


def test_class_time_is_written_in_the_teachers_zone_and_read_in_the_members(small, signed_in, picture):
    grace = rules_page(signed_in)
    free = section(grace, "Class time: hours that cost nothing")
    tomorrow = datetime.datetime.now(zoneinfo.ZoneInfo(ZONE)).date() + datetime.timedelta(days=1)
    free.get_by_label("First day").fill(tomorrow.isoformat())
    free.get_by_label("From", exact=True).fill("10:00")
    free.get_by_label("To", exact=True).fill("11:30")
    free.get_by_label(f"{tomorrow:%a}", exact=True).check()
    free.get_by_role("button", name="Add hours").click()
    expect(grace.locator("#notice")).to_contain_text("need a last day")
    free.get_by_label("Last day").fill((tomorrow + datetime.timedelta(weeks=7)).isoformat())
    free.get_by_role("button", name="Add hours").click()
    expect(free).to_contain_text("10:00 AM to 11:30 AM")
    expect(free).to_contain_text("and 3 more")
    free.get_by_label("After class time").select_option("machines stop")
    expect(grace.locator("#notice")).to_contain_text("Changed.")
    picture(grace, "hours")
    begins = datetime.datetime.combine(tomorrow, datetime.time(10), zoneinfo.ZoneInfo(ZONE)).astimezone(datetime.timezone.utc)
    shown = small.call("course", "policy", "CS 101")
    assert shown["free"][0]["from"][:16] == f"{begins:%Y-%m-%dT%H:%M}" and len(shown["free"]) == 8 and shown["free_end"] == "stop"

    ada, _ = signed_in("Ada", "0", timezone_id="America/New_York")
    there = begins.astimezone(zoneinfo.ZoneInfo("America/New_York"))
    expect(ada.locator("#rules")).to_contain_text(f"{there:%I:%M %p}")
    expect(ada.locator("#rules")).to_contain_text("Machines cost nothing then, with or without credit; afterwards they stop.")
    picture(ada, "member")

    free.get_by_role("button", name="Remove all").click()
    grace.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(free).to_contain_text("No free hours.")
    assert small.call("course", "policy", "CS 101")["free"] == []


def test_the_rules_are_for_staff_to_change_alone(small, signed_in):
    ada, _ = signed_in("Ada", "5")
    answer = ada.evaluate("""async () => {
        const { csrf } = await (await fetch("/api/v1/session")).json();
        const post = (body) => fetch("/api/v1/class/rules", { method: "POST", headers: { "X-Stipend-Csrf": csrf, "Content-Type": "application/json" }, body });
        const mine = await (await fetch("/api/v1/rules")).json();
        return { status: (await post('{"machines": 5}')).status, emergency: "emergency" in mine };
    }""")
    assert answer == {"status": 403, "emergency": False}
    grace, _ = signed_in("Grace", "0", "teacher")
    statuses = grace.evaluate("""async (bodies) => {
        const { csrf } = await (await fetch("/api/v1/session")).json();
        const post = (body) => fetch("/api/v1/class/rules", { method: "POST", headers: { "X-Stipend-Csrf": csrf, "Content-Type": "application/json" }, body });
        const out = [];
        for (const body of bodies) out.push((await post(body)).status);
        return out;
    }""", ['{"machines": -1}', '{"machines": "many"}', '{"types": "t2.micro"}', '{"types": ["t9.none"]}', '{"free": "Mon 25:00/26:00 until 2030-01-01", "zone": "UTC"}',
           '{"free": "2020-01-01 10:00/11:00", "zone": "UTC"}', '{"open": "2030-01-01 10:00/11:00", "zone": "Nowhere/Land"}', '{"ends": "soon"}', '{"per_day": "-1"}'])
    assert statuses == [400] * 9, statuses
    assert small.call("course", "policy", "CS 101")["machines"] == 0
