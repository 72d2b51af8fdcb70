"""Disks that a member's credit no longer keeps, on the class page: staff sees them, and alone decides."""
import decimal

from playwright.sync_api import expect
from support.aws import client, image_id, wait_state

def test_staff_gives_credit_for_a_disk_that_the_house_pays_or_deletes_it(small, chromium, picture):
    small.call("course", "create", "Brief", "--homes", "machine", "--grace-days", "0")

    def person(name, credit, role="student"):
        return small.call("account", "create", "--course", "Brief", "--name", name, "--credit", credit, "--role", role)
    machines = {}
    for name in ("Ada", "Alan"):
        account = person(name, "0.01")
        ec2 = client(small, account)
        machines[name] = ec2.run_instances(ImageId=image_id(ec2, "minimal"), InstanceType="t2.nano", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
        wait_state(ec2, machines[name], "running")
        ec2.stop_instances(InstanceIds=[machines[name]])
        wait_state(ec2, machines[name], "stopped")
        left = decimal.Decimal(small.call("account", "show", account["account_id"])["available"])
        small.call("grant", "--account", account["account_id"], f"--amount=-{left - decimal.Decimal('0.000003')}", "--reason", "ten seconds of the disk stay")
    page = chromium.new_context().new_page()
    page.goto(person("Grace", "0", "teacher")["sign_in_url"])
    page.get_by_role("button", name="Continue as Grace").click()
    expect(page.locator("#left")).to_contain_text("$")
    page.goto(f"{small.endpoint}/class/disks")
    rows = page.locator("#view tbody tr")
    expect(rows).to_have_count(2)
    for _ in range(30):
        if rows.get_by_text("the house pays").count() == 2:
            break
        page.wait_for_timeout(1_000)
        page.reload()
        expect(rows).to_have_count(2)
    expect(rows.get_by_text("the house pays")).to_have_count(2)
    picture(page, "list")

    ada = rows.filter(has_text="Ada")
    ada.get_by_role("button", name="Give credit…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Dollars (a negative").fill("1")
    dialog.get_by_role("button", name="Give credit").click()
    expect(ada).to_have_count(0)

    alan = rows.filter(has_text="Alan")
    alan.get_by_role("button", name="Delete…").click()
    picture(page, "delete")
    expect(dialog).to_contain_text("is terminated")
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("All disks are paid for at least a week.")).to_be_visible()
    shown = {row["instance_id"]: row["state"] for row in small.call("instance", "list")}
    assert shown[machines["Ada"]] == "stopped" and shown.get(machines["Alan"], "terminated") == "terminated", shown
    assert small.call("disk", "unfunded", "--course", "Brief") == []
    assert [row["origin"] for row in small.call("disk", "list", "--deleted")] == [machines["Alan"]]
