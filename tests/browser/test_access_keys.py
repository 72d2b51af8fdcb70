"""A member's access keys on the page, in a real browser: made and shown once, copied, downloaded, switched off, deleted; machines only pretend."""
import re

import boto3
import pytest
from botocore.exceptions import ClientError
from playwright.sync_api import expect


def caller(lines):
    given = dict(re.findall(r"^(\w+) = (.*)$", lines, re.M))
    return boto3.client("sts", endpoint_url=given["endpoint_url"], region_name=given["region"], aws_access_key_id=given["aws_access_key_id"],
                        aws_secret_access_key=given["aws_secret_access_key"]).get_caller_identity()["Account"]


def test_a_member_makes_a_key_uses_it_and_ends_it(small, signed_in, tmp_path, picture):
    page, account = signed_in("Ada", "5", permissions=["clipboard-read", "clipboard-write"])
    rows = page.locator("tr[data-key-id]")
    expect(rows).to_have_count(1)  # of the operator's making
    expect(rows.first).to_contain_text("Never")
    page.get_by_role("button", name="Create access key").click()
    dialog = page.get_by_role("dialog", name="Your access key")
    expect(dialog).to_contain_text("The secret is shown only now.")
    lines = dialog.locator("pre").first.inner_text()
    dialog.get_by_role("button", name="Copy: Add these lines").click()
    expect(dialog.get_by_role("button", name="Copy: Add these lines")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()").strip() == lines.strip()
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Download as a file").click()
    download.value.save_as(tmp_path / "aws-config")
    assert (tmp_path / "aws-config").read_text().strip() == lines.strip()
    picture(page, "made")
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Done").click()
    expect(dialog).to_have_count(0)
    secret = re.search(r"aws_secret_access_key = (.*)", lines)[1]
    page.wait_for_function("(secret) => !document.documentElement.outerHTML.includes(secret)", arg=secret)  # a closed dialog goes in a moment
    assert caller(lines) == account["account_id"]
    expect(rows).to_have_count(2)
    expect(page.get_by_role("button", name="Create access key")).to_be_disabled()
    expect(page.get_by_text("You have 2, which is the most.")).to_be_visible()

    made = re.search(r"aws_access_key_id = (.*)", lines)[1]
    row = page.locator(f"tr[data-key-id={made}]")
    page.get_by_role("button", name=f"Deactivate {made}").click()
    expect(row).to_contain_text("Inactive")
    expect(row).not_to_contain_text("Never")
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        caller(lines)
    page.get_by_role("button", name=f"Activate {made}").click()
    expect(page.get_by_role("button", name=f"Deactivate {made}")).to_be_visible()
    assert caller(lines)
    page.get_by_role("button", name=f"Delete {made}").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(rows).to_have_count(1)
    picture(page, "list")

    small.call("account", "suspend", account["account_id"])
    page.reload()
    expect(rows.first).to_contain_text("Suspended")
    expect(page.get_by_role("button", name="Create access key")).to_be_disabled()
    expect(page.get_by_text("Not while your account is suspended.")).to_be_visible()
    page.context.close()
