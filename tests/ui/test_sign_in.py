"""Signing in by the header of a proxy, in a real browser."""

from __future__ import annotations

import os
import shutil
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

CHROMIUM = shutil.which("chromium")
PROJECT = Path(__file__).parents[2]
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
HOSTILE = '"><img src=x onerror=alert(1)> **ken**'
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium"),
]


class HeaderProxy(socketserver.ThreadingTCPServer):
    """Hands connections on to a port, with header lines put into each request, upgrades too."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        self.to, self.lines = ("127.0.0.1", port), b""
        super().__init__(("127.0.0.1", 0), HandOn)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class HandOn(socketserver.StreamRequestHandler):
    """Hands on one request and what comes after it; a connection carries no second one."""

    def handle(self) -> None:
        first, head = self.rfile.readline(), b""
        while (line := self.rfile.readline()) not in (b"\r\n", b""):
            head += line
        if b"upgrade: websocket" not in head.lower():
            head = head.replace(b"keep-alive", b"close")
        with socket.create_connection(self.server.to) as app:
            app.sendall(first + self.server.lines + head + b"\r\n")
            pouring = threading.Thread(target=_pour, args=(self.rfile.read1, app), daemon=True)
            pouring.start()
            _pour(app.recv, self.request)
            pouring.join()


def _pour(read, sink: socket.socket) -> None:
    with suppress(OSError):
        while block := read(65536):
            sink.sendall(block)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)


@contextmanager
def serving(workspace, home: Path) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        *(sys.executable, "-m", "streamlit", "run", str(PROJECT / "app.py")),
        *("--server.port", str(port), "--server.address", "127.0.0.1"),
        *("--server.headless", "true", "--server.fileWatcherType", "none"),
        *("--browser.gatherUsageStats", "false"),
    ]
    environment = os.environ | {"WORKBENCH_WORKSPACE": str(workspace.root), "HOME": str(home)}
    process = subprocess.Popen(  # noqa: S603
        command,
        env=environment,
        cwd=home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/_stcore/health", process)
        yield port
    finally:
        process.kill()
        process.wait(timeout=20)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            with urlopen(url, timeout=1):  # noqa: S310
                return
        except (URLError, OSError):
            assert process.poll() is None, "the server has stopped"
            threading.Event().wait(0.1)
    raise AssertionError("the server does not answer")


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser):
    opened = browser.new_page(viewport={"width": 1440, "height": 900})
    opened.set_default_timeout(30_000)
    yield opened
    opened.close()


@pytest.fixture
def proxied(shop, tmp_path) -> Iterator[tuple[int, HeaderProxy]]:
    team = '[team]\nsign_in = "header"\nannotators = ["mika@example.com"]\n'
    shop.config_path.write_text(shop.config_path.read_text() + team)
    with serving(shop, tmp_path) as port, HeaderProxy(port) as proxy:
        serve = threading.Thread(target=proxy.serve_forever, daemon=True)
        serve.start()
        yield port, proxy
        proxy.shutdown()
        serve.join()


def test_the_name_is_that_of_the_proxys_header_whatever_the_address_says(page, proxied):
    _, proxy = proxied
    proxy.lines = b"X-Forwarded-Email: mika@example.com\r\n"
    page.goto(f"{proxy.url}/?reviewer=boss")
    page.locator(".wb-where", has_text="mika@example.com").wait_for()
    page.locator(".wb-title", has_text="tiny-shop").wait_for()


def test_nobody_enters_beside_the_proxy(page, proxied):
    port, _ = proxied
    page.goto(f"http://127.0.0.1:{port}/?reviewer=mika@example.com")
    page.locator(".wb-notice", has_text="in the header X-Forwarded-Email").wait_for()
    assert page.locator(".wb-title").count() == 0
    assert page.get_by_label("Your name").count() == 0


def test_a_header_that_came_twice_is_nobodys(page, proxied):
    _, proxy = proxied
    proxy.lines = b"X-Forwarded-Email: mika@example.com\r\n" * 2
    page.goto(f"{proxy.url}/")
    page.locator(".wb-notice", has_text="has come 2 times").wait_for()


def test_a_stranger_is_asked_to_find_an_admin_and_a_hostile_name_is_text(page, proxied):
    _, proxy = proxied
    proxy.lines = f"X-Forwarded-Email: {HOSTILE}\r\n".encode()
    asked: list[str] = []
    page.on("dialog", lambda dialog: asked.append(dialog.message))
    page.goto(f"{proxy.url}/")
    notice = page.locator(".wb-notice", has_text="You are not in this team yet")
    notice.wait_for()
    assert HOSTILE in notice.inner_text()
    assert (notice.locator("img").count(), asked) == (0, [])
