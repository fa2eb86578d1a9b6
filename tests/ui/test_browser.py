"""The pages in a real browser: what fits, and hostile text."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.ui.browsing import (
    MARKS,
    Server,
    open_review,
    serving,
    wait_for_question,
    wait_until_saved,
)
from workbench.workspace import Workspace

pytestmark = MARKS
HOSTILE = "<img src=x onerror=alert(1)> ![](http://evil.test/a.png) **bold**"
PAGES = ["", "sources", "labels", "patterns", "team", "compare", "export"]


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


@pytest.fixture
def watched(page) -> list[str]:
    """What the page asks the network for, and the dialogs that open."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: asked.append(f"dialog {dialog.message}"))
    return asked


def strange(watched: list[str], server: Server) -> list[str]:
    """Return what nothing but markup in the data can have asked for."""
    own = (server.url, server.url.replace("http", "ws"), "data:", "blob:")
    return [url for url in watched if not url.startswith(own) or url.endswith("/x")]


def test_hostile_queries_labels_and_titles_show_literally_and_fetch_nothing(page, shared, watched):
    open_review(page, shared, query="&text=onerror")
    wait_for_question(page, "**bold** <img src=x>")
    text = page.locator(".wb-text").inner_text()
    assert text.startswith("<img src=x onerror=alert(1)> ![](http://evil.test/a.png) **bold**")
    page.get_by_label("Label", exact=True).click()
    page.get_by_role("option", name="Brand: **bold** <img src=x>").click()
    page.wait_for_url("**label=Brand*")
    page.locator('.stApp[data-test-script-state="notRunning"]').wait_for()
    wait_for_question(page, "**bold** <img src=x>")
    page.keyboard.press("v")
    page.keyboard.type("img")
    page.locator("#wb-found li", has_text="**bold** <img src=x>").wait_for()
    open_review(page, shared)
    page.locator(".wb-item", has_text="<img src=x> Air Force 1 Low").wait_for()
    assert strange(watched, shared) == []


def test_hostile_names_comments_and_guidelines_fetch_nothing(page, shop, tmp_path, watched):
    guidelines = shop.root / "guidelines"
    guidelines.mkdir()
    (guidelines / "Brand.md").write_text(f"{HOSTILE}\n\n<script>alert(1)</script>\n\nSee *this*.")
    with serving(shop, tmp_path) as server:
        open_review(page, server, reviewer=quote(HOSTILE))
        page.locator(".wb-guideline em", has_text="this").wait_for()
        page.keyboard.press("c")
        page.keyboard.type(HOSTILE)
        page.get_by_role("button", name="Absent", exact=True).click()
        wait_until_saved(page)
        open_review(page, server, reviewer="ken", query="&decided=yes")
        page.locator(".wb-evidence", has_text="![](http://evil.test/a.png)").wait_for()
        assert page.locator(".wb-desk :is(img, script, iframe)").count() == 0
        for name in PAGES:
            page.goto(f"{server.url}/{name}?reviewer=ken")
            page.locator("h1").first.wait_for()
            page.wait_for_timeout(700)
        assert strange(watched, server) == []


@pytest.mark.parametrize("width", [1440, 400])
def test_the_sources_are_drawn_and_need_no_scrolling_sideways(page, shared, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{shared.url}/sources")
    page.locator(".wb-source b", has_text="clicks").wait_for()
    page.locator("canvas, svg.marks").nth(2).wait_for()
    assert page.locator(".wb-source").count() == 1 + 3
    assert page.evaluate("document.documentElement.scrollWidth") <= width
