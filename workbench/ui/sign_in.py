"""Who the visitor is: by a provider of identities, by a proxy's header, or by a typed name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from workbench.errors import ConfigError
from workbench.review.team import TeamSettings, clean_name

Way = Literal["name", "header", "oidc"]
# An address has at most so many characters.
MAX_PROVEN_NAME = 320
NO_AUTHLIB = (
    "Signing in with a provider needs Authlib and httpx. Install them where the app runs, then "
    "start the app again: pip install 'label-workbench[oidc]'"
)
NO_PROVIDER = (
    'sign_in = "oidc" needs [auth] in .streamlit/secrets.toml of the home folder or of the folder '
    "in which the app was started, with redirect_uri, cookie_secret, client_id, client_secret and "
    "server_metadata_url. docs/team.md has an example."
)


@dataclass(frozen=True)
class Visitor:
    """Who has come.

    Parameters
    ----------
    name : str
        Empty if nobody has signed in.
    trouble : str
        Why nobody can be told to be anybody; empty if all is well.
    is_signed_in : bool
        The provider knows them, and can let them go to come as somebody else.
    """

    name: str = ""
    trouble: str = ""
    is_signed_in: bool = False


def way_in(settings: TeamSettings) -> Way:
    """Return how visitors sign in here.

    Raises
    ------
    ConfigError
        If the secrets cannot be read, which might say so.
    """
    if settings.sign_in != "auto":
        return settings.sign_in
    return "oidc" if _auth() is not None else "name"


def visitor_by_header(settings: TeamSettings) -> Visitor:
    """Return whom the proxy in front of the app vouches for; nobody without its header."""
    found = st.context.headers.get_all(settings.header)
    if len(found) > 1:
        # One may be the visitor's own, which the proxy has let through.
        return Visitor(
            trouble=f"The header {settings.header} has come {len(found)} times. The proxy has to "
            "replace what a visitor sends in it."
        )
    if not found or not found[0].strip():
        return Visitor(
            trouble=f"Here people sign in at a proxy, which hands on their name in the header "
            f"{settings.header}. This visit came without it: open the app by the proxy's address, "
            "or let the proxy set the header, for the WebSocket too."
        )
    return _proven(found[0], f"The header {settings.header}")


def visitor_by_provider(settings: TeamSettings) -> Visitor:
    """Return who has signed in at the provider of identities."""
    if not all(map(find_spec, ("authlib", "httpx"))):
        return Visitor(trouble=NO_AUTHLIB)
    if not providers():
        return Visitor(trouble=NO_PROVIDER)
    if not st.user.get("is_logged_in", False):
        return Visitor()
    return replace(_by_claim(settings.claim), is_signed_in=True)


def _by_claim(name: str) -> Visitor:
    if name == "email" and st.user.get("email_verified") is False:
        return Visitor(trouble="The provider has not checked this e-mail address yet.")
    claim = st.user.get(name)
    if not isinstance(claim, str) or not claim.strip():
        known = ", ".join(sorted(map(str, st.user))) or "nothing"
        return Visitor(
            trouble=f"The provider does not say '{name}'. Name another claim in [team] "
            f"claim of workbench.toml; it says: {known}."
        )
    return _proven(claim, f"The provider's '{name}'")


def providers() -> dict[str, str | None]:
    """Return the providers that are set up: what to call each, and its name for Streamlit."""
    auth = _auth() or {}
    named = [name for name, one in auth.items() if isinstance(one, Mapping) and "client_id" in one]
    found: dict[str, str | None] = {"Sign in": None} if "client_id" in auth else {}
    return found | {f"Sign in with {name}": str(name) for name in named}


def _proven(text: str, where: str) -> Visitor:
    name = clean_name(text)
    if len(name) > MAX_PROVEN_NAME or not name.isprintable():
        return Visitor(
            trouble=f"{where} is no name: expected up to {MAX_PROVEN_NAME} characters that can be "
            f"read, found {len(name)}: {name[:60]!a}"
        )
    return Visitor(name)


def _auth() -> Mapping[str, Any] | None:
    try:
        found = st.secrets.get("auth")
    except StreamlitSecretNotFoundError as error:
        there = [path for path in st.get_option("secrets.files") if Path(path).exists()]
        if there:
            # Without them nobody knows whether visitors have to sign in: better nobody enters.
            raise ConfigError(f"{', '.join(there)} cannot be read: {error}") from error
        return None
    return found if isinstance(found, Mapping) else None
