"""The page in a real browser: every view, with and without scripts, and by keys alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from aws_under_test import CLUSTER, Aws
from conftest import Server
from playwright.sync_api import Page, expect

from moto_eks_podid.remote import PREFIX
from tests.page.shop import POD, SECOND_ROLE, open_shop
from tests.programs.installed_programs import built

ROWS = "tbody tr:not(.spacer)"
#: More than a page of the list has.
READS = 102
VIEWS = ("/", "/ui/clusters", "/ui/sessions", "/ui/pods", "/ui/events")


@pytest.fixture(scope="module")
def axe() -> str:
    folder = built("axe", ["npm", "install", "--no-audit", "--no-fund"])
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def shown(server: Server) -> Iterator[Aws]:
    """What no test of this module changes."""
    requests.post(f"{server.url}/moto-api/reset", timeout=30).raise_for_status()
    aws = Aws(server.url)
    open_shop(aws, READS)
    yield aws
    aws.settings()


def violations(page: Page, axe: str, rules: list[str]) -> list[Any]:
    page.evaluate(axe)
    only = {"runOnly": {"type": "rule", "values": rules}} if rules else {}
    found = page.evaluate("only => axe.run(document, {resultTypes: ['violations'], ...only})", only)
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]]


def pod_page(page: Page) -> Page:
    page.goto(re.sub(r"/ui/.*|$", "/ui/pods", page.url.rstrip("/"), count=1))
    page.get_by_role("link", name=POD).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(POD)
    return page


# Views


def test_overview_counts_wrongly(shown: Aws, visit: Any) -> None:
    """The overview counts what there is, and shows what failed last."""
    page = visit(shown)
    for text in ("1 cluster", "1 association", "1 pod", "2 live sessions", "1 failed"):
        expect(page.locator(".counts li", has_text=text)).to_have_count(1)
    failed = page.get_by_role("region", name="Calls that failed last")
    expect(failed.locator("tbody tr")).to_have_count(1)
    expect(failed).to_contain_text("AccessDenied")


def test_cluster_or_association_is_missing(shown: Aws, visit: Any) -> None:
    """The clusters' view has each cluster with its issuer and its associations."""
    page = visit(shown, "/ui/clusters")
    expect(page.get_by_role("heading", name=CLUSTER)).to_be_visible()
    row = page.get_by_role("region", name=f"Associations of {CLUSTER}").locator("tbody tr")
    expect(row).to_contain_text("shop / cart")
    expect(row).to_contain_text("cart-reader")
    row.locator("summary").click()
    expect(row).to_contain_text("team")
    row.get_by_role("link", name="2").click()
    expect(page.get_by_text("2 live sessions")).to_be_visible()


def test_session_lacks_tags_expiry_or_chain(shown: Aws, visit: Any) -> None:
    """The sessions' view shows tags, what is left of the time, and the sessions that led to it."""
    page = visit(shown, "/ui/sessions?role=" + SECOND_ROLE)
    row = page.locator("tbody tr")
    expect(row).to_have_count(1)
    expect(row.locator(".chain")).to_have_text(re.compile(r"cart-reader ….{4}\s*ledger-writer"))
    expect(row).to_contain_text(re.compile(r"in \d+ min|in 1 h"))
    row.get_by_text("6 tags, all transitive").click()
    expect(row.locator(".tags")).to_contain_text(POD)


def test_click_does_not_lead_from_event_to_pod_and_its_calls(shown: Aws, visit: Any) -> None:
    """One click leads from an event to its pod, and one from there to each kind of its calls."""
    page = visit(shown, "/ui/events?event=CreateQueue")
    page.locator("tbody").get_by_role("link", name=POD).click()
    graph = page.get_by_role("group", name=f"What {POD} did")
    expect(graph.locator(".box.pod")).to_have_count(1)
    expect(graph.locator(".box.session")).to_have_count(2)
    expect(graph.locator(".box.failed")).to_contain_text("sqs:ListQueues")
    page.get_by_text("The same as a table").click()
    table = page.get_by_role("region", name="Calls")
    expect(table.locator("tr", has_text="GetObject").locator(".number").first).to_have_text(
        str(READS)
    )
    expect(table).to_contain_text("CreateQueue")
    graph.get_by_role("link", name=f"s3:GetObject × {READS}").click()
    expect(page.locator("#total")).to_have_text(str(READS))


def test_refusal_is_not_explained(shown: Aws, visit: Any) -> None:
    """The page of a refused call tells which statements there were, and shows its record."""
    page = visit(shown, "/ui/events?outcome=failed")
    page.get_by_role("link", name="ListQueues").click()
    why = page.locator(".why")
    expect(why).to_contain_text("is not authorized to perform: sqs:listqueues")
    expect(why).to_contain_text("implicitly denied")
    expect(why.locator("tbody tr")).to_have_count(2)
    record = page.get_by_role("region", name="The record as JSON")
    expect(record).to_contain_text('"eventName": "ListQueues"')
    page.get_by_role("link", name="AssumeRole").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("AssumeRole")
    page.get_by_role("link", name="AssumeRoleForPodIdentity").click()
    expect(page.locator("h1")).to_contain_text("eks-auth")


