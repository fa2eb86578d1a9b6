"""Who is signed in, and what the team's settings say."""

from __future__ import annotations

import streamlit as st
from streamlit.errors import StreamlitAuthError

from workbench.review.team import Member, TeamSettings, read_team_settings
from workbench.ui import markup
from workbench.ui.reviewer import asked_reviewer, forget_reviewer, keep_reviewer
from workbench.ui.sign_in import (
    Visitor,
    providers,
    visitor_by_header,
    visitor_by_provider,
    way_in,
)
from workbench.ui.snapshot import Snapshot


def signed_in(snapshot: Snapshot) -> Member | None:
    """Return the member who is signed in; None, with the way to sign in on the page, if nobody.

    Raises
    ------
    ConfigError
        If the section ``[team]`` makes no sense.
    """
    settings = team_settings(snapshot)
    if way_in(settings) != "name":
        return _proven_member(settings)
    name = asked_reviewer()
    if not name:
        return None
    member = settings.member(name)
    if member is None:
        _draw_stranger(name, settings)
    return member


def is_admitted(snapshot: Snapshot) -> bool:
    """Return whether the visitor may see pages; if not, say on the page how to sign in.

    Where names are typed, the app serves its own machine and shows everybody what is there. Where
    people sign in, nothing is shown to others.

    Raises
    ------
    ConfigError
        If the section ``[team]`` makes no sense.
    """
    settings = team_settings(snapshot)
    return way_in(settings) == "name" or _proven_member(settings) is not None


def team_settings(snapshot: Snapshot) -> TeamSettings:
    """Return the section ``[team]`` of the configuration, checked.

    Raises
    ------
    ConfigError
        With the allowed keys, if the section makes no sense.
    """
    workspace = snapshot.workspace
    return read_team_settings(workspace.config(), str(workspace.config_path))


def draw_leaving(snapshot: Snapshot) -> None:
    """Draw the way to sign out, or to come under another name."""
    way = way_in(team_settings(snapshot))
    if way == "oidc" and st.button("Sign out", key="sign_out", type="tertiary"):
        st.logout()
    if way == "name" and st.button("Another name", key="another_name", type="tertiary"):
        forget_reviewer()
        st.rerun()


def _proven_member(settings: TeamSettings) -> Member | None:
    by_header = way_in(settings) == "header"
    visitor = (visitor_by_header if by_header else visitor_by_provider)(settings)
    if not visitor.name:
        forget_reviewer()
        _draw_door(visitor)
        return None
    member = settings.member(visitor.name)
    if member is None:
        forget_reviewer()
        _draw_stranger(visitor.name, settings)
        return None
    # Under it a page records, whatever the address of the page says.
    keep_reviewer(member.name)
    return member


def _draw_door(visitor: Visitor) -> None:
    if visitor.trouble:
        st.html(markup.notice("Nobody can sign in like this", visitor.trouble, error=True))
        if visitor.is_signed_in and st.button("Sign out", key="nobody_out"):
            st.logout()
        return
    st.html(markup.title("Sign in", "Each decision is recorded under the name you sign in with."))
    for label, provider in providers().items():
        if st.button(markup.literal(label), type="primary", key=f"sign_in_{provider}"):
            try:
                st.login(provider) if provider else st.login()
            except StreamlitAuthError as error:
                st.html(markup.notice("The provider is not set up", str(error), error=True))


def _draw_stranger(name: str, settings: TeamSettings) -> None:
    st.html(
        markup.notice(
            "You are not in this team yet",
            f"You have come as {name}. Ask an admin to add this name to the annotators in [team] "
            "of workbench.toml, then load the page again.",
        )
    )
    way = way_in(settings)
    if way == "oidc" and st.button("Sign out", key="stranger_out"):
        st.logout()
    if way == "name" and st.button("Another name", key="stranger_name"):
        forget_reviewer()
        st.rerun()
