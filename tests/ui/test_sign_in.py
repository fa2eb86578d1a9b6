"""Signing in by the header of a proxy, in a real browser."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.ui.browsing import MARKS, serving

HOSTILE = '"><img src=x onerror=alert(1)> **ken**'
pytestmark = MARKS


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


@pytest.fixture
def proxied(shop, tmp_path) -> Iterator[tuple[int, HeaderProxy]]:
    team = '[team]\nsign_in = "header"\nannotators = ["mika@example.com"]\n'
    shop.config_path.write_text(shop.config_path.read_text() + team)
    with serving(shop, tmp_path) as server, HeaderProxy(server.port) as proxy:
        serve = threading.Thread(target=proxy.serve_forever, daemon=True)
        serve.start()
        yield server.port, proxy
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
