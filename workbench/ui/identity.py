"""Who is signed in."""

from __future__ import annotations

from workbench.review.team import Member, TeamSettings
from workbench.ui.reviewer import ask_reviewer, known_reviewer
from workbench.ui.snapshot import Snapshot


def signed_in(snapshot: Snapshot) -> Member | None:
    """Return the member who is signed in; None, with the way to sign in on the page, if nobody."""
    name = known_reviewer()
    if not name:
        ask_reviewer()
        return None
    return team_settings(snapshot).member(name)


def team_settings(snapshot: Snapshot) -> TeamSettings:
    """Return the section ``[team]`` of the configuration."""
    return TeamSettings.model_validate(snapshot.workspace.config().get("team", {}))
