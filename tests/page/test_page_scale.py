"""The page of a server whose history is full: 100,000 events."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_under_test import Aws
from playwright.sync_api import Page, expect

from tests.page.full_server import EVENTS

ROOT = Path(__file__).parents[2]
ACTIVE = "tr.active"
#: A window shows about twenty, and a few more are kept on both sides.
FEW = 80


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    log = tmp_path_factory.mktemp("full") / "server.log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.page.full_server"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert process.stdin
    assert process.stdout
    url = process.stdout.readline().strip()
    if not url:
        pytest.fail(log.read_text())
    yield Aws(url)
    process.stdin.close()
    process.wait(timeout=20)


def rows(page: Page) -> int:
    count: int = page.locator("#timeline tbody tr").count()
    return count


def test_list_of_100000_is_in_the_document(full: Aws, visit: Any) -> None:
    """Only rows near the visible ones are in the document; keys lead through all of the list."""
    page = visit(full, "/ui/events")
    grid = page.get_by_role("grid", name="Events")
    expect(grid).to_have_attribute("aria-rowcount", str(EVENTS + 1))
    grid.focus()
    for key, index in (
        ("End", EVENTS),
        ("ArrowUp", EVENTS - 1),
        ("Home", 1),
        ("ArrowDown", 2),
    ):
        page.keyboard.press(key)
        expect(page.locator(ACTIVE)).to_have_attribute("aria-rowindex", str(index + 1))
        expect(page.locator(f"{ACTIVE} .opens")).to_be_visible()
        expect(page.locator(ACTIVE)).to_be_in_viewport()
        assert rows(page) < FEW
    page.keyboard.press("PageDown")
    page.keyboard.press("PageDown")
    down = int(page.locator(ACTIVE).get_attribute("aria-rowindex"))
    page.keyboard.press("PageUp")
    up = int(page.locator(ACTIVE).get_attribute("aria-rowindex"))
    assert 3 < up < down
    page.locator("#timeline").evaluate("one => { one.scrollTop = one.scrollHeight / 2; }")
    half = page.locator(f"#timeline tbody tr[aria-rowindex='{EVENTS // 2 + 10}']")
    expect(half).to_contain_text("GetCallerIdentity")
    expect(half).to_be_in_viewport()
    assert rows(page) < FEW


def test_call_does_not_appear_in_a_full_list(full: Aws, visit: Any) -> None:
    """A new call appears at the top, though the list is no longer than before."""
    page = visit(full, "/ui/events")
    expect(page.locator("#live")).to_be_visible()
    full.client("iam").list_users()
    first = page.locator("#timeline tbody tr[aria-rowindex='2']")
    expect(first).to_contain_text("ListUsers")
    expect(page.locator("#announcement")).to_have_text("1 new event")
    expect(page.locator("#total")).to_have_text(f"{EVENTS:,}")


def test_filter_of_100000_is_wrong(full: Aws, visit: Any) -> None:
    """Filters count what passes in all of the history, and lead to a pod of that many calls."""
    page = visit(full, "/ui/events?outcome=failed")
    expect(page.locator("#total")).to_have_text(
        re.compile(f"{EVENTS // 1000}|{EVENTS // 1000 - 1}")
    )
    page.get_by_label("Outcome").select_option("")
    page.get_by_label("Pod").fill("shop/cart/cart-7")
    page.get_by_role("button", name="Filter").click()
    # One or two had to make room for the calls of other tests.
    expect(page.locator("#total")).to_have_text(re.compile(r"10,000|9,99\d"))
    page.locator("a.pod").first.click()
    expect(page.locator("h1")).to_have_text("cart-7")
    expect(page.locator(".box.call")).to_contain_text(re.compile(r"× (10000|999\d)"))


def test_live_call_moves_whoever_reads_further_down(full: Aws, visit: Any) -> None:
    """New calls move nobody who has scrolled; a button says how many there are, and leads there."""
    page = visit(full, "/ui/events?event=ListClusters&outcome=succeeded")
    expect(page.get_by_text("No event passes the filter.")).to_be_visible()
    clusters = full.client("eks")
    for _ in range(60):
        clusters.list_clusters()
    expect(page.locator("#total")).to_have_text("60")
    expect(page.locator("#nothing")).to_be_hidden()
    grid = page.get_by_role("grid", name="Events")
    grid.focus()
    page.keyboard.press("End")
    expect(page.locator(ACTIVE)).to_contain_text("ListClusters")
    last = page.locator(ACTIVE).inner_text()
    clusters.list_clusters()
    button = page.get_by_role("button", name="1 new ↑")
    expect(button).to_be_visible()
    expect(page.locator(ACTIVE)).to_have_text(last, use_inner_text=True)
    button.click()
    expect(page.locator("#total")).to_have_text("61")
    expect(button).to_be_hidden()
    expect(page.locator("#timeline tbody tr[aria-rowindex='2']")).to_be_in_viewport()
