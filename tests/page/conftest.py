"""A real browser, which notes what goes wrong in it, and what pages are about."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from aws_under_test import Aws
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from moto_eks_podid.remote import PREFIX

CHROMIUM = next(
    (
        found
        for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
        if (found := shutil.which(name))
    ),
    None,
)

#: Milliseconds that a busy machine may take for what a page does at once.
PATIENCE = 15_000
expect.set_options(timeout=PATIENCE)

#: Makes a page at a path below the prefix; its arguments are those of a browser's context.
Open = Callable[..., Page]


# Per module: while a browser runs, no other test of the process can have an event loop.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (Debian and Ubuntu: apt-get install chromium)")
    with sync_playwright() as playwright:
        # Chromium has no sandbox for root.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield running
        running.close()


class Watched:
    """What a browser complained about, and where it went."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.complaints: list[str] = []
        self.elsewhere: list[str] = []

    def watch(self, context: BrowserContext) -> None:
        context.on("page", self._watch_page)
        context.on("request", lambda request: self._note(request.url))

    def _watch_page(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self._dialog(dialog))
        page.on("console", lambda message: self._console(message))

    def _dialog(self, dialog: Any) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _note(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "data" and f"{parts.scheme}://{parts.netloc}" != self.base:
            self.elsewhere.append(url)


@pytest.fixture
def visit(browser: Browser) -> Iterator[Open]:
    """Open pages of a server; afterwards, nothing went wrong in any, and nobody else was asked."""
    contexts: list[BrowserContext] = []
    watched: list[Watched] = []

    def open_page(aws: Aws, path: str = "/", **context: Any) -> Page:
        assert aws.endpoint_url
        contexts.append(browser.new_context(**context))
        contexts[-1].set_default_timeout(PATIENCE)
        watched.append(Watched(aws.endpoint_url))
        watched[-1].watch(contexts[-1])
        page = contexts[-1].new_page()
        page.goto(f"{aws.endpoint_url}{PREFIX}{path}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [one.complaints for one in watched] == [[]] * len(watched)
    assert [one.elsewhere for one in watched] == [[]] * len(watched)
