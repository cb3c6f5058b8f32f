"""The page in a real browser while things change, and with names that want to be markup."""

from __future__ import annotations

import json
from typing import Any

import requests
from aws_under_test import Aws
from judged import judge, refused
from playwright.sync_api import expect

import moto_eks_podid as podid
from moto_eks_podid.remote import PREFIX
from tests.page.shop import POD, open_shop

ROWS = "tbody tr:not(.spacer)"
HOSTILE = "<script>alert(1)</script>\"><img src=x onerror='alert(2)'>{{7*7}}"
VIEWS = ("/", "/ui/clusters", "/ui/sessions", "/ui/pods", "/ui/events")


# What names can do


def rename_pod(aws: Aws, before: str, after: str) -> None:
    """Give a pod a name that no API server allows, as a state from a file can."""
    state = json.dumps(podid.export_state(endpoint_url=aws.endpoint_url))
    renamed = state.replace(json.dumps(before), json.dumps(after))
    podid.import_state(json.loads(renamed), replace=True, endpoint_url=aws.endpoint_url)


def test_name_is_markup(server_aws: Aws, visit: Any) -> None:
    """Names of pods, callers' programs, tags and texts of errors are text wherever they appear."""
    aws, name = server_aws, HOSTILE
    aws.create_cluster(tags={"team": name})
    aws.associate(aws.create_role(), tags={name: name})
    pod = aws.assume(aws.token(pod_name="cart-1"))["credentials"]
    rename_pod(aws, "cart-1", name)
    judge(aws)
    client = aws.client_with(pod, "secretsmanager")
    client.meta.events.register(
        "before-sign",
        lambda request, **_: request.headers.__setitem__("User-Agent", name),
    )
    with refused("AccessDeniedException", name):
        client.get_secret_value(SecretId=name)
    page = visit(aws, "/ui/pods")
    expect(page.locator("tbody th")).to_have_text(name)
    page.locator("tbody th a").click()
    expect(page.locator("h1")).to_have_text(name)
    expect(page.locator(".box.pod")).to_contain_text(name[:20])
    for view in VIEWS:
        page.goto(f"{aws.endpoint_url}{PREFIX}{view}")
        for summary in page.locator("summary").all():
            summary.click()
    page.goto(f"{aws.endpoint_url}{PREFIX}/ui/events?event=GetSecretValue")
    expect(page.locator("tbody").get_by_role("link", name=name)).to_be_visible()
    page.get_by_role("link", name="GetSecretValue").click()
    expect(page.locator(".why .message")).to_contain_text(f"on resource: {name} because")
    record = page.get_by_role("region", name="The record as JSON")
    assert f'"userAgent": {json.dumps(name)}' in record.inner_text()
    assert page.locator("main script, main img").count() == 0
    filtered = requests.Request("GET", "http://x/", params={"pod": name, "error": name}).prepare()
    page.goto(f"{aws.endpoint_url}{PREFIX}/ui/events{filtered.path_url[1:]}")
    expect(page.get_by_label("Pod")).to_have_value(name)


# Live


def test_new_call_appears_after_reload_only(server_aws: Aws, visit: Any) -> None:
    """A call that is made while a page is open appears in it, and a reset empties it."""
    shop = open_shop(server_aws)
    page = visit(server_aws, "/ui/events?service=s3&pod=cart")
    page.evaluate("window.sameDocument = true")
    expect(page.locator(ROWS)).to_have_count(2)
    expect(page.locator("#live")).to_be_visible()
    shop.read()
    expect(page.locator(ROWS)).to_have_count(3)
    expect(page.locator("#total")).to_have_text("3")
    expect(page.locator("#announcement")).to_contain_text("1 new event")
    assert page.evaluate("window.sameDocument")
    requests.post(f"{server_aws.endpoint_url}/moto-api/reset", timeout=30)
    expect(page.get_by_text("No event passes the filter.")).to_be_visible()


def test_live_update_loses_focus_or_what_was_unfolded(server_aws: Aws, visit: Any) -> None:
    """An update of a view leaves the focus where it was, and unfolded tags unfolded."""
    open_shop(server_aws)
    page = visit(server_aws, "/ui/sessions")
    row = page.locator("tbody tr", has_text="eks-prod-blue")
    row.locator("summary").click()
    row.get_by_role("link", name=POD).focus()
    href = page.evaluate("document.activeElement.href")
    server_aws.assume(server_aws.token(pod_name="another"))
    expect(page.get_by_text("3 live sessions")).to_be_visible()
    expect(page.locator("tbody details[open]")).to_have_count(1)
    assert page.evaluate("document.activeElement.href") == href


def test_motion_is_not_reduced(server_aws: Aws, visit: Any) -> None:
    """Nothing moves for whoever asked for less motion."""
    shop = open_shop(server_aws)
    page = visit(server_aws, "/ui/events?service=s3", reduced_motion="reduce")
    expect(page.locator("#live")).to_be_visible()
    shop.read()
    arrived = page.locator("tr.arrived")
    expect(arrived).to_have_count(1)
    assert arrived.evaluate("one => getComputedStyle(one).animationName") == "none"
