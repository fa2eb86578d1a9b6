"""The review page in a real browser: keys, a killed server, hostile text."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from workbench.review.store import DecisionStore
from workbench.workspace import Workspace

CHROMIUM = shutil.which("chromium")
PROJECT = Path(__file__).parents[2]
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium"),
]


class Server:
    """The app on a free port of this machine."""

    def __init__(self, workspace: Workspace, home: Path) -> None:
        self.workspace = workspace
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        command = [
            *(sys.executable, "-m", "streamlit", "run", str(PROJECT / "app.py")),
            *("--server.port", str(self.port), "--server.address", "127.0.0.1"),
            *("--server.headless", "true", "--server.fileWatcherType", "none"),
            *("--browser.gatherUsageStats", "false"),
        ]
        environment = os.environ | {"WORKBENCH_WORKSPACE": str(workspace.root), "HOME": str(home)}
        self.process = subprocess.Popen(  # noqa: S603
            command,
            env=environment,
            cwd=PROJECT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def wait_until_it_answers(self) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                with urlopen(f"{self.url}/_stcore/health", timeout=1):  # noqa: S310
                    return
            except (URLError, OSError):
                assert self.process.poll() is None, "the server has stopped"
                threading.Event().wait(0.1)
        raise AssertionError("the server does not answer")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=20)


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


@contextmanager
def serving(workspace: Workspace, home: Path) -> Iterator[Server]:
    server = Server(workspace, home)
    try:
        server.wait_until_it_answers()
        yield server
    finally:
        server.kill()


@pytest.fixture(scope="module")
def shared(shop_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for tests that leave no decision behind."""
    home = tmp_path_factory.mktemp("shared")
    shutil.copytree(shop_template, home / "shop")
    with serving(Workspace(home / "shop"), home) as server:
        yield server


def open_review(page, server: Server) -> None:
    page.goto(f"{server.url}/review?reviewer=mika")
    wait_for_question(page, "mean Brand: adidas?")


def wait_for_question(page, text: str) -> None:
    page.locator(".wb-question", has_text=text).wait_for()
    page.get_by_role("button", name="Undo").wait_for()
    page.locator('.stApp[data-test-script-state="notRunning"]').wait_for()


def press(page, key: str, question_after: str) -> None:
    page.keyboard.press(key)
    wait_for_question(page, question_after)


def log(workspace: Workspace):
    with DecisionStore(workspace.decisions_path) as store:
        return store.log()


def test_a_verdict_by_key_survives_a_killed_server(page, shop, tmp_path):
    with serving(shop, tmp_path) as server:
        open_review(page, server)
        press(page, "a", "mean Brand: Nike?")
        server.kill()
    (row,) = log(shop).to_dict("records")
    assert (row["label_id"], row["verdict"], row["reviewer"]) == ("Brand: adidas", "absent", "mika")


def test_undo_by_key_brings_the_question_back(page, shared):
    open_review(page, shared)
    press(page, "a", "mean Brand: Nike?")
    press(page, "u", "mean Brand: adidas?")
    first, second = log(shared.workspace).to_dict("records")
    assert second["undoes"] == first["event_uid"]


def test_hasty_keys_never_decide_a_question_that_was_not_seen(page, shop, tmp_path):
    with serving(shop, tmp_path) as server:
        open_review(page, server)
        for _ in range(3):
            page.keyboard.press("a")
        wait_for_question(page, "mean")
        page.wait_for_timeout(1500)
        shown = page.locator(".wb-question").inner_text()
    decided = log(shop)["label_id"].tolist()
    assert decided[0] == "Brand: adidas"
    assert len(decided) == len(set(decided))
    assert not any(f"mean {label}?" in shown for label in decided)


def test_keys_typed_into_the_note_decide_nothing(page, shop, tmp_path):
    with serving(shop, tmp_path) as server:
        open_review(page, server)
        page.get_by_placeholder("Note, kept").fill("")
        page.get_by_placeholder("Note, kept").press_sequentially("papas")
        page.get_by_role("button", name="Absent").click()
        wait_for_question(page, "mean Brand: Nike?")
    assert log(shop)["note"].tolist() == ["papas"]


def test_the_question_and_its_buttons_need_no_scrolling(page, shared):
    open_review(page, shared)
    for name in ("Present", "Absent", "Unsure", "Undo"):
        box = page.get_by_role("button", name=name).bounding_box()
        assert box["y"] + box["height"] < 900
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440


def test_hostile_text_shows_literally_and_fetches_nothing(page, shared):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: asked.append(f"dialog {dialog.message}"))
    open_review(page, shared)
    page.get_by_label("Text contains").fill("onerror")
    page.get_by_label("Text contains").press("Enter")
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
