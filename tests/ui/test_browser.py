"""The pages in a real browser: what fits, and hostile text."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.ui.browsing import (
    COLD_MS,
    MARKS,
    Server,
    open_review,
    serving,
    wait_for_question,
    wait_until_drawn,
    wait_until_saved,
)
from workbench.workspace import Workspace

pytestmark = MARKS
HOSTILE = "<img src=x onerror=alert(1)> ![](http://evil.test/a.png) **bold**"
PAGES = ["", "sources", "labels", "patterns", "team", "audit", "compare", "export"]


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
    wait_until_drawn(page)
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


def address(page) -> str:
    return page.url.partition("127.0.0.1:")[2].partition("/")[2]


def test_each_page_has_an_address_of_its_own_and_back_returns_to_the_place(page, shared):
    open_review(page, shared, query="&queue=missing&text=blue")
    review = address(page)
    page.get_by_test_id("stTopNavLink").filter(has_text="Labels").click()
    page.get_by_label("Search").fill("adidas")
    page.wait_for_url("**/labels?search=adidas")
    wait_until_drawn(page)
    page.get_by_role("link", name="Review 1 likely wrong pairs of Brand: adidas").click()
    page.wait_for_url("**/review?queue=wrong&label=Brand*")
    wait_for_question(page, "adidas")
    wait_until_drawn(page)
    page.go_back()
    page.locator(".wb-soft", has_text="1 to 1 of 1 label").wait_for()
    wait_until_drawn(page)
    assert address(page) == "labels?search=adidas"
    page.go_back()
    wait_for_question(page, "Blue")
    assert address(page) == review


def test_the_first_page_is_found_by_its_name_too(page, shared):
    page.goto(f"{shared.url}/overview")
    page.locator("h1", has_text="tiny-shop").wait_for()
    assert page.get_by_text("Page not found").count() == 0


def test_another_tab_knows_the_name_that_was_typed_until_it_is_forgotten(page, shared):
    page.goto(f"{shared.url}/review")
    page.get_by_label("Your name").fill("Mika Ito ; 三")
    page.get_by_role("button", name="Start").click()
    page.locator(".wb-question").wait_for(timeout=COLD_MS)
    page.wait_for_function("document.cookie.includes('workbench_reviewer=Mika')")
    other = page.context.new_page()
    other.goto(f"{shared.url}/team")
    other.locator(".wb-where", has_text="Mika Ito ; 三").wait_for()
    other.get_by_role("button", name="Another name").click()
    other.get_by_label("Your name").wait_for()
    other.wait_for_function("!document.cookie.includes('workbench_reviewer')")


def test_the_counts_of_the_queues_follow_while_the_card_stays(page, shop, tmp_path):
    with serving(shop, tmp_path) as server:
        open_review(page, server)
        count = page.get_by_test_id("stRadioCaption").first
        assert count.inner_text() == "4"
        page.keyboard.press("a")
        wait_until_saved(page)
        page.keyboard.press("c")
        page.keyboard.type("a remark")
        page.get_by_test_id("stRadioCaption").first.filter(has_text="3").wait_for()
        assert page.locator(".wb-ask .wb-note").input_value() == "a remark"
        page.locator(".stRadio label", has_text="Likely missing").click()
        page.wait_for_url("**queue=missing")


def test_on_a_phone_the_menu_does_not_lie_over_the_page_that_was_chosen(page, shared):
    page.set_viewport_size({"width": 390, "height": 844})
    open_review(page, shared)
    menu = page.get_by_test_id("stExpandSidebarButton")
    menu.click()
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Labels").click()
    page.wait_for_url("**/labels*")
    menu.wait_for()
    menu.click()
    page.get_by_label("Collapse sidebar").wait_for()
    page.reload()
    menu.wait_for()


def test_the_guideline_is_folded_on_the_next_card_too(page, shop, tmp_path):
    (shop.root / "guidelines").mkdir()
    (shop.root / "guidelines" / "index.md").write_text("Ask *twice*.")
    with serving(shop, tmp_path) as server:
        open_review(page, server)
        page.locator(".wb-agreed em", has_text="twice").wait_for()
        page.keyboard.press("g")
        page.locator(".wb-agreed em").wait_for(state="hidden")
        page.keyboard.press("ArrowDown")
        page.wait_for_timeout(200)
        assert not page.locator(".wb-agreed em").is_visible()
