"""Signing in with a provider of identities, in a real browser; the provider is a small one."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.ui.browsing import MARKS, free_port, serving

pytestmark = MARKS
for needed in ("authlib", "httpx"):
    pytest.importorskip(needed, reason="needs the extra 'oidc'")


class Provider(ThreadingHTTPServer):
    """Signs everybody in, with the claims that a test has set."""

    daemon_threads = True

    def __init__(self) -> None:
        from joserfc.jwk import RSAKey

        super().__init__(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.key = RSAKey.generate_key(2048, {"kid": "k1"})
        self.claims: dict[str, object] = {}
        self.nonce = ""

    def id_token(self) -> str:
        from joserfc import jwt

        now = int(time.time())
        about = {"iss": self.url, "aud": "workbench", "sub": "1", "iat": now, "exp": now + 600}
        header = {"alg": "RS256", "kid": "k1"}
        return jwt.encode(header, about | {"nonce": self.nonce} | self.claims, self.key)


class Answer(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        place, url = urlsplit(self.path), self.server.url
        if place.path == "/authorize":
            asked = {name: values[0] for name, values in parse_qs(place.query).items()}
            self.server.nonce = asked.get("nonce", "")
            self.send_response(302)
            self.send_header("Location", f"{asked['redirect_uri']}?code=c&state={asked['state']}")
            self.end_headers()
        elif place.path == "/keys":
            self._json({"keys": [self.server.key.as_dict(private=False)]})
        else:
            ends = {"authorization": "authorize", "token": "token"}
            about = {f"{name}_endpoint": f"{url}/{end}" for name, end in ends.items()}
            self._json(about | {"issuer": url, "jwks_uri": f"{url}/keys"})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        token = {"access_token": "a", "token_type": "Bearer", "expires_in": 600}
        self._json(token | {"id_token": self.server.id_token()})

    def _json(self, content: dict[str, object]) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with Provider() as started:
        threading.Thread(target=started.serve_forever, daemon=True).start()
        yield started
        started.shutdown()


@pytest.fixture
def address(shop, tmp_path, provider) -> Iterator[str]:
    """The app, which knows the provider by its secrets alone."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    secrets = {
        "redirect_uri": f"{url}/oauth2callback",
        "cookie_secret": "c" * 64,
        "client_id": "workbench",
        "client_secret": "s" * 32,
        "server_metadata_url": f"{provider.url}/.well-known/openid-configuration",
    }
    (tmp_path / ".streamlit").mkdir()
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in secrets.items())
    (tmp_path / ".streamlit" / "secrets.toml").write_text(f"[auth]\n{lines}")
    with shop.config_path.open("a") as file:
        file.write('[team]\nannotators = ["mika@example.com"]\n')
    with serving(shop, tmp_path, port) as server:
        yield server.url


def test_who_signs_in_is_known_by_their_address_until_they_sign_out(page, address, provider):
    provider.claims = {"email": "mika@example.com", "email_verified": True}
    page.goto(f"{address}/team?reviewer=boss")
    page.get_by_role("button", name="Sign in").click()
    page.locator(".wb-where", has_text="mika@example.com").wait_for()
    page.goto(f"{address}/team?reviewer=boss")
    page.locator(".wb-lead", has_text="You are mika@example.com").wait_for()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in").wait_for()
    assert page.locator(".wb-where").count() == 0


def test_an_address_that_the_provider_has_not_checked_is_nobodys(page, address, provider):
    provider.claims = {"email": "mika@example.com", "email_verified": False}
    page.goto(f"{address}/sources")
    page.get_by_role("button", name="Sign in").click()
    page.locator(".wb-notice", has_text="has not checked this e-mail address").wait_for()
    assert page.locator(".wb-where").count() == 0
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in").wait_for()