def test_filter_in_the_form_does_nothing(shown: Aws, visit: Any) -> None:
    """Filters that are filled in narrow the list, and stay in the form."""
    page = visit(shown, "/ui/events")
    page.get_by_label("Pod").fill(f"{CLUSTER}/shop/cart")
    page.get_by_label("Service").fill("s3")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("#total")).to_have_text(str(READS))
    expect(page.get_by_label("Service")).to_have_value("s3")
    page.get_by_label("Service").fill("")
    page.get_by_label("Error contains").fill("not authorized")
    page.get_by_label("Error contains").press("Enter")
    expect(page.locator(ROWS)).to_have_count(1)
    page.get_by_role("link", name="Clear").click()
    expect(page.get_by_label("Pod")).to_have_value("")


# By keys, by ear, without scripts


def test_keys_do_not_lead_to_an_event_and_its_pod(shown: Aws, visit: Any) -> None:
    """With keys alone one passes the menu, moves in the list, and opens an event and a pod."""
    page = visit(shown, "/ui/events?pod=cart")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("/")
    expect(page.get_by_label("Pod")).to_be_focused()
    grid = page.get_by_role("grid", name="Events")
    for _ in range(12):
        if grid.evaluate("one => one === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(grid).to_be_focused()
    expect(page.locator("tr.active")).to_have_attribute("aria-rowindex", "2")
    page.keyboard.press("End")
    expect(page.locator("tr.active")).to_contain_text("AssumeRole")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    active = page.locator("tr.active")
    expect(active).to_have_attribute("aria-selected", "true")
    assert grid.get_attribute("aria-activedescendant") == active.get_attribute("id")
    expect(active).to_contain_text("ListQueues")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("ListQueues")
    page.go_back()
    grid.focus()
    page.keyboard.press("p")
    expect(page.locator("h1")).to_have_text(POD)


@pytest.mark.parametrize(
    ("scheme", "views", "rules"), [("light", VIEWS, []), ("dark", (), ["color-contrast"])]
)
def test_page_is_not_accessible(
    shown: Aws, visit: Any, axe: str, scheme: str, views: tuple[str, ...], rules: list[str]
) -> None:
    """No view breaks a rule of axe; colours, which are shared, have contrast in both schemes."""
    page = visit(shown, color_scheme=scheme)
    ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", ground))) < 3 * 128) == (scheme == "dark")
    found = {}
    for view in views:
        page.goto(f"{shown.endpoint_url}{PREFIX}{view}")
        for summary in page.locator("summary").all()[:2]:
            summary.click()
        found[view] = violations(page, axe, rules)
    found["pod"] = violations(pod_page(page), axe, rules)
    page.goto(f"{shown.endpoint_url}{PREFIX}/ui/events?outcome=failed")
    page.get_by_role("grid", name="Events").focus()
    page.keyboard.press("ArrowDown")
    found["row"] = violations(page, axe, rules)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("ListQueues")
    found["event"] = violations(page, axe, rules)
    assert {place: one for place, one in found.items() if one} == {}


def test_page_needs_scripts(shown: Aws, visit: Any) -> None:
    """Without scripts every view is there: filters, pages of the list, the record."""
    page = visit(shown, "/ui/events", java_script_enabled=False)
    page.get_by_label("Service").fill("s3")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("tbody tr")).to_have_count(100)
    page.get_by_role("link", name="Older").click()
    expect(page.locator("tbody tr")).to_have_count(4)
    expect(page.get_by_text(re.compile("101.104 of 104"))).to_be_visible()
    page.get_by_role("link", name="Newest").click()
    expect(page.get_by_text(re.compile("^1.100 of 104"))).to_be_visible()
    page.get_by_role("link", name="GetObject").first.click()
    expect(page.get_by_role("region", name="The record as JSON")).to_contain_text("GetObject")
    page.get_by_role("link", name=POD).click()
    expect(page.get_by_role("group", name=f"What {POD} did")).to_be_visible()


def test_narrow_window_scrolls_sideways(shown: Aws, visit: Any) -> None:
    """On a telephone only tables scroll sideways, never the page."""
    page = visit(shown, viewport={"width": 390, "height": 780})
    for view in VIEWS:
        page.goto(f"{shown.endpoint_url}{PREFIX}{view}")
        wider = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not page.evaluate(wider), view


def test_file_of_the_page_is_missing_in_the_package() -> None:
    """Templates, styles and scripts are declared as data of the package."""
    import configparser

    root = Path(__file__).parents[2]
    setup = configparser.ConfigParser()
    setup.read(root / "setup.cfg")
    patterns = setup["options.package_data"]["moto_eks_podid"].split()
    packaged = {path for one in patterns for path in (root / "moto_eks_podid").glob(one)}
    assert {
        path
        for folder in ("static", "templates")
        for path in (root / "moto_eks_podid" / "page" / folder).iterdir()
    } <= packaged
