"""Statements in a real browser: a member's month with its lines, as a file and on paper; the course's for staff alone."""
import csv

from playwright.sync_api import expect
from support.aws import client, image_id, wait_state


def used_once(small, account):
    ec2 = client(small, account)
    machine = ec2.run_instances(ImageId=image_id(ec2, "minimal"), InstanceType="m4.large", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    wait_state(ec2, machine, "running")
    ec2.terminate_instances(InstanceIds=[machine])
    wait_state(ec2, machine, "terminated")
    return machine


def test_a_member_sees_each_line_of_the_month_as_a_file_and_on_paper(small, signed_in, picture):
    page, account = signed_in("Ada", "5")
    machine = used_once(small, account)
    page.get_by_role("link", name="Statement").click()
    lines = page.locator("#lines tbody tr")
    expect(lines.filter(has_text=machine)).to_have_count(1)
    expect(lines.filter(has_text="credit given")).to_contain_text("$5.00")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    rows = list(csv.reader(open(download.value.path(), encoding="utf-8-sig")))
    assert any(machine in row for row in rows), rows
    picture(page, "screen")
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="CSV")).to_be_hidden()
    picture(page, "paper")


def test_staff_sees_the_course_and_a_member_does_not(small, signed_in, picture):
    page, account = signed_in("Ada", "5")
    used_once(small, account)
    grace, _ = signed_in("Grace", "0", "teacher")
    grace.get_by_role("link", name="Class").click()
    grace.get_by_role("link", name="Statements").click()
    expect(grace.locator("#lines")).to_contain_text("Ada")
    picture(grace, "course")
    answer = page.request.get(f"{small.endpoint}/api/v1/statements?month=2026-01")
    assert answer.status == 403, answer.text()
