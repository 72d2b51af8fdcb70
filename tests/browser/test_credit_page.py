"""Credit on the pages, in a real browser: codes made and printed by staff, entered by a member; emergency credit; credit with terms."""
import re

from playwright.sync_api import expect


def test_codes_of_the_class_page_are_entered_on_a_members_page(small, signed_in, picture):
    ada, account = signed_in("Ada", "1")
    number = account["account_id"]
    grace, _ = signed_in("Grace", "0", "teacher")
    grace.get_by_role("link", name="Class").click()
    grace.get_by_role("link", name="Credit codes").click()
    grace.get_by_label("How many codes").fill("6")
    grace.get_by_label("Label, which members see").fill("Lab 1")
    grace.get_by_label("Only for these types").fill("t2.micro, t2.medium")
    grace.get_by_role("button", name="Make codes").click()
    cards = grace.locator("dialog .card")
    expect(cards).to_have_count(6)
    code = cards.first.locator(".code").inner_text()
    assert re.fullmatch(r"[A-Z2-9]{4}(-[A-Z2-9]{4}){2}", code)
    picture(grace, "cards")
    with grace.expect_download() as download:
        grace.get_by_role("button", name="Download CSV").click()
    lines = open(download.value.path()).read().splitlines()
    assert len(lines) == 7 and lines[0] == "code,amount,uses,expires,label" and any(line.startswith(code) for line in lines)
    grace.get_by_role("button", name="Done").click()

    ada.get_by_label("Add credit").fill(code.lower())
    ada.get_by_role("button", name="Add credit").click()
    expect(ada.locator("#notice")).to_contain_text("$5.00 added for t2.medium, t2.micro.")
    expect(ada.locator("#left")).to_have_text("$6.00")
    ada.get_by_text("What you were given").click()
    expect(ada.locator("#grant-list")).to_contain_text("Code: Lab 1")
    picture(ada, "given")
    ada.get_by_label("Add credit").fill(code)
    ada.get_by_role("button", name="Add credit").click()
    expect(ada.locator("#notice")).to_contain_text("You have had the credit of this code already")

    grace.reload()
    row = grace.locator("tbody tr")
    expect(row).to_contain_text("1 of 6")
    expect(row).to_contain_text("6, 5 usable")
    picture(grace, "codes")
    row.get_by_role("button", name="End").click()
    grace.get_by_role("dialog").get_by_role("button", name="End").click()
    expect(row).to_contain_text("Over")
    grace.goto(f"{small.endpoint}/class/people/{number}")
    grace.get_by_text("What was given").click()
    expect(grace.locator("details")).to_contain_text("Code: Lab 1")


def test_emergency_credit_is_offered_taken_and_gone(small, signed_in, picture):
    small.call("course", "policy", "CS 101", "--emergency", "2", "--emergency-total", "100")
    ada, _ = signed_in("Ada", "1")
    ada.get_by_role("button", name="Take $2.00 of emergency credit").click()
    picture(ada, "emergency")
    ada.get_by_role("button", name="Take it").click()
    expect(ada.locator("#left")).to_have_text("$3.00")
    expect(ada.get_by_role("button", name="emergency credit")).to_have_count(0)
    alan, _ = signed_in("Alan", "2")
    expect(alan.get_by_label("Add credit")).to_be_visible()
    expect(alan.get_by_role("button", name="emergency credit")).to_have_count(0)


def test_credit_with_an_expiry_and_types_is_given_on_the_class_page(small, signed_in):
    ada, account = signed_in("Ada", "1")
    number = account["account_id"]
    grace, _ = signed_in("Grace", "0", "teacher")
    grace.goto(f"{small.endpoint}/class/people/{number}")
    grace.get_by_role("button", name="Give credit…").click()
    grace.get_by_label("Dollars").fill("3")
    grace.get_by_label("Reason, which they see").fill("project")
    grace.get_by_label("Expires (empty: never)").fill("2027-06-30T12:00")
    grace.get_by_label("Only for these types").fill("t2.micro")
    grace.get_by_role("dialog").get_by_role("button", name="Give credit").click()
    expect(grace.locator("#notice")).to_contain_text("$3 for Ada.")
    (given,) = small.call("grants", "--account", number, "--source", "top-up")
    assert (given["types"], given["reason"], given["expires"][:10]) == ("t2.micro", "project", "2027-06-30")
    ada.reload()
    expect(ada.locator("#left")).to_have_text("$4.00")
