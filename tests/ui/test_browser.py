"""The pages in a real browser: what fits, and hostile text."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui.browsing import (
    CHROMIUM,
    FLAGS,
    MARKS,
    Server,
    open_review,
    serving,
    wait_for_question,
)
from workbench.workspace import Workspace

pytestmark = MARKS


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser) -> Iterator:
    opened = browser.new_page(viewport={"width": 1440, "height": 900})
    opened.set_default_timeout(30_000)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def shared(shop_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for tests that leave no decision behind."""
    home = tmp_path_factory.mktemp("shared")
    shutil.copytree(shop_template, home / "shop")
    with serving(Workspace(home / "shop"), home) as server:
        yield server


def test_the_question_and_its_buttons_need_no_scrolling(page, shared):
    open_review(page, shared)
    for name in ("Present", "Absent", "Unsure", "undo"):
        box = page.get_by_role("button", name=name, exact=True).bounding_box()
        assert box["y"] + box["height"] < 900
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440


def test_hostile_text_shows_literally_and_fetches_nothing(page, shared):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: asked.append(f"dialog {dialog.message}"))
    open_review(page, shared)
    page.get_by_label("Text", exact=True).fill("onerror")
    page.get_by_label("Text", exact=True).press("Enter")
    wait_for_question(page, "**bold** <img src=x>")
    text = page.locator(".wb-text").inner_text()
    page.get_by_label("Label", exact=True).click()
    page.get_by_role("option", name="Brand: **bold** <img src=x>").click()
    wait_for_question(page, "**bold** <img src=x>")
    page.goto(shared.url)
    page.locator("canvas, svg.marks").first.wait_for()
    assert text.startswith("<img src=x onerror=alert(1)> ![](http://evil.test/a.png) **bold**")
    strange = [u for u in asked if not u.startswith((shared.url, "data:", "blob:"))]
    assert strange == []
    assert not any(url.endswith("/x") for url in asked)


@pytest.mark.parametrize("width", [1440, 400])
def test_the_sources_are_drawn_and_need_no_scrolling_sideways(page, shared, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{shared.url}/sources")
    page.locator(".wb-source b", has_text="clicks").wait_for()
    page.locator("canvas, svg.marks").nth(2).wait_for()
    assert page.locator(".wb-source").count() == 1 + 3
    assert page.evaluate("document.documentElement.scrollWidth") <= width
