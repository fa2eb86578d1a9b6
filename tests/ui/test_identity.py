from __future__ import annotations

from types import SimpleNamespace

import pytest
import streamlit as st

from workbench.errors import ConfigError
from workbench.review.team import TeamSettings
from workbench.ui import sign_in
from workbench.ui.sign_in import Visitor, visitor_by_header, visitor_by_provider, way_in

HEADER = TeamSettings(sign_in="header")
OIDC = TeamSettings(sign_in="oidc")


@pytest.fixture
def secrets(monkeypatch):
    found: dict[str, object] = {}
    monkeypatch.setattr(st, "secrets", found)
    return found


@pytest.fixture
def user(monkeypatch, secrets):
    secrets["auth"] = {"client_id": "workbench"}
    monkeypatch.setattr(sign_in, "find_spec", lambda name: name)
    claims: dict[str, object] = {"is_logged_in": True}
    monkeypatch.setattr(st, "user", claims)
    return claims


def sent(monkeypatch, *values):
    headers = SimpleNamespace(get_all=lambda name: list(values))
    monkeypatch.setattr(st, "context", SimpleNamespace(headers=headers))


def test_the_name_of_the_header_has_no_space_around_it(monkeypatch):
    sent(monkeypatch, " mika@example.com ")
    assert visitor_by_header(HEADER) == Visitor("mika@example.com")


@pytest.mark.parametrize("values", [(), ("",), ("  ",), ("a", "b"), ("x" * 321,), ("mi\u202eka",)])
def test_without_one_name_that_can_be_read_nobody_has_come(monkeypatch, values):
    sent(monkeypatch, *values)
    visitor = visitor_by_header(HEADER)
    assert visitor.name == ""
    assert visitor.trouble


def test_markup_in_a_header_is_a_name_like_another(monkeypatch):
    sent(monkeypatch, "<img src=x onerror=alert(1)>")
    assert visitor_by_header(HEADER).name == "<img src=x onerror=alert(1)>"


def test_auto_asks_the_provider_where_one_is_set_up_and_else_for_a_name(secrets):
    assert way_in(TeamSettings()) == "name"
    secrets["auth"] = {"client_id": "workbench"}
    assert way_in(TeamSettings()) == "oidc"


def test_secrets_that_cannot_be_read_let_nobody_in(monkeypatch, tmp_path):
    broken = tmp_path / "secrets.toml"
    broken.write_text("[auth\n")
    monkeypatch.setattr(st, "get_option", lambda name: [str(broken)])
    refusing = SimpleNamespace(get=lambda name: (_ for _ in ()).throw(_unreadable()))
    monkeypatch.setattr(st, "secrets", refusing)
    with pytest.raises(ConfigError, match=r"secrets.toml cannot be read"):
        way_in(TeamSettings())


def _unreadable():
    return sign_in.StreamlitSecretNotFoundError("no TOML")


def test_the_provider_names_the_visitor_by_the_claim_that_is_asked(user):
    user |= {"email": "mika@example.com", "preferred_username": "mika"}
    assert visitor_by_provider(OIDC) == Visitor("mika@example.com", is_signed_in=True)
    by_name = TeamSettings(sign_in="oidc", claim="preferred_username")
    assert visitor_by_provider(by_name) == Visitor("mika", is_signed_in=True)


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ({"sub": "1"}, "does not say 'email'"),
        ({"email": 3}, "does not say 'email'"),
        ({"email": "mika@example.com", "email_verified": False}, "has not checked"),
        ({"email": "mika\ud800"}, "is no name"),
    ],
)
def test_a_claim_that_is_no_name_is_told(user, claims, told):
    user |= claims
    visitor = visitor_by_provider(OIDC)
    assert visitor.name == ""
    assert told in visitor.trouble
    assert visitor.is_signed_in


def test_a_provider_that_is_not_set_up_is_told(monkeypatch, secrets):
    monkeypatch.setattr(sign_in, "find_spec", lambda name: name)
    assert "[auth] in .streamlit/secrets.toml" in visitor_by_provider(OIDC).trouble
    monkeypatch.setattr(sign_in, "find_spec", lambda name: None)
    assert "pip install 'label-workbench[oidc]'" in visitor_by_provider(OIDC).trouble
